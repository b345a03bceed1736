//! AWS resource types, one file each, and the wire idioms that they share.
//!
//! - `<service>/<type>.rs`: one resource type or data source each; `<service>/mod.rs` has the idioms of its API.
//! - [`wire`]: idioms of all services: errors, absence, retries, tags, equality of texts.
//! - [`client`]: SDK clients per region and the provider's settings; `settings` is the provider block (of the crate with
//!   the schemas of all types), `shared` adds `region` and `tags_all` to every type. How requests get to AWS is the
//!   crate `plumb-aws-delivery`.
//! - `provider`: what the engine sees.
//!
//! A type is the file, its `pub mod`, and its line in [`all`].

pub mod acm;
pub mod autoscaling;
pub mod backup;
pub mod client;
pub mod cloudformation;
pub mod cloudwatch;
pub mod dynamodb;
pub mod ec2;
pub mod efs;
pub mod elbv2;
pub mod iam;
pub mod key_service;
pub mod kms;
pub mod logs;
pub mod meta;
mod provider;
pub mod rds;
#[cfg(test)]
mod recorded;
pub mod route53;
pub mod secretsmanager;
mod shared;
pub mod sns;
pub mod ssm;
pub mod sts;
pub mod wire;

use std::sync::Arc;

pub use client::Aws;
pub use plumb_aws_delivery::default_credentials;
use plumb_engine::provider::{Provider, Registry};
pub use plumb_provider_aws_schemas::settings;

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
        .resource::<backup::plan::Plan>()
        .resource::<backup::selection::Selection>()
        .resource::<backup::vault::Vault>()
        .resource::<cloudwatch::dashboard::Dashboard>()
        .resource::<cloudwatch::metric_alarm::MetricAlarm>()
        .resource::<dynamodb::table::Table>()
        .resource::<ec2::ebs_volume::EbsVolume>()
        .resource::<ec2::eip::Eip>()
        .resource::<ec2::eip_association::EipAssociation>()
        .resource::<ec2::flow_log::FlowLog>()
        .resource::<ec2::instance::Instance>()
        .resource::<ec2::internet_gateway::InternetGateway>()
        .resource::<ec2::key_pair::KeyPair>()
        .resource::<ec2::launch_template::LaunchTemplate>()
        .resource::<ec2::nat_gateway::NatGateway>()
        .resource::<ec2::network_acl::NetworkAcl>()
        .resource::<ec2::network_acl_association::NetworkAclAssociation>()
        .resource::<ec2::network_acl_rule::NetworkAclRule>()
        .resource::<ec2::network_interface::NetworkInterface>()
        .resource::<ec2::network_interface_attachment::NetworkInterfaceAttachment>()
        .resource::<ec2::route::Route>()
        .resource::<ec2::route_table::RouteTable>()
        .resource::<ec2::route_table_association::RouteTableAssociation>()
        .resource::<ec2::security_group::SecurityGroup>()
        .resource::<ec2::security_group_rule::SecurityGroupRule>()
        .resource::<ec2::subnet::Subnet>()
        .resource::<ec2::volume_attachment::VolumeAttachment>()
        .resource::<ec2::vpc::Vpc>()
        .resource::<ec2::vpc_dhcp_options::VpcDhcpOptions>()
        .resource::<ec2::vpc_dhcp_options_association::VpcDhcpOptionsAssociation>()
        .resource::<ec2::vpc_endpoint::VpcEndpoint>()
        .resource::<ec2::vpc_security_group_egress_rule::VpcSecurityGroupEgressRule>()
        .resource::<ec2::vpc_security_group_ingress_rule::VpcSecurityGroupIngressRule>()
        .resource::<efs::backup_policy::EfsBackupPolicy>()
        .resource::<efs::file_system::FileSystem>()
        .resource::<efs::mount_target::MountTarget>()
        .resource::<elbv2::lb::Lb>()
        .resource::<elbv2::lb_listener::LbListener>()
        .resource::<elbv2::lb_listener_rule::LbListenerRule>()
        .resource::<elbv2::lb_target_group::LbTargetGroup>()
        .resource::<elbv2::lb_target_group_attachment::LbTargetGroupAttachment>()
        .resource::<iam::instance_profile::InstanceProfile>()
        .resource::<iam::policy::Policy>()
        .resource::<iam::role::Role>()
        .resource::<iam::role_policy::RolePolicy>()
        .resource::<iam::role_policy_attachment::RolePolicyAttachment>()
        .resource::<kms::alias::Alias>()
        .resource::<kms::key::Key>()
        .resource::<logs::group::Group>()
        .resource::<logs::stream::Stream>()
        .resource::<rds::db_event_subscription::DbEventSubscription>()
        .resource::<rds::db_instance::DbInstance>()
        .resource::<rds::db_parameter_group::DbParameterGroup>()
        .resource::<rds::db_subnet_group::DbSubnetGroup>()
        .resource::<rds::rds_cluster::RdsCluster>()
        .resource::<rds::rds_cluster_instance::RdsClusterInstance>()
        .resource::<rds::rds_cluster_parameter_group::RdsClusterParameterGroup>()
        .resource::<route53::record::Record>()
        .resource::<route53::zone::Zone>()
        .resource::<route53::zone_association::ZoneAssociation>()
        .resource::<secretsmanager::secret::Secret>()
        .resource::<secretsmanager::secret_version::SecretVersion>()
        .resource::<sns::topic::Topic>()
        .resource::<sns::topic_subscription::TopicSubscription>()
        .resource::<ssm::parameter::Parameter>()
        .data::<acm::data_certificate::Certificate>()
        .data::<cloudformation::data_export::ExportData>()
        .data::<ec2::data_ami::Ami>()
        .data::<ec2::data_availability_zones::AvailabilityZones>()
        .data::<ec2::data_instance_type::InstanceTypeData>()
        .data::<ec2::data_instance_type_offerings::InstanceTypeOfferings>()
        .data::<ec2::data_instances::Instances>()
        .data::<ec2::data_key_pair::FoundKeyPair>()
        .data::<ec2::data_network_interface::FoundNetworkInterface>()
        .data::<ec2::data_route_table::FoundRouteTable>()
        .data::<ec2::data_route_tables::RouteTables>()
        .data::<ec2::data_security_group::FoundSecurityGroup>()
        .data::<ec2::data_subnet::FoundSubnet>()
        .data::<ec2::data_subnets::Subnets>()
        .data::<ec2::data_vpc::FoundVpc>()
        .data::<efs::data_file_system::FoundFileSystem>()
        .data::<elbv2::data_lb::FoundLb>()
        .data::<elbv2::data_lb_target_group::FoundLbTargetGroup>()
        .data::<iam::data_policy_document::PolicyDocument>()
        .data::<meta::data_partition::Partition>()
        .data::<meta::data_region::Region>()
        .data::<rds::data_db_instance::FoundDbInstance>()
        .data::<route53::data_zone::ZoneData>()
        .data::<secretsmanager::data_secret_version::SecretValue>()
        .data::<ssm::data_parameter::ParameterData>()
        .data::<sts::data_caller_identity::CallerIdentity>();
    registry
}
