//! `aws_db_subnet_group`: the subnets that databases are placed in.

use std::collections::BTreeSet;

use aws_sdk_rds::types;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{group_tags, retag, sdk_tags, texts};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, name, pages, patiently, plan};

const GONE: &[&str] = &["DBSubnetGroupNotFoundFault"];
const IN_USE: &[&str] = &["InvalidDBSubnetGroupStateFault"];
const NAME_LENGTH: usize = 255;

/// Subnets in two or more availability zones of one VPC, in which RDS places databases.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DbSubnetGroup {
    /// Name of the group; one is made up when it is left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// Description of the group.
    #[attr(default = "Managed by Terraform")]
    pub description: String,
    /// Subnets of the group, in at least two availability zones.
    #[attr(required)]
    pub subnet_ids: BTreeSet<String>,
    /// ARN of the group.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Network types that databases in the group may have: `IPV4`, `DUAL`.
    #[attr(computed)]
    pub supported_network_types: BTreeSet<String>,
    /// VPC of the subnets.
    #[attr(computed)]
    pub vpc_id: Option<String>,
    /// Tags of the group. Reading them costs one call per group, which is spared while the state has none.
    pub tags: Tags,
    /// Tags of the group, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for DbSubnetGroup {
    type Client = Aws;
    const TYPE: &'static str = "aws_db_subnet_group";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(20);
    const UNREADABLE: &'static [&'static str] = &["name_prefix"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("name", NAME_LENGTH).length("name_prefix", NAME_LENGTH - 26).length("description", 255);
        let is_allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-_. ".contains(it);
        for argument in ["name", "name_prefix"] {
            if let Some(text) = check.text(argument).filter(|it| !it.chars().all(is_allowed)) {
                let rule = "Write lower-case letters, digits, spaces, periods, hyphens and underscores only.";
                check.error(argument, format!("is \"{text}\". {rule}"));
            }
        }
        if check.text("name").is_some_and(|it| it.eq_ignore_ascii_case("default")) {
            check.error("name", "is \"default\", which AWS keeps for itself. Choose another name.");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["subnet_ids"], &["supported_network_types"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.name_under(creation.key);
        let call = aws
            .rds
            .create_db_subnet_group()
            .db_subnet_group_name(&name)
            .db_subnet_group_description(&self.description)
            .set_subnet_ids(texts(&self.subnet_ids))
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await.context("creating aws_db_subnet_group (CreateDBSubnetGroup)")?;
        creation.made(&name);
        // The answer tells everything but the tags, which are those that were sent.
        let seen = made.db_subnet_group.map(|it| Self::observe(it, self.tags_all.clone()));
        Ok(match seen.filter(|it| it.phase == Phase::Ready) {
            Some(seen) => Made::ready(name, seen.state),
            None => Made::id(name),
        })
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let action = "reading aws_db_subnet_group (DescribeDBSubnetGroups)";
        let call = aws.rds.describe_db_subnet_groups();
        // The API takes one name or none. An account has few groups: all of them are one page.
        let found: Vec<types::DbSubnetGroup> = match objects {
            [one] => {
                let found = call.db_subnet_group_name(&one.id).into_paginator().items().send().try_collect().await;
                found.absent(action, GONE)?.unwrap_or_default()
            }
            _ => pages!(call, action)?,
        };
        let wanted = objects.iter().filter_map(|it| {
            let group = found.iter().find(|group| group.db_subnet_group_name.as_deref() == Some(&it.id))?;
            Some((group.clone(), it.state.as_ref().map(|it| it.tags_all.clone())))
        });
        let seen = each(wanted.collect::<Vec<_>>(), |(group, prior)| async move {
            let tags = group_tags(aws, group.db_subnet_group_arn.as_deref(), prior.as_ref()).await?;
            Ok(Self::observe(group, tags))
        });
        seen.await
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.subnet_ids != prior.subnet_ids || self.description != prior.description {
            let call = aws
                .rds
                .modify_db_subnet_group()
                .db_subnet_group_name(id)
                .db_subnet_group_description(&self.description)
                .set_subnet_ids(texts(&self.subnet_ids));
            call.send().await.context("changing aws_db_subnet_group (ModifyDBSubnetGroup)")?;
        }
        retag(aws, self.arn.as_deref(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.rds.delete_db_subnet_group().db_subnet_group_name(id).send();
        let done = patiently(Self::TIMEOUTS.delete, IN_USE, call).await;
        done.absent("deleting aws_db_subnet_group (DeleteDBSubnetGroup)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = self.name_under(key);
        let call = aws.rds.describe_db_subnet_groups().db_subnet_group_name(&name).send();
        let found = call.await.absent("finding aws_db_subnet_group (DescribeDBSubnetGroups)", GONE)?;
        Ok(found.and_then(|it| it.db_subnet_groups).is_some_and(|it| !it.is_empty()).then_some(name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.rds.describe_db_subnet_groups();
        let found: Vec<types::DbSubnetGroup> = pages!(call, "listing aws_db_subnet_group (DescribeDBSubnetGroups)")?;
        Ok(found.into_iter().filter_map(|it| it.db_subnet_group_name).filter(|it| it != "default").collect())
    }
}

impl DbSubnetGroup {
    /// The name that a create under `key` gives; RDS stores names in lower case.
    fn name_under(&self, key: &IntentKey) -> String {
        name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH).to_ascii_lowercase()
    }

    fn observe(group: types::DbSubnetGroup, tags_all: Tags) -> Observed<Self> {
        let phase = match group.subnet_group_status.as_deref() {
            None | Some("Complete") => Phase::Ready,
            Some(status) => Phase::Pending(status.to_owned()),
        };
        let subnets = group.subnets.unwrap_or_default();
        let state = Self {
            name: group.db_subnet_group_name.clone(),
            description: group.db_subnet_group_description.unwrap_or_default(),
            subnet_ids: subnets.into_iter().filter_map(|it| it.subnet_identifier).collect(),
            arn: group.db_subnet_group_arn,
            supported_network_types: group.supported_network_types.unwrap_or_default().into_iter().collect(),
            vpc_id: group.vpc_id,
            tags_all,
            ..Self::default()
        };
        Observed::ready(group.db_subnet_group_name.unwrap_or_default(), state).phase(phase)
    }
}
