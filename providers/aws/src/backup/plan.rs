//! `aws_backup_plan`: when backups are made.

use std::time::Duration;

use aws_sdk_backup::operation::get_backup_plan::GetBackupPlanOutput;
use aws_sdk_backup::types::BackupPlanInput;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::rule::{AdvancedSetting, Rule};
use super::{GONE, retag, sdk_tags, tags_of};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, check, each, pages, patiently, plan, some, told};

/// A plan whose selections are just being deleted still has them.
const IN_USE: &[&str] = &["InvalidRequestException"];

/// When backups are made, and where they are kept. `aws_backup_selection` says of what. Scans for malware are not
/// managed here.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Name of the plan.
    #[attr(force_new)]
    pub name: String,
    /// The rules.
    #[block(set, min = 1)]
    pub rule: Vec<Rule>,
    /// Options for backups of kinds of resources.
    #[block(set)]
    pub advanced_backup_setting: Vec<AdvancedSetting>,
    /// ARN of the plan.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Version of the plan: another after each change.
    #[attr(computed)]
    pub version: Option<String>,
    /// Tags of the plan. They are read only while there are some and in an import, because it costs a call of its own.
    pub tags: Tags,
    /// Tags of the plan, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Plan {
    type Client = Aws;
    const TYPE: &'static str = "aws_backup_plan";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const POLL: Duration = Duration::from_secs(2);

    fn validate(config: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        for rule in check::blocks(config, "rule") {
            let mut check = Check::of(rule);
            check.range("start_window", 60, i64::from(i32::MAX)).length("rule_name", 50);
            let number = |of: &Value, name: &str| Check::of(of).number(name);
            for lifecycle in check::blocks(rule, "lifecycle") {
                let (cold, delete) = (number(lifecycle, "cold_storage_after"), number(lifecycle, "delete_after"));
                if let (Some(cold), Some(delete)) = (cold, delete)
                    && cold > 0
                    && delete > 0
                    && delete < cold + 90
                {
                    let detail = format!(
                        "is {delete}; what moves to cold storage after {cold} days stays there for 90 days at least: set {} or more.",
                        cold + 90
                    );
                    check.error("delete_after", detail);
                }
            }
            found.extend(check.found());
        }
        found
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["rule", "advanced_backup_setting"], &["version"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_backup_plan (CreateBackupPlan)";
        let call = aws.backup.create_backup_plan().backup_plan(self.input());
        let call = call.creator_request_id(creation.key.as_str()).set_backup_plan_tags(sdk_tags(&self.tags_all));
        let id = told(call.send().await.context(action)?.backup_plan_id, action)?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |object| async move {
            let call = aws.backup.get_backup_plan().backup_plan_id(&object.id).send();
            let found = call.await.absent("reading aws_backup_plan (GetBackupPlan)", GONE)?;
            // Deleted plans are told for some time.
            match found.filter(|it| it.deletion_date.is_none()) {
                Some(found) => Self::observe(aws, found, object).await,
                None => Ok(None),
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if (&self.rule, &self.advanced_backup_setting) != (&prior.rule, &prior.advanced_backup_setting) {
            let call = aws.backup.update_backup_plan().backup_plan_id(id).backup_plan(self.input()).send();
            call.await.context("changing aws_backup_plan (UpdateBackupPlan)")?;
        }
        retag(aws, prior.arn.as_deref().unwrap_or_default(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.backup.delete_backup_plan().backup_plan_id(id).send();
        let done = patiently(Duration::from_secs(60), IN_USE, call).await;
        done.absent("deleting aws_backup_plan (DeleteBackupPlan)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.backup.list_backup_plans();
        let found: Vec<_> = pages!(call, "finding aws_backup_plan (ListBackupPlans)")?;
        let ours = found.into_iter().find(|it| it.creator_request_id() == Some(key.as_str()));
        Ok(ours.and_then(|it| it.backup_plan_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found: Vec<_> = pages!(aws.backup.list_backup_plans(), "listing aws_backup_plan (ListBackupPlans)")?;
        Ok(found.into_iter().filter_map(|it| it.backup_plan_id).collect())
    }
}

impl Plan {
    fn input(&self) -> BackupPlanInput {
        let settings: Vec<_> = self.advanced_backup_setting.iter().map(AdvancedSetting::sdk).collect();
        BackupPlanInput::builder()
            .backup_plan_name(&self.name)
            .set_rules(Some(self.rule.iter().map(Rule::input).collect()))
            .set_advanced_backup_settings(some(&settings))
            .build()
            .expect("a plan has a name and rules")
    }

    async fn observe(aws: &Aws, found: GetBackupPlanOutput, object: Prior<Self>) -> Result<Option<Observed<Self>>> {
        let Some(plan) = found.backup_plan else { return Ok(None) };
        let arn = told(found.backup_plan_arn, "reading aws_backup_plan (GetBackupPlan)")?;
        let tags_all = match object.state.as_ref().is_none_or(|it| !it.tags_all.is_empty()) {
            true => tags_of(aws, &arn).await?,
            false => Tags::new(),
        };
        let prior = object.state.unwrap_or_default().rule;
        let rules = plan.rules.into_iter().map(|it| {
            let known = prior.iter().find(|prior| prior.rule_name == it.rule_name);
            Rule::observe(it, known)
        });
        let settings = plan.advanced_backup_settings.unwrap_or_default();
        let state = Self {
            name: plan.backup_plan_name,
            rule: rules.collect(),
            advanced_backup_setting: settings.into_iter().map(AdvancedSetting::observe).collect(),
            arn: Some(arn),
            version: found.version_id,
            tags: Tags::new(),
            tags_all,
        };
        Ok(Some(Observed::ready(object.id, state)))
    }
}
