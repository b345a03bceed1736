//! AWS resource types, one file each, and the wire idioms that they share.
//!
//! - `<service>/<type>.rs`: one resource type or data source each; `<service>/mod.rs` has the idioms of its API.
//! - [`wire`]: idioms of all services: errors, absence, retries, tags, equality of texts.
//! - [`client`]: SDK clients per region and the provider's settings; `connect` makes them from the provider block,
//!   `settings` is that block, `traffic` counts calls, `shared` adds `region` and `tags_all` to every type.
//! - `provider`: what the engine sees.
//!
//! A type is the file, its `pub mod`, and its line in [`all`].

pub mod client;
pub mod cloudwatch;
mod connect;
pub mod ec2;
pub mod efs;
pub mod elbv2;
pub mod kms;
pub mod logs;
mod provider;
pub mod route53;
pub mod settings;
mod shared;
pub mod sns;
pub mod ssm;
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
    registry.resource::<efs::backup_policy::EfsBackupPolicy>();
    registry.resource::<efs::file_system::FileSystem>();
    registry.resource::<efs::mount_target::MountTarget>();
    registry.resource::<elbv2::lb::Lb>();
    registry.resource::<elbv2::lb_listener::LbListener>();
    registry.resource::<elbv2::lb_listener_rule::LbListenerRule>();
    registry.resource::<elbv2::lb_target_group::LbTargetGroup>();
    registry.resource::<elbv2::lb_target_group_attachment::LbTargetGroupAttachment>();
    registry.resource::<kms::alias::Alias>();
    registry.resource::<kms::key::Key>();
    registry.resource::<cloudwatch::dashboard::Dashboard>();
    registry.resource::<cloudwatch::metric_alarm::MetricAlarm>();
    registry.resource::<logs::group::Group>();
    registry.resource::<logs::stream::Stream>();
    registry.resource::<sns::topic::Topic>();
    registry.resource::<sns::topic_subscription::TopicSubscription>();
    registry.resource::<ssm::parameter::Parameter>();
    registry.resource::<route53::record::Record>();
    registry.resource::<route53::zone::Zone>();
    registry.resource::<route53::zone_association::ZoneAssociation>();
    registry.data::<route53::data_zone::ZoneData>();
    registry.data::<ssm::data_parameter::ParameterData>();
    registry.resource::<ec2::vpc::Vpc>();
    registry
}
