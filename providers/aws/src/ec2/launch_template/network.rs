//! Network interfaces of a launch template: as a call sends them, and as an answer shows them.

use aws_sdk_ec2::types as sdk;

use super::blocks::{ConnectionTracking, EnaSrd, EnaSrdUdp, NetworkInterface};
use crate::wire::words::{flag, text, texts, word, words};

impl NetworkInterface {
    pub(super) fn request(&self) -> sdk::LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
        let ipv6 = self.ipv6_addresses.iter();
        let ipv6: Vec<_> = ipv6.map(|it| sdk::InstanceIpv6AddressRequest::builder().ipv6_address(it).build()).collect();
        let ipv4_prefixes = self.ipv4_prefixes.iter();
        let ipv4_prefixes: Vec<_> =
            ipv4_prefixes.map(|it| sdk::Ipv4PrefixSpecificationRequest::builder().ipv4_prefix(it).build()).collect();
        let ipv6_prefixes = self.ipv6_prefixes.iter();
        let ipv6_prefixes: Vec<_> =
            ipv6_prefixes.map(|it| sdk::Ipv6PrefixSpecificationRequest::builder().ipv6_prefix(it).build()).collect();
        // The primary address stands either alone, or marked among the others.
        let addresses = self.addresses();
        let alone = word(self.private_ip_address.as_ref()).filter(|_: &String| addresses.is_empty());
        sdk::LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
            .set_associate_carrier_ip_address(flag(self.associate_carrier_ip_address.as_ref()))
            .set_associate_public_ip_address(flag(self.associate_public_ip_address.as_ref()))
            .set_delete_on_termination(flag(self.delete_on_termination.as_ref()))
            .set_description(word(self.description.as_ref()))
            .device_index(self.device_index.unwrap_or_default())
            .set_interface_type(word(self.interface_type.as_ref()))
            .set_secondary_private_ip_address_count(self.ipv4_address_count)
            .set_private_ip_addresses(filled(addresses))
            .set_private_ip_address(alone)
            .set_ipv4_prefix_count(self.ipv4_prefix_count)
            .set_ipv4_prefixes(filled(ipv4_prefixes))
            .set_ipv6_address_count(self.ipv6_address_count)
            .set_ipv6_addresses(filled(ipv6))
            .set_ipv6_prefix_count(self.ipv6_prefix_count)
            .set_ipv6_prefixes(filled(ipv6_prefixes))
            .set_network_card_index(self.network_card_index)
            .set_network_interface_id(word(self.network_interface_id.as_ref()))
            .set_primary_ipv6(flag(self.primary_ipv6.as_ref()))
            .set_groups(words(&self.security_groups))
            .set_subnet_id(word(self.subnet_id.as_ref()))
            .set_connection_tracking_specification(
                self.connection_tracking_specification.first().map(ConnectionTracking::request),
            )
            .set_ena_srd_specification(self.ena_srd_specification.first().map(EnaSrd::request))
            .build()
    }

    fn addresses(&self) -> Vec<sdk::PrivateIpAddressSpecification> {
        let primary = self.private_ip_address.as_ref();
        let one = |it: &String| {
            sdk::PrivateIpAddressSpecification::builder().private_ip_address(it).primary(primary == Some(it)).build()
        };
        self.ipv4_addresses.iter().map(one).collect()
    }

    pub(super) fn observe(it: sdk::LaunchTemplateInstanceNetworkInterfaceSpecification) -> Self {
        let addresses = it.private_ip_addresses.unwrap_or_default();
        let primary = addresses.iter().find(|it| it.primary == Some(true));
        let primary = primary.and_then(|it| it.private_ip_address.clone());
        let ipv6 = it.ipv6_addresses.unwrap_or_default();
        let ipv4_prefixes = it.ipv4_prefixes.unwrap_or_default();
        let ipv6_prefixes = it.ipv6_prefixes.unwrap_or_default();
        Self {
            associate_carrier_ip_address: it.associate_carrier_ip_address.map(|it| it.to_string()),
            associate_public_ip_address: it.associate_public_ip_address.map(|it| it.to_string()),
            delete_on_termination: it.delete_on_termination.map(|it| it.to_string()),
            description: text(it.description),
            device_index: it.device_index,
            interface_type: text(it.interface_type),
            ipv4_address_count: it.secondary_private_ip_address_count,
            ipv4_addresses: addresses.into_iter().filter_map(|it| it.private_ip_address).collect(),
            ipv4_prefix_count: it.ipv4_prefix_count,
            ipv4_prefixes: ipv4_prefixes.into_iter().filter_map(|it| it.ipv4_prefix).collect(),
            ipv6_address_count: it.ipv6_address_count,
            ipv6_addresses: ipv6.into_iter().filter_map(|it| it.ipv6_address).collect(),
            ipv6_prefix_count: it.ipv6_prefix_count,
            ipv6_prefixes: ipv6_prefixes.into_iter().filter_map(|it| it.ipv6_prefix).collect(),
            network_card_index: it.network_card_index,
            network_interface_id: text(it.network_interface_id),
            primary_ipv6: it.primary_ipv6.map(|it| it.to_string()),
            private_ip_address: text(it.private_ip_address).or(primary),
            security_groups: texts(it.groups),
            subnet_id: text(it.subnet_id),
            connection_tracking_specification: it
                .connection_tracking_specification
                .map(ConnectionTracking::observe)
                .into_iter()
                .collect(),
            ena_srd_specification: it.ena_srd_specification.map(EnaSrd::observe).into_iter().collect(),
        }
    }
}

fn filled<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

impl ConnectionTracking {
    fn request(&self) -> sdk::ConnectionTrackingSpecificationRequest {
        sdk::ConnectionTrackingSpecificationRequest::builder()
            .set_tcp_established_timeout(self.tcp_established_timeout)
            .set_udp_timeout(self.udp_timeout)
            .set_udp_stream_timeout(self.udp_stream_timeout)
            .build()
    }

    fn observe(it: sdk::ConnectionTrackingSpecification) -> Self {
        Self {
            tcp_established_timeout: it.tcp_established_timeout,
            udp_timeout: it.udp_timeout,
            udp_stream_timeout: it.udp_stream_timeout,
        }
    }
}

impl EnaSrd {
    fn request(&self) -> sdk::EnaSrdSpecificationRequest {
        let udp = self.ena_srd_udp_specification.first();
        let udp = udp.map(|it| {
            sdk::EnaSrdUdpSpecificationRequest::builder().set_ena_srd_udp_enabled(it.ena_srd_udp_enabled).build()
        });
        sdk::EnaSrdSpecificationRequest::builder()
            .set_ena_srd_enabled(self.ena_srd_enabled)
            .set_ena_srd_udp_specification(udp)
            .build()
    }

    fn observe(it: sdk::LaunchTemplateEnaSrdSpecification) -> Self {
        let udp = it.ena_srd_udp_specification;
        Self {
            ena_srd_enabled: it.ena_srd_enabled,
            ena_srd_udp_specification: udp
                .map(|it| EnaSrdUdp { ena_srd_udp_enabled: it.ena_srd_udp_enabled })
                .into_iter()
                .collect(),
        }
    }
}
