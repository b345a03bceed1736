//! `aws_cloudwatch_log_group`: a place for logs that are kept equally long.

use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{BUSY, GONE, PATIENCE};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, ids, name, pages, patiently, tags};

const RETENTIONS: &[i64] =
    &[0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// A group of log streams that share retention, encryption and permissions.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// Name, at most 512 characters; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a name that is made up begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// Days that events are kept; 0 for ever.
    #[attr(default = 0)]
    pub retention_in_days: i64,
    /// ARN of the KMS key that encrypts the events; CloudWatch's own when left out.
    pub kms_key_id: Option<String>,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    #[attr(force_new, optional, computed)]
    pub log_group_class: Option<String>,
    /// Whether AWS refuses to delete the group.
    #[attr(optional, computed)]
    pub deletion_protection_enabled: Option<bool>,
    /// Whether a delete leaves the group where it is and only forgets it.
    #[attr(default = false)]
    pub skip_destroy: bool,
    /// ARN of the group, without the `:*` for its streams.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Tags of the group. They are read only while there are some and in an import, because it costs one call per
    /// group.
    pub tags: Tags,
    /// Tags of the group, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Group {
    type Client = Aws;
    const TYPE: &'static str = "aws_cloudwatch_log_group";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = 50;
    const UNREADABLE: &'static [&'static str] = &["name_prefix", "skip_destroy"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("log_group_class", &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]);
        for argument in ["name", "name_prefix"] {
            check.length(argument, 512);
            let allowed = |it: char| it.is_ascii_alphanumeric() || "_-/.#".contains(it);
            if let Some(text) = check.text(argument).filter(|it| it.is_empty() || !it.chars().all(allowed)) {
                let detail = format!("is \"{text}\"; it takes letters, digits and the characters \"_-/.#\".");
                check.error(argument, detail);
            }
        }
        if let Some(days) = check.number("retention_in_days").filter(|it| !RETENTIONS.contains(it)) {
            let known: Vec<_> = RETENTIONS.iter().map(ToString::to_string).collect();
            check.error("retention_in_days", format!("is {days}; AWS takes {}.", known.join(", ")));
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = name(self.name.as_deref(), self.name_prefix.as_deref(), creation.key, 512);
        let tags = (!self.tags_all.is_empty()).then(|| self.tags_all.clone().into_iter().collect());
        let call = aws
            .logs
            .create_log_group()
            .log_group_name(&name)
            .set_kms_key_id(self.kms_key_id.clone())
            .set_log_group_class(self.log_group_class.as_deref().map(LogGroupClass::from))
            .set_deletion_protection_enabled(self.deletion_protection_enabled)
            .set_tags(tags);
        let made = patiently(PATIENCE, BUSY, || call.clone().send()).await;
        made.context("creating aws_cloudwatch_log_group (CreateLogGroup)")?;
        creation.made(&name);
        self.set_retention(aws, &name, 0).await?;
        Ok(Made::id(name))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = describe(aws, ids(objects)).await?;
        let wanted = found.into_iter().filter_map(|it| {
            let name = it.log_group_name.clone()?;
            let object = objects.iter().find(|object| object.id == name)?;
            let with_tags = object.state.as_ref().is_none_or(|it| !it.tags_all.is_empty());
            Some((it, with_tags))
        });
        each(wanted.collect::<Vec<_>>(), |(it, with_tags)| Self::observe(aws, it, with_tags)).await
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.set_retention(aws, id, prior.retention_in_days).await?;
        match &self.kms_key_id {
            key if *key == prior.kms_key_id => {}
            Some(key) => {
                let call = aws.logs.associate_kms_key().log_group_name(id).kms_key_id(key).send();
                call.await.context("changing aws_cloudwatch_log_group (AssociateKmsKey)")?;
            }
            None => {
                let call = aws.logs.disassociate_kms_key().log_group_name(id).send();
                call.await.context("changing aws_cloudwatch_log_group (DisassociateKmsKey)")?;
            }
        }
        if self.deletion_protection_enabled != prior.deletion_protection_enabled {
            let protect = self.deletion_protection_enabled.unwrap_or_default();
            let call = aws.logs.put_log_group_deletion_protection().log_group_identifier(id);
            let call = call.deletion_protection_enabled(protect).send();
            call.await.context("changing aws_cloudwatch_log_group (PutLogGroupDeletionProtection)")?;
        }
        self.retag(aws, prior).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if self.skip_destroy {
            return Ok(());
        }
        let done = patiently(PATIENCE, BUSY, || aws.logs.delete_log_group().log_group_name(id).send()).await;
        done.absent("deleting aws_cloudwatch_log_group (DeleteLogGroup)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = name(self.name.as_deref(), self.name_prefix.as_deref(), key, 512);
        let found = describe(aws, vec![name.clone()]).await?;
        Ok(found.into_iter().filter_map(|it| it.log_group_name).find(|it| *it == name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.logs.describe_log_groups();
        let found: Vec<LogGroup> = pages!(call, "listing aws_cloudwatch_log_group (DescribeLogGroups)")?;
        Ok(found.into_iter().filter_map(|it| it.log_group_name).collect())
    }
}

impl Group {
    async fn observe(aws: &Aws, it: LogGroup, with_tags: bool) -> Result<Observed<Self>> {
        let arn = it.arn.unwrap_or_default();
        let arn = arn.strip_suffix(":*").unwrap_or(&arn).to_owned();
        let tags_all = match with_tags {
            true => {
                let answer = aws.logs.list_tags_for_resource().resource_arn(&arn).send().await;
                let tags = answer.absent("reading aws_cloudwatch_log_group (ListTagsForResource)", GONE)?;
                let tags = tags.and_then(|it| it.tags).unwrap_or_default();
                tags::observed(tags.into_iter().map(|(key, value)| (Some(key), Some(value))))
            }
            false => Tags::new(),
        };
        let name = it.log_group_name.unwrap_or_default();
        let state = Self {
            name: Some(name.clone()),
            name_prefix: None,
            retention_in_days: it.retention_in_days.unwrap_or_default().into(),
            kms_key_id: it.kms_key_id,
            log_group_class: Some(it.log_group_class.map_or("STANDARD".into(), |it| it.as_str().to_owned())),
            deletion_protection_enabled: Some(it.deletion_protection_enabled.unwrap_or_default()),
            skip_destroy: false,
            arn: Some(arn),
            tags: Tags::new(),
            tags_all,
        };
        Ok(Observed::ready(name, state))
    }

    async fn set_retention(&self, aws: &Aws, name: &str, prior: i64) -> Result<()> {
        if self.retention_in_days == prior {
            return Ok(());
        }
        if self.retention_in_days == 0 {
            let call = || aws.logs.delete_retention_policy().log_group_name(name).send();
            let done = patiently(PATIENCE, BUSY, call).await;
            return done.context("changing aws_cloudwatch_log_group (DeleteRetentionPolicy)").map(drop);
        }
        let days = self.retention_in_days as i32;
        let call = || aws.logs.put_retention_policy().log_group_name(name).retention_in_days(days).send();
        // A group that was just made may not be known everywhere yet.
        let codes = &["OperationAbortedException", "ResourceNotFoundException"];
        let done = patiently(PATIENCE, codes, call).await;
        done.context("changing aws_cloudwatch_log_group (PutRetentionPolicy)").map(drop)
    }

    async fn retag(&self, aws: &Aws, prior: &Self) -> Result<()> {
        let arn = prior.arn.as_deref().unwrap_or_default();
        let diff = tags::diff(&prior.tags_all, &self.tags_all);
        if !diff.remove.is_empty() {
            let call = aws.logs.untag_resource().resource_arn(arn).set_tag_keys(Some(diff.remove)).send();
            call.await.context("removing tags (UntagResource)")?;
        }
        if !diff.set.is_empty() {
            let call = aws.logs.tag_resource().resource_arn(arn).set_tags(Some(diff.set.into_iter().collect())).send();
            call.await.context("setting tags (TagResource)")?;
        }
        Ok(())
    }
}

/// Groups of these names, with others perhaps: one call for all of them where AWS knows every one.
async fn describe(aws: &Aws, names: Vec<String>) -> Result<Vec<LogGroup>> {
    const ACTION: &str = "reading aws_cloudwatch_log_group (DescribeLogGroups)";
    if names.len() > 1 {
        let call = aws.logs.describe_log_groups().set_log_group_identifiers(Some(names.clone()));
        if let Some(found) = pages!(call, absent ACTION, GONE)? {
            return Ok(found);
        }
    }
    let found = each(names, |name| async move {
        let found: Vec<LogGroup> = pages!(aws.logs.describe_log_groups().log_group_name_prefix(name), ACTION)?;
        Ok(found)
    });
    Ok(found.await?.into_iter().flatten().collect())
}
