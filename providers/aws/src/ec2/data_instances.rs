//! `aws_instances`: ids and addresses of instances.

use aws_sdk_ec2::types::{Instance, Reservation};
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::filter;
use super::lookup::{Condition, filters};
use crate::client::Aws;
use crate::wire::{Tags, pages};

/// Ids and addresses of instances that match; none is no error.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Instances {
    /// Only instances with these tags.
    pub instance_tags: Tags,
    /// Only instances in one of these states; `running` when left out.
    #[attr(set)]
    pub instance_state_names: Vec<String>,
    /// Only instances that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// Ids of the instances, in order.
    #[attr(computed)]
    pub ids: Vec<String>,
    /// IPv6 addresses, in the order of the instances.
    #[attr(computed)]
    pub ipv6_addresses: Vec<String>,
    /// Private IPv4 addresses, in the order of the instances.
    #[attr(computed)]
    pub private_ips: Vec<String>,
    /// Public IPv4 addresses, in the order of the instances.
    #[attr(computed)]
    pub public_ips: Vec<String>,
}

impl DataSource for Instances {
    type Client = Aws;
    const TYPE: &'static str = "aws_instances";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let states = match self.instance_state_names.as_slice() {
            [] => vec!["running".to_owned()],
            names => names.to_vec(),
        };
        let conditions = filters(&self.filter, &self.instance_tags, []).unwrap_or_default();
        let conditions = conditions.into_iter().chain([filter("instance-state-name", states)]);
        let call = aws.ec2.describe_instances().set_filters(Some(conditions.collect()));
        let found: Vec<Reservation> = pages!(call, "reading aws_instances (DescribeInstances)")?;
        let mut all: Vec<Instance> = found.into_iter().flat_map(|it| it.instances.unwrap_or_default()).collect();
        all.sort_by(|a, b| a.instance_id.cmp(&b.instance_id));
        let each =
            |of: fn(&Instance) -> Option<String>| all.iter().filter_map(of).filter(|it| !it.is_empty()).collect();
        let seen = Self {
            ids: each(|it| it.instance_id.clone()),
            ipv6_addresses: each(|it| it.ipv6_address.clone()),
            private_ips: each(|it| it.private_ip_address.clone()),
            public_ips: each(|it| it.public_ip_address.clone()),
            ..self
        };
        Ok((aws.region.clone(), seen))
    }
}
