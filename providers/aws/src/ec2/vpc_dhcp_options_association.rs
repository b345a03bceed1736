//! `aws_vpc_dhcp_options_association`: which DHCP options a VPC uses.

use std::collections::BTreeMap;

use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, filter};
use crate::client::Aws;
use crate::wire::{Absent, Context, pages};

/// Name of the options that a VPC has when no others are associated.
const DEFAULT: &str = "default";

/// Which DHCP options a VPC uses. Without the association it uses AWS's default options.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct VpcDhcpOptionsAssociation {
    /// The VPC.
    #[attr(force_new)]
    pub vpc_id: String,
    /// The options.
    #[attr(force_new)]
    pub dhcp_options_id: String,
}

impl Resource for VpcDhcpOptionsAssociation {
    type Client = Aws;
    const TYPE: &'static str = "aws_vpc_dhcp_options_association";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = aws.ec2.associate_dhcp_options().vpc_id(&self.vpc_id).dhcp_options_id(&self.dhcp_options_id).send();
        call.await.context("creating aws_vpc_dhcp_options_association (AssociateDhcpOptions)")?;
        let id = self.id();
        creation.made(&id);
        Ok(Made::ready(id, self.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let wanted: BTreeMap<&str, (&str, Option<&str>)> =
            objects.iter().map(|it| (it.id.as_str(), parts(&it.id))).collect();
        let vpcs = wanted.values().map(|(vpc, _)| *vpc);
        let call = aws.ec2.describe_vpcs().filters(filter("vpc-id", vpcs));
        let found = pages!(call, "reading aws_vpc_dhcp_options_association (DescribeVpcs)")?;
        let used: BTreeMap<String, String> =
            found.into_iter().filter_map(|it| Some((it.vpc_id?, it.dhcp_options_id?))).collect();
        let seen = wanted.into_iter().filter_map(|(asked, (vpc, expected))| {
            let options = used.get(vpc)?;
            let is_there = expected.is_none_or(|it| it == options) && options != DEFAULT;
            let state = Self { vpc_id: vpc.to_owned(), dhcp_options_id: options.clone() };
            is_there.then(|| Observed::ready(state.id(), state).asked_as(asked))
        });
        Ok(seen.collect())
    }

    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let call = aws.ec2.associate_dhcp_options().vpc_id(&self.vpc_id).dhcp_options_id(DEFAULT).send();
        let action = "deleting aws_vpc_dhcp_options_association (AssociateDhcpOptions)";
        call.await.absent(action, &["InvalidVpcID.NotFound"]).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = Self::read(aws, &[Prior { id: self.id(), state: None }]).await?;
        Ok(found.into_iter().next().map(|it| it.id))
    }
}

impl VpcDhcpOptionsAssociation {
    fn id(&self) -> Id {
        format!("{}-{}", self.dhcp_options_id, self.vpc_id)
    }
}

/// The VPC of an id, and the options where it names them: an import takes the VPC alone.
fn parts(id: &str) -> (&str, Option<&str>) {
    match id.find("-vpc-") {
        Some(at) => (&id[at + 1..], Some(&id[..at])),
        None => (id, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_both() {
        assert_eq!(parts("dopt-1-vpc-2"), ("vpc-2", Some("dopt-1")));
        assert_eq!(parts("vpc-2"), ("vpc-2", None));
    }
}
