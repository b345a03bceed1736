//! `aws_ec2_instance_type_offerings`: which instance types are offered where.

use aws_sdk_ec2::types::{InstanceTypeOffering, LocationType};
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters};
use crate::client::Aws;
use crate::wire::words::word;
use crate::wire::{Tags, pages};

/// Which instance types are offered where; none is no error.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceTypeOfferings {
    /// Kind of location: `region`, `availability-zone`, `availability-zone-id` or `outpost`; the region when left out.
    pub location_type: Option<String>,
    /// Only offers that match: `instance-type`, `location`.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// Instance types, one for each offer.
    #[attr(computed)]
    pub instance_types: Vec<String>,
    /// Locations of the offers, in the same order.
    #[attr(computed)]
    pub locations: Vec<String>,
    /// Kinds of the locations, in the same order.
    #[attr(computed)]
    pub location_types: Vec<String>,
}

impl DataSource for InstanceTypeOfferings {
    type Client = Aws;
    const TYPE: &'static str = "aws_ec2_instance_type_offerings";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws.ec2.describe_instance_type_offerings().set_filters(filters(&self.filter, &Tags::new(), []));
        let call = call.set_location_type(word::<LocationType>(self.location_type.as_ref()));
        let found: Vec<InstanceTypeOffering> =
            pages!(call, "reading aws_ec2_instance_type_offerings (DescribeInstanceTypeOfferings)")?;
        let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
        let mut offers: Vec<_> = found
            .iter()
            .map(|it| {
                let kind = it.location_type().map(LocationType::as_str);
                (text(it.instance_type().map(|it| it.as_str())), text(it.location()), text(kind))
            })
            .collect();
        offers.sort();
        let seen = Self {
            instance_types: offers.iter().map(|it| it.0.clone()).collect(),
            locations: offers.iter().map(|it| it.1.clone()).collect(),
            location_types: offers.into_iter().map(|it| it.2).collect(),
            ..self
        };
        Ok((aws.region.clone(), seen))
    }
}
