//! `aws_route_tables`: the ids of route tables.

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters};
use crate::client::Aws;
use crate::wire::{Tags, pages};

/// The ids of route tables that match; none is no error.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteTables {
    /// Only tables of this VPC.
    pub vpc_id: Option<String>,
    /// Only tables that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// Only tables with these tags.
    pub tags: Tags,
    /// Ids of the tables, in order.
    #[attr(computed)]
    pub ids: Vec<String>,
}

impl DataSource for RouteTables {
    type Client = Aws;
    const TYPE: &'static str = "aws_route_tables";

    async fn read(mut self, aws: &Aws) -> Result<(Id, Self)> {
        let arguments = [("vpc-id", self.vpc_id.clone())];
        let call = aws.ec2.describe_route_tables().set_filters(filters(&self.filter, &self.tags, arguments));
        let found: Vec<types::RouteTable> = pages!(call, "reading aws_route_tables (DescribeRouteTables)")?;
        self.ids = found.into_iter().filter_map(|it| it.route_table_id).collect();
        self.ids.sort();
        Ok((aws.region.clone(), self))
    }
}
