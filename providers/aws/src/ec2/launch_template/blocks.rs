//! Nested blocks of `aws_launch_template`.

use std::collections::BTreeSet;

use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use crate::wire::Tags;

/// A volume, or a change to a volume of the image.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct BlockDeviceMapping {
    /// Name of the device, such as `/dev/xvda`.
    pub device_name: Option<String>,
    /// Leaves out this device of the image: an empty text or `true`.
    pub no_device: Option<String>,
    /// Instance store volume: `ephemeral0` and so on.
    pub virtual_name: Option<String>,
    /// The EBS volume.
    #[block(list, max = 1)]
    pub ebs: Vec<Ebs>,
}

/// An EBS volume that comes with the instance.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Ebs {
    /// Whether the volume goes with the instance: `true` or `false`.
    pub delete_on_termination: Option<String>,
    /// Whether the volume is encrypted: `true` or `false`.
    pub encrypted: Option<String>,
    /// I/O operations per second of types `io1`, `io2` and `gp3`.
    #[attr(optional, computed)]
    pub iops: Option<i32>,
    /// ARN of the KMS key of an encrypted volume.
    pub kms_key_id: Option<String>,
    /// Snapshot that the volume is made of.
    pub snapshot_id: Option<String>,
    /// Throughput of type `gp3`, in MiB per second.
    pub throughput: Option<i32>,
    /// Rate at which the snapshot's data is fetched, in MiB per second.
    pub volume_initialization_rate: Option<i32>,
    /// Size, in GiB.
    #[attr(optional, computed)]
    pub volume_size: Option<i32>,
    /// Type: `standard`, `gp2`, `gp3`, `io1`, `io2`, `sc1` or `st1`.
    #[attr(optional, computed)]
    pub volume_type: Option<String>,
}

/// Which capacity reservations instances may use.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CapacityReservation {
    /// Use of open reservations: `open`, `none` or `capacity-reservations-only`.
    pub capacity_reservation_preference: Option<String>,
    /// The reservation to use.
    #[block(list, max = 1)]
    pub capacity_reservation_target: Vec<CapacityReservationTarget>,
}

/// A capacity reservation, or a group of them.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CapacityReservationTarget {
    /// Id of the reservation.
    pub capacity_reservation_id: Option<String>,
    /// ARN of the resource group of reservations.
    pub capacity_reservation_resource_group_arn: Option<String>,
}

/// Processor options.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CpuOptions {
    /// AMD SEV-SNP: `enabled` or `disabled`.
    pub amd_sev_snp: Option<String>,
    /// Number of cores.
    pub core_count: Option<i32>,
    /// Threads per core: 1 turns hyper-threading off.
    pub threads_per_core: Option<i32>,
}

/// Credits of burstable instance types.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CreditSpecification {
    /// `standard` or `unlimited`.
    pub cpu_credits: Option<String>,
}

/// Nitro Enclaves.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct EnclaveOptions {
    /// Whether instances can have enclaves.
    pub enabled: Option<bool>,
}

/// Hibernation.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct HibernationOptions {
    /// Whether instances can hibernate.
    pub configured: bool,
}

/// Instance profile: by ARN or by name.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct ProfileReference {
    /// ARN of the instance profile.
    #[attr(conflicts_with("name"))]
    pub arn: Option<String>,
    /// Name of the instance profile.
    pub name: Option<String>,
}

/// How instances are bought.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MarketOptions {
    /// `spot` or `capacity-block`.
    pub market_type: Option<String>,
    /// Options of spot instances.
    #[block(list, max = 1)]
    pub spot_options: Vec<SpotOptions>,
}

/// Options of spot instances.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct SpotOptions {
    /// Guaranteed run time, in minutes: a multiple of 60.
    pub block_duration_minutes: Option<i32>,
    /// What happens on an interruption: `hibernate`, `stop` or `terminate`.
    pub instance_interruption_behavior: Option<String>,
    /// Highest price per hour, in US dollars; the on-demand price when left out.
    pub max_price: Option<String>,
    /// `one-time` or `persistent`.
    pub spot_instance_type: Option<String>,
    /// When the request ends, in RFC 3339.
    #[attr(optional, computed, same = crate::wire::same::instant)]
    pub valid_until: Option<String>,
}

/// A licence configuration.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct LicenseSpecification {
    /// ARN of the licence configuration.
    pub license_configuration_arn: String,
}

/// Maintenance.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MaintenanceOptions {
    /// Automatic recovery: `default` or `disabled`.
    pub auto_recovery: Option<String>,
}

/// The instance metadata service.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MetadataOptions {
    /// Whether it answers: `enabled` or `disabled`.
    #[attr(optional, computed)]
    pub http_endpoint: Option<String>,
    /// Whether it answers over IPv6: `enabled` or `disabled`.
    pub http_protocol_ipv6: Option<String>,
    /// How many network hops an answer may go: 1 to 64.
    #[attr(optional, computed)]
    pub http_put_response_hop_limit: Option<i32>,
    /// Whether a session token is needed (version 2): `optional` or `required`.
    #[attr(optional, computed)]
    pub http_tokens: Option<String>,
    /// Whether it shows the instance's tags: `enabled` or `disabled`.
    pub instance_metadata_tags: Option<String>,
}

/// CloudWatch monitoring.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Monitoring {
    /// Whether there are metrics every minute instead of every five.
    pub enabled: Option<bool>,
}

/// A network interface that comes with the instance.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct NetworkInterface {
    /// Whether it gets a carrier address, in a Wavelength zone: `true` or `false`.
    pub associate_carrier_ip_address: Option<String>,
    /// Whether it gets a public IPv4 address: `true` or `false`.
    pub associate_public_ip_address: Option<String>,
    /// Whether it goes with the instance: `true` or `false`.
    pub delete_on_termination: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Position among the interfaces of a card; 0 is the first.
    #[attr(optional, computed)]
    pub device_index: Option<i32>,
    /// `interface` or `efa`.
    pub interface_type: Option<String>,
    /// Number of secondary private IPv4 addresses that AWS picks.
    pub ipv4_address_count: Option<i32>,
    /// Private IPv4 addresses.
    pub ipv4_addresses: BTreeSet<String>,
    /// Number of IPv4 prefixes that AWS picks.
    pub ipv4_prefix_count: Option<i32>,
    /// IPv4 prefixes.
    pub ipv4_prefixes: BTreeSet<String>,
    /// Number of IPv6 addresses that AWS picks.
    pub ipv6_address_count: Option<i32>,
    /// IPv6 addresses.
    pub ipv6_addresses: BTreeSet<String>,
    /// Number of IPv6 prefixes that AWS picks.
    pub ipv6_prefix_count: Option<i32>,
    /// IPv6 prefixes.
    pub ipv6_prefixes: BTreeSet<String>,
    /// Index of the network card; types with several cards have more than 0.
    pub network_card_index: Option<i32>,
    /// An existing interface to attach.
    pub network_interface_id: Option<String>,
    /// Whether the first IPv6 address stays with the interface: `true` or `false`.
    pub primary_ipv6: Option<String>,
    /// Primary private IPv4 address.
    pub private_ip_address: Option<String>,
    /// Ids of security groups.
    pub security_groups: BTreeSet<String>,
    /// Subnet that it is in.
    pub subnet_id: Option<String>,
    /// Timeouts of tracked connections.
    #[block(list, max = 1)]
    pub connection_tracking_specification: Vec<ConnectionTracking>,
    /// ENA Express.
    #[block(list, max = 1)]
    pub ena_srd_specification: Vec<EnaSrd>,
}

/// Timeouts of tracked connections, in seconds.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct ConnectionTracking {
    /// Idle TCP connections: 60 to 432000.
    pub tcp_established_timeout: Option<i32>,
    /// UDP flows of one direction, or of one request and answer: 30 to 60.
    pub udp_timeout: Option<i32>,
    /// UDP flows of many requests and answers: 60 to 180.
    pub udp_stream_timeout: Option<i32>,
}

/// ENA Express.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct EnaSrd {
    /// Whether ENA Express is on.
    pub ena_srd_enabled: Option<bool>,
    /// ENA Express for UDP.
    #[block(list, max = 1)]
    pub ena_srd_udp_specification: Vec<EnaSrdUdp>,
}

/// ENA Express for UDP.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct EnaSrdUdp {
    /// Whether UDP uses ENA Express.
    pub ena_srd_udp_enabled: Option<bool>,
}

/// Where instances run.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Placement {
    /// Affinity on a dedicated host: `default` or `host`.
    pub affinity: Option<String>,
    /// Availability zone.
    pub availability_zone: Option<String>,
    /// Id of the placement group.
    #[attr(conflicts_with("group_name"))]
    pub group_id: Option<String>,
    /// Name of the placement group.
    pub group_name: Option<String>,
    /// Id of the dedicated host.
    pub host_id: Option<String>,
    /// ARN of the resource group of dedicated hosts.
    pub host_resource_group_arn: Option<String>,
    /// Partition of the placement group.
    pub partition_number: Option<i32>,
    /// Reserved by AWS.
    pub spread_domain: Option<String>,
    /// `default`, `dedicated` or `host`.
    pub tenancy: Option<String>,
}

/// Host names.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct PrivateDnsNameOptions {
    /// Whether the name with the instance's id has an A record.
    pub enable_resource_name_dns_a_record: Option<bool>,
    /// Whether the name with the instance's id has an AAAA record.
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
    /// Kind of host name: `ip-name` or `resource-name`.
    pub hostname_type: Option<String>,
}

/// Tags of what is made with an instance.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct TagSpecification {
    /// What gets the tags: `instance`, `volume`, `network-interface`, `spot-instances-request`.
    pub resource_type: Option<String>,
    /// The tags. The provider's `default_tags` are not among them.
    pub tags: Tags,
}
