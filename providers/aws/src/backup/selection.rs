//! `aws_backup_selection`: what a backup plan is for.

use std::time::Duration;

use aws_sdk_backup::types::{
    BackupSelection, Condition as SdkCondition, ConditionParameter, ConditionType, Conditions,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::GONE;
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, each, pages, patiently, some, told};

/// What AWS says of a role that was just made.
const ROLE_NOT_YET: &[&str] = &["InvalidParameterValueException"];
const PROPAGATION: Duration = Duration::from_secs(120);

/// What a backup plan is for: resources by ARN, or by their tags.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// Name of the selection: at most 50 letters, digits, hyphens, underscores and dots.
    #[attr(force_new)]
    pub name: String,
    /// The plan.
    #[attr(force_new)]
    pub plan_id: String,
    /// Role as which AWS Backup makes the backups.
    #[attr(force_new)]
    pub iam_role_arn: String,
    /// ARNs of resources, `*` standing for any text.
    #[attr(set, force_new)]
    pub resources: Vec<String>,
    /// ARNs of resources that are left out.
    #[attr(set, force_new, optional, computed)]
    pub not_resources: Vec<String>,
    /// Tags of which resources need one.
    #[block(set, force_new)]
    pub selection_tag: Vec<SelectionTag>,
    /// Tags of which resources need all.
    #[block(set, force_new, computed)]
    pub condition: Vec<Condition>,
}

/// A tag of which resources need one.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct SelectionTag {
    /// How the value is compared: `STRINGEQUALS`.
    #[attr(force_new)]
    pub r#type: String,
    /// Key of the tag.
    #[attr(force_new)]
    pub key: String,
    /// Value of the tag.
    #[attr(force_new)]
    pub value: String,
}

/// Tags of which resources need all.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Tags with these values.
    #[block(set, force_new)]
    pub string_equals: Vec<Pair>,
    /// Tags with values like these, `*` standing for any text.
    #[block(set, force_new)]
    pub string_like: Vec<Pair>,
    /// Tags without these values.
    #[block(set, force_new)]
    pub string_not_equals: Vec<Pair>,
    /// Tags without values like these.
    #[block(set, force_new)]
    pub string_not_like: Vec<Pair>,
}

/// A tag and its value.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Pair {
    /// Key: `aws:ResourceTag/backup`.
    #[attr(force_new)]
    pub key: String,
    /// Value.
    #[attr(force_new)]
    pub value: String,
}

impl Resource for Selection {
    type Client = Aws;
    const TYPE: &'static str = "aws_backup_selection";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const POLL: Duration = Duration::from_secs(2);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        let allowed = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
        if let Some(name) = check.text("name").filter(|it| !(1..=50).contains(&it.len()) || !it.chars().all(allowed)) {
            let detail = format!("is \"{name}\"; it takes 1 to 50 letters, digits and the characters \"_-.\".");
            check.error("name", detail);
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_backup_selection (CreateBackupSelection)";
        let call = aws.backup.create_backup_selection().backup_plan_id(&self.plan_id);
        let call = call.backup_selection(self.selection()).creator_request_id(creation.key.as_str());
        let made = patiently(PROPAGATION, ROLE_NOT_YET, || call.clone().send()).await.context(action)?;
        let id = told(made.selection_id, action)?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |object| async move {
            // An import takes `PLAN|SELECTION`.
            let (plan, id) = match (&object.state, object.id.split_once('|')) {
                (Some(state), _) => (state.plan_id.clone(), object.id.clone()),
                (None, Some((plan, id))) => (plan.to_owned(), id.to_owned()),
                (None, None) => return Ok(None),
            };
            let call = aws.backup.get_backup_selection().backup_plan_id(&plan).selection_id(&id).send();
            // The answer for a plan that is gone has a code of its own.
            let gone = [GONE, &["InvalidParameterValueException"]].concat();
            let found = call.await.absent("reading aws_backup_selection (GetBackupSelection)", &gone)?;
            let state = found.and_then(|it| it.backup_selection).map(|it| Self::observe(it, plan));
            Ok(state.map(|state| Observed::ready(id, state).asked_as(object.id)))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// Every argument means another selection.
    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.backup.delete_backup_selection().backup_plan_id(&self.plan_id).selection_id(id).send().await;
        done.absent("deleting aws_backup_selection (DeleteBackupSelection)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let action = "finding aws_backup_selection (ListBackupSelections)";
        let call = aws.backup.list_backup_selections().backup_plan_id(&self.plan_id);
        let found: Vec<_> = pages!(call, absent action, GONE)?.unwrap_or_default();
        let ours = found.into_iter().find(|it| it.creator_request_id() == Some(key.as_str()));
        Ok(ours.and_then(|it| it.selection_id))
    }
}

impl Selection {
    fn selection(&self) -> BackupSelection {
        let tags: Vec<_> = self.selection_tag.iter().map(SelectionTag::sdk).collect();
        BackupSelection::builder()
            .selection_name(&self.name)
            .iam_role_arn(&self.iam_role_arn)
            .set_resources(some(&self.resources))
            .set_not_resources(some(&self.not_resources))
            .set_list_of_tags(some(&tags))
            .set_conditions(self.condition.first().map(Condition::sdk))
            .build()
            .expect("a selection has a name and a role")
    }

    fn observe(found: BackupSelection, plan_id: String) -> Self {
        let condition = found.conditions.map(Condition::observe).filter(|it| *it != Condition::default());
        Self {
            name: found.selection_name,
            plan_id,
            iam_role_arn: found.iam_role_arn,
            resources: found.resources.unwrap_or_default(),
            not_resources: found.not_resources.unwrap_or_default(),
            selection_tag: found.list_of_tags.unwrap_or_default().into_iter().map(SelectionTag::observe).collect(),
            condition: condition.into_iter().collect(),
        }
    }
}

impl SelectionTag {
    fn sdk(&self) -> SdkCondition {
        let builder = SdkCondition::builder().condition_type(ConditionType::from(self.r#type.as_str()));
        builder.condition_key(&self.key).condition_value(&self.value).build().expect("type, key and value are set")
    }

    fn observe(found: SdkCondition) -> Self {
        Self {
            r#type: found.condition_type.as_str().to_owned(),
            key: found.condition_key,
            value: found.condition_value,
        }
    }
}

impl Condition {
    fn sdk(&self) -> Conditions {
        let pairs = |of: &[Pair]| some(&of.iter().map(Pair::sdk).collect::<Vec<_>>());
        Conditions::builder()
            .set_string_equals(pairs(&self.string_equals))
            .set_string_like(pairs(&self.string_like))
            .set_string_not_equals(pairs(&self.string_not_equals))
            .set_string_not_like(pairs(&self.string_not_like))
            .build()
    }

    fn observe(found: Conditions) -> Self {
        let pairs =
            |of: Option<Vec<ConditionParameter>>| of.unwrap_or_default().into_iter().map(Pair::observe).collect();
        Self {
            string_equals: pairs(found.string_equals),
            string_like: pairs(found.string_like),
            string_not_equals: pairs(found.string_not_equals),
            string_not_like: pairs(found.string_not_like),
        }
    }
}

impl Pair {
    fn sdk(&self) -> ConditionParameter {
        ConditionParameter::builder().condition_key(&self.key).condition_value(&self.value).build()
    }

    fn observe(found: ConditionParameter) -> Self {
        Self { key: found.condition_key.unwrap_or_default(), value: found.condition_value.unwrap_or_default() }
    }
}
