//! `aws_availability_zones`: the zones of a region.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::AvailabilityZone;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters};
use crate::client::Aws;
use crate::wire::{Context, Tags};

/// The availability zones, local zones and Wavelength zones of a region that the account can use.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct AvailabilityZones {
    /// Zones that the account has not opted into, too.
    pub all_availability_zones: Option<bool>,
    /// Zones to leave out, by name.
    #[attr(set)]
    pub exclude_names: Vec<String>,
    /// Zones to leave out, by id.
    #[attr(set)]
    pub exclude_zone_ids: Vec<String>,
    /// Only zones in this state: `available`, `information`, `impaired`, `unavailable` or `constrained`.
    pub state: Option<String>,
    /// Only zones that match, such as `opt-in-status` of `opt-in-not-required`.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// Groups of the zones.
    #[attr(set, computed)]
    pub group_names: Vec<String>,
    /// Names of the zones, in order: `eu-central-1a`.
    #[attr(computed)]
    pub names: Vec<String>,
    /// Ids of the zones, in the order of their names.
    #[attr(computed)]
    pub zone_ids: Vec<String>,
}

impl DataSource for AvailabilityZones {
    type Client = Aws;
    const TYPE: &'static str = "aws_availability_zones";

    async fn read(mut self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws
            .ec2
            .describe_availability_zones()
            .set_all_availability_zones(self.all_availability_zones)
            .set_filters(filters(&self.filter, &Tags::new(), [("state", self.state.clone())]))
            .send();
        let answer = call.await.context("reading aws_availability_zones (DescribeAvailabilityZones)")?;
        let mut zones = answer.availability_zones.unwrap_or_default();
        zones.retain(|it| !self.leaves_out(it));
        zones.sort_by(|a, b| a.zone_name.cmp(&b.zone_name));
        let groups: BTreeSet<String> = zones.iter().filter_map(|it| it.group_name.clone()).collect();
        self.group_names = groups.into_iter().collect();
        self.names = zones.iter().filter_map(|it| it.zone_name.clone()).collect();
        self.zone_ids = zones.iter().filter_map(|it| it.zone_id.clone()).collect();
        Ok((aws.region.clone(), self))
    }
}

impl AvailabilityZones {
    fn leaves_out(&self, zone: &AvailabilityZone) -> bool {
        let is_in = |list: &[String], name: Option<&str>| name.is_some_and(|name| list.iter().any(|it| it == name));
        is_in(&self.exclude_names, zone.zone_name()) || is_in(&self.exclude_zone_ids, zone.zone_id())
    }
}
