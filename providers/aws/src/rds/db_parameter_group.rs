//! `aws_db_parameter_group`: settings of a database engine.

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::parameters::{Parameter, changes, read_parameters};
use super::wait::BUSY;
use super::{check, group_tags, retag, sdk_tags};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, name, pages, patiently};

const GONE: &[&str] = &["DBParameterGroupNotFound"];
const IN_USE: &[&str] = &["InvalidDBParameterGroupState"];
const NAME_LENGTH: usize = 255;

/// Settings of a database engine, which instances of one family of versions share.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DbParameterGroup {
    /// Name of the group; one is made up when it is left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// Family of engine versions that the group is for, such as `postgres16`.
    #[attr(force_new, required)]
    pub family: String,
    /// Description of the group.
    #[attr(force_new, default = "Managed by Terraform")]
    pub description: String,
    /// Whether the group is left as it is when it is removed from the configuration.
    #[attr(default = false)]
    pub skip_destroy: bool,
    /// ARN of the group.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Parameters that differ from the engine's defaults. Reading them costs one call per group.
    #[block(set)]
    pub parameter: Vec<Parameter>,
    /// Tags of the group. Reading them costs one call per group, which is spared while the state has none.
    pub tags: Tags,
    /// Tags of the group, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for DbParameterGroup {
    type Client = Aws;
    const TYPE: &'static str = "aws_db_parameter_group";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(20);
    const UNREADABLE: &'static [&'static str] = &["name_prefix", "skip_destroy"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check::name_and_prefix(&mut check, "name", "name_prefix", NAME_LENGTH);
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.name_under(creation.key);
        let call = aws
            .rds
            .create_db_parameter_group()
            .db_parameter_group_name(&name)
            .db_parameter_group_family(&self.family)
            .description(&self.description)
            .set_tags(sdk_tags(&self.tags_all));
        call.send().await.context("creating aws_db_parameter_group (CreateDBParameterGroup)")?;
        creation.made(&name);
        self.set_parameters(aws, &name, &[]).await?;
        Ok(Made::id(name))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let action = "reading aws_db_parameter_group (DescribeDBParameterGroups)";
        let call = aws.rds.describe_db_parameter_groups();
        // The API takes one name or none. An account has few groups: all of them are one page.
        let found: Vec<aws_sdk_rds::types::DbParameterGroup> = match objects {
            [one] => {
                let found = call.db_parameter_group_name(&one.id).into_paginator().items().send().try_collect().await;
                found.absent(action, GONE)?.unwrap_or_default()
            }
            _ => pages!(call, action)?,
        };
        let wanted = objects.iter().filter_map(|it| {
            let group = found.iter().find(|group| group.db_parameter_group_name.as_deref() == Some(&it.id))?;
            Some((group.clone(), it.state.clone()))
        });
        let seen = each(wanted.collect::<Vec<_>>(), |(group, prior)| async move {
            let id = group.db_parameter_group_name.unwrap_or_default();
            let parameters = prior.as_ref().map(|it| it.parameter.as_slice()).unwrap_or_default();
            let call = aws.rds.describe_db_parameters().db_parameter_group_name(&id);
            let action = "reading aws_db_parameter_group (DescribeDBParameters)";
            let Some(parameter) = read_parameters!(call, parameters, action, GONE) else { return Ok(None) };
            let arn = group.db_parameter_group_arn;
            let state = Self {
                name: Some(id.clone()),
                family: group.db_parameter_group_family.unwrap_or_default(),
                description: group.description.unwrap_or_default(),
                parameter,
                tags_all: group_tags(aws, arn.as_deref(), prior.as_ref().map(|it| &it.tags_all)).await?,
                arn,
                ..Self::default()
            };
            Ok(Some(Observed::ready(id, state)))
        });
        Ok(seen.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.set_parameters(aws, id, &prior.parameter).await?;
        retag(aws, self.arn.as_deref(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if self.skip_destroy {
            return Ok(());
        }
        let call = || aws.rds.delete_db_parameter_group().db_parameter_group_name(id).send();
        let done = patiently(Self::TIMEOUTS.delete, IN_USE, call).await;
        done.absent("deleting aws_db_parameter_group (DeleteDBParameterGroup)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = self.name_under(key);
        let call = aws.rds.describe_db_parameter_groups().db_parameter_group_name(&name).send();
        let found = call.await.absent("finding aws_db_parameter_group (DescribeDBParameterGroups)", GONE)?;
        Ok(found.and_then(|it| it.db_parameter_groups).is_some_and(|it| !it.is_empty()).then_some(name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.rds.describe_db_parameter_groups();
        let found: Vec<aws_sdk_rds::types::DbParameterGroup> =
            pages!(call, "listing aws_db_parameter_group (DescribeDBParameterGroups)")?;
        let own =
            found.into_iter().filter_map(|it| it.db_parameter_group_name).filter(|it| !it.starts_with("default."));
        Ok(own.collect())
    }
}

impl DbParameterGroup {
    fn name_under(&self, key: &IntentKey) -> String {
        name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH)
    }

    async fn set_parameters(&self, aws: &Aws, id: &str, prior: &[Parameter]) -> Result<()> {
        let changes = changes(prior, &self.parameter);
        for parameters in changes.set {
            let call = aws.rds.modify_db_parameter_group().db_parameter_group_name(id).set_parameters(Some(parameters));
            let done = patiently(BUSY, IN_USE, || call.clone().send()).await;
            done.context("changing aws_db_parameter_group (ModifyDBParameterGroup)")?;
        }
        for parameters in changes.reset {
            let call = aws.rds.reset_db_parameter_group().db_parameter_group_name(id).reset_all_parameters(false);
            let call = call.set_parameters(Some(parameters));
            let done = patiently(BUSY, IN_USE, || call.clone().send()).await;
            done.context("changing aws_db_parameter_group (ResetDBParameterGroup)")?;
        }
        Ok(())
    }
}
