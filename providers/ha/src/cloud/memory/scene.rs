//! The network of the guide, with two servers in two zones.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::{Memory, World};
use crate::cloud::{Address, HostedZone, Instance, NetworkInterface, Route, RouteTable, Vpc, ZoneState};

impl Memory {
    /// VPC `vpc-1` 10.0.0.0/16 with route tables `rtb-1` to `rtb-4` that lead 10.1.0.20/32 to `eni-1`, and `rtb-5` that
    /// does not; servers `i-1` (`eni-1`, 10.0.110.10) and `i-2` (`eni-2`, 10.0.120.10), a stranger `i-9` (`eni-9`); Elastic
    /// IP `eipalloc-1`; private zone `Z1` `hz1.local.`.
    pub fn two_servers() -> Self {
        let memory = Self::default();
        let mut world = World::default();
        let cidrs = vec!["10.0.0.0/16".parse().expect("a CIDR"), "10.2.0.0/16".parse().expect("a CIDR")];
        let vpc = Vpc { id: "vpc-1".into(), cidrs, dns_support: true };
        world.vpcs.insert(vpc.id.clone(), vpc);
        for (number, third) in [(1, 110), (2, 120), (9, 130)] {
            let eni = interface(number, Ipv4Addr::new(10, 0, third, 10));
            let instance = format!("i-{number}");
            let state = "running".to_owned();
            world.instances.insert(instance.clone(), Instance { id: instance, state, name: None });
            world.interfaces.insert(eni.id.clone(), eni);
        }
        world.tables.insert("vpc-1".into(), (1..=5).map(table).collect());
        let address = Address {
            allocation_id: "eipalloc-1".into(),
            public_ip: Ipv4Addr::new(198, 51, 100, 7),
            association_id: None,
            eni: None,
            private_ip: None,
        };
        world.addresses.insert(address.allocation_id.clone(), address);
        world.zones = ["ap-northeast-1a", "ap-northeast-1c"]
            .into_iter()
            .map(|it| (it.to_owned(), ZoneState::Available))
            .collect::<BTreeMap<_, _>>();
        let zone =
            HostedZone { id: "Z1".into(), name: "hz1.local.".into(), private: true, vpcs: vec!["vpc-1".to_owned()] };
        world.hosted_zones.insert(zone.id.clone(), zone);
        *memory.world() = world;
        memory
    }
}

fn interface(number: u32, ip: Ipv4Addr) -> NetworkInterface {
    NetworkInterface {
        id: format!("eni-{number}"),
        vpc_id: "vpc-1".into(),
        subnet_id: format!("subnet-{number}"),
        instance_id: Some(format!("i-{number}")),
        source_dest_check: false,
        private_ips: vec![ip],
        mac: Some(format!("02:00:00:00:00:0{number}")),
        tags: vec![("Name".into(), format!("server{number}"))],
    }
}

fn table(number: u32) -> RouteTable {
    let route = |destination: &str, eni: Option<&str>, other: Option<&str>| Route {
        destination: destination.into(),
        eni: eni.map(str::to_owned),
        other_target: other.map(str::to_owned),
        active: true,
    };
    let mut routes = vec![route("10.0.0.0/16", None, Some("local"))];
    if number < 5 {
        routes.push(route("10.1.0.20/32", Some("eni-1"), None));
    }
    RouteTable { id: format!("rtb-{number}"), name: None, routes }
}
