//! AWS resource types, one file each, and the wire idioms that they share.
//!
//! - `<service>/<type>.rs`: one resource type or data source each; `<service>/mod.rs` has the idioms of its API.
//! - [`wire`]: idioms of all services: errors, absence, retries, tags, equality of texts.
//! - [`client`]: SDK clients per region and the provider's settings; `connect` makes them from the provider block,
//!   `settings` is that block, `traffic` counts calls, `shared` adds `region` and `tags_all` to every type.
//! - `provider`: what the engine sees.
//!
//! A type is the file, its `pub mod`, and its line in [`all`].

pub mod autoscaling;
pub mod client;
mod connect;
pub mod ec2;
pub mod iam;
pub mod meta;
mod provider;
pub mod settings;
mod shared;
pub mod sts;
mod traffic;
pub mod wire;

use std::sync::Arc;

pub use client::Aws;
use plumb_engine::provider::{Provider, Registry};

/// The AWS provider.
pub fn provider() -> Arc<dyn Provider> {
    Arc::new(provider::AwsProvider::new(all()))
}

/// All resource types and data sources, sorted by name.
pub fn all() -> Registry<Aws> {
    let mut registry = Registry::new();
    registry
        .resource::<autoscaling::group::Group>()
        .resource::<autoscaling::policy::Policy>()
        .resource::<autoscaling::schedule::Schedule>()
        .resource::<ec2::ebs_volume::EbsVolume>()
        .resource::<ec2::eip::Eip>()
        .resource::<ec2::instance::Instance>()
        .resource::<ec2::internet_gateway::InternetGateway>()
        .resource::<ec2::key_pair::KeyPair>()
        .resource::<ec2::launch_template::LaunchTemplate>()
        .resource::<ec2::nat_gateway::NatGateway>()
        .resource::<ec2::route::Route>()
        .resource::<ec2::route_table::RouteTable>()
        .resource::<ec2::route_table_association::RouteTableAssociation>()
        .resource::<ec2::subnet::Subnet>()
        .resource::<ec2::vpc::Vpc>()
        .resource::<ec2::vpc_dhcp_options::VpcDhcpOptions>()
        .resource::<ec2::vpc_dhcp_options_association::VpcDhcpOptionsAssociation>()
        .resource::<ec2::vpc_endpoint::VpcEndpoint>()
        .resource::<iam::instance_profile::InstanceProfile>()
        .resource::<iam::policy::Policy>()
        .resource::<iam::role::Role>()
        .resource::<iam::role_policy::RolePolicy>()
        .resource::<iam::role_policy_attachment::RolePolicyAttachment>()
        .data::<ec2::data_ami::Ami>()
        .data::<ec2::data_availability_zones::AvailabilityZones>()
        .data::<ec2::data_subnets::Subnets>()
        .data::<ec2::data_vpc::FoundVpc>()
        .data::<iam::data_policy_document::PolicyDocument>()
        .data::<meta::data_partition::Partition>()
        .data::<meta::data_region::Region>()
        .data::<sts::data_caller_identity::CallerIdentity>();
    registry
}
