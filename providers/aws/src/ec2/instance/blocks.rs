//! Nested blocks of `aws_instance`.

use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use crate::ec2::launch_template::blocks::CapacityReservationTarget;
use crate::wire::Tags;

/// Which capacity reservations the instance may use.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CapacityReservation {
    /// Use of open reservations: `open`, `none` or `capacity-reservations-only`.
    #[attr(optional, computed)]
    pub capacity_reservation_preference: Option<String>,
    /// The reservation to use.
    #[block(list, max = 1)]
    pub capacity_reservation_target: Vec<CapacityReservationTarget>,
}

/// Processor options.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CpuOptions {
    /// AMD SEV-SNP: `enabled` or `disabled`.
    #[attr(force_new, optional, computed)]
    pub amd_sev_snp: Option<String>,
    /// Number of cores.
    #[attr(force_new, optional, computed)]
    pub core_count: Option<i32>,
    /// Threads per core: 1 turns hyper-threading off.
    #[attr(force_new, optional, computed)]
    pub threads_per_core: Option<i32>,
}

/// A volume that comes with the instance.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct EbsBlockDevice {
    /// Whether the volume goes with the instance.
    #[attr(force_new, default = true)]
    pub delete_on_termination: bool,
    /// Name of the device, such as `/dev/sdh`.
    #[attr(force_new)]
    pub device_name: String,
    /// Whether the volume is encrypted.
    #[attr(force_new, optional, computed)]
    pub encrypted: Option<bool>,
    /// I/O operations per second, of types `io1`, `io2` and `gp3`.
    #[attr(force_new, optional, computed)]
    pub iops: Option<i32>,
    /// ARN of the KMS key of an encrypted volume.
    #[attr(force_new, optional, computed)]
    pub kms_key_id: Option<String>,
    /// Snapshot that the volume is made of.
    #[attr(force_new, optional, computed)]
    pub snapshot_id: Option<String>,
    /// Tags of the volume; not together with `volume_tags`.
    pub tags: Tags,
    /// Tags of the volume, those of the provider's `default_tags` included.
    #[attr(computed)]
    pub tags_all: Tags,
    /// Throughput of type `gp3`, in MiB per second.
    #[attr(force_new, optional, computed)]
    pub throughput: Option<i32>,
    /// Id of the volume.
    #[attr(computed)]
    pub volume_id: Option<String>,
    /// Size, in GiB.
    #[attr(force_new, optional, computed)]
    pub volume_size: Option<i32>,
    /// Type: `standard`, `gp2`, `gp3`, `io1`, `io2`, `sc1` or `st1`.
    #[attr(force_new, optional, computed)]
    pub volume_type: Option<String>,
}

/// The root volume.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct RootBlockDevice {
    /// Whether the volume goes with the instance.
    #[attr(default = true)]
    pub delete_on_termination: bool,
    /// Name of the device, such as `/dev/xvda`.
    #[attr(computed)]
    pub device_name: Option<String>,
    /// Whether the volume is encrypted.
    #[attr(force_new, optional, computed)]
    pub encrypted: Option<bool>,
    /// I/O operations per second, of types `io1`, `io2` and `gp3`.
    #[attr(optional, computed)]
    pub iops: Option<i32>,
    /// ARN of the KMS key of an encrypted volume.
    #[attr(force_new, optional, computed)]
    pub kms_key_id: Option<String>,
    /// Tags of the volume; not together with `volume_tags`.
    pub tags: Tags,
    /// Tags of the volume, those of the provider's `default_tags` included.
    #[attr(computed)]
    pub tags_all: Tags,
    /// Throughput of type `gp3`, in MiB per second.
    #[attr(optional, computed)]
    pub throughput: Option<i32>,
    /// Id of the volume.
    #[attr(computed)]
    pub volume_id: Option<String>,
    /// Size, in GiB.
    #[attr(optional, computed)]
    pub volume_size: Option<i32>,
    /// Type: `standard`, `gp2`, `gp3`, `io1`, `io2`, `sc1` or `st1`.
    #[attr(optional, computed)]
    pub volume_type: Option<String>,
}

/// Nitro Enclaves.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct EnclaveOptions {
    /// Whether the instance can have enclaves.
    #[attr(force_new, optional, computed)]
    pub enabled: Option<bool>,
}

/// An instance store volume.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct EphemeralBlockDevice {
    /// Name of the device.
    #[attr(force_new)]
    pub device_name: String,
    /// Whether the device of the image is left out.
    #[attr(force_new)]
    pub no_device: Option<bool>,
    /// Instance store volume: `ephemeral0` and so on.
    #[attr(force_new)]
    pub virtual_name: Option<String>,
}

/// Maintenance.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MaintenanceOptions {
    /// Automatic recovery: `default` or `disabled`.
    #[attr(optional, computed)]
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
    #[attr(optional, computed)]
    pub http_protocol_ipv6: Option<String>,
    /// How many network hops an answer may go: 1 to 64.
    #[attr(optional, computed)]
    pub http_put_response_hop_limit: Option<i32>,
    /// Whether a session token is needed (version 2): `optional` or `required`.
    #[attr(optional, computed)]
    pub http_tokens: Option<String>,
    /// Whether it shows the instance's tags: `enabled` or `disabled`.
    #[attr(optional, computed)]
    pub instance_metadata_tags: Option<String>,
}

/// An existing network interface that the instance starts with.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct NetworkInterface {
    /// Whether it goes with the instance; only `false` is possible here.
    #[attr(force_new, default = false)]
    pub delete_on_termination: bool,
    /// Position among the interfaces of a card; 0 is the first.
    #[attr(force_new)]
    pub device_index: i32,
    /// Index of the network card.
    #[attr(force_new, default = 0)]
    pub network_card_index: i32,
    /// Id of the interface.
    #[attr(force_new)]
    pub network_interface_id: String,
}

/// The existing network interface that is the instance's first.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct PrimaryNetworkInterface {
    /// Whether it goes with the instance.
    #[attr(computed)]
    pub delete_on_termination: Option<bool>,
    /// Id of the interface.
    #[attr(force_new)]
    pub network_interface_id: String,
}

/// Host names.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct PrivateDnsNameOptions {
    /// Whether the name with the instance's id has an A record.
    #[attr(optional, computed)]
    pub enable_resource_name_dns_a_record: Option<bool>,
    /// Whether the name with the instance's id has an AAAA record.
    #[attr(optional, computed)]
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
    /// Kind of host name: `ip-name` or `resource-name`. A change stops and starts the instance.
    #[attr(optional, computed)]
    pub hostname_type: Option<String>,
}
