//! `aws_subnets`: the ids of subnets.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters};
use crate::client::Aws;
use crate::wire::{Tags, pages};

/// The ids of subnets that match; none is no error.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Subnets {
    /// Only subnets that match, such as `vpc-id`.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// Only subnets with these tags.
    pub tags: Tags,
    /// Ids of the subnets, in order.
    #[attr(computed)]
    pub ids: Vec<String>,
}

impl DataSource for Subnets {
    type Client = Aws;
    const TYPE: &'static str = "aws_subnets";

    async fn read(mut self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws.ec2.describe_subnets().set_filters(filters(&self.filter, &self.tags, []));
        let found = pages!(call, "reading aws_subnets (DescribeSubnets)")?;
        self.ids = found.into_iter().filter_map(|it| it.subnet_id).collect();
        self.ids.sort();
        Ok((aws.region.clone(), self))
    }
}
