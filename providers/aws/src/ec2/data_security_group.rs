//! `aws_security_group`: looks up a firewall.

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters, one};
use super::{arn, observed_tags};
use crate::client::Aws;
use crate::wire::{Tags, pages, told};

const ACTION: &str = "reading aws_security_group (DescribeSecurityGroups)";

/// Looks up a security group by what is known of it; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundSecurityGroup {
    /// Id of the group.
    #[attr(optional, computed)]
    pub id: Option<String>,
    /// Name of the group.
    #[attr(optional, computed)]
    pub name: Option<String>,
    /// VPC of the group.
    #[attr(optional, computed)]
    pub vpc_id: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// Only groups that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// ARN of the group.
    #[attr(computed)]
    pub arn: Option<String>,
    /// What the group is for.
    #[attr(computed)]
    pub description: Option<String>,
}

impl DataSource for FoundSecurityGroup {
    type Client = Aws;
    const TYPE: &'static str = "aws_security_group";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let arguments =
            [("group-id", self.id.clone()), ("group-name", self.name.clone()), ("vpc-id", self.vpc_id.clone())];
        let call = aws.ec2.describe_security_groups().set_filters(filters(&self.filter, &self.tags, arguments));
        let found: types::SecurityGroup = one(pages!(call, ACTION)?, ACTION)?;
        let id = told(found.group_id, ACTION)?;
        let owner = found.owner_id.unwrap_or_default();
        let seen = Self {
            name: found.group_name,
            vpc_id: found.vpc_id,
            tags: observed_tags(found.tags),
            arn: found.security_group_arn.or_else(|| Some(arn(aws, &owner, &format!("security-group/{id}")))),
            description: found.description,
            ..self
        };
        Ok((id, seen))
    }
}
