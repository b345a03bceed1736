//! `aws_autoscaling_schedule`: changes the size of a group at a time, or again and again.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types as sdk;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::is_absent;
use crate::client::Aws;
use crate::wire::words::{text, word};
use crate::wire::{Check, Context, each, same};

/// Changes the size of a group at a time, or again and again. Its import id is `GROUP/ACTION`.
///
/// A size that is left out, or is -1, is not changed.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Schedule {
    /// ARN of the action.
    #[attr(computed)]
    arn: Option<String>,
    /// Name of the group.
    #[attr(force_new)]
    autoscaling_group_name: String,
    /// How many instances there are to be; -1 does not change it.
    #[attr(optional, computed)]
    desired_capacity: Option<i32>,
    /// When the action is not repeated any more, in RFC 3339.
    #[attr(optional, computed, same = same::instant)]
    end_time: Option<String>,
    /// Most instances; -1 does not change it.
    #[attr(optional, computed)]
    max_size: Option<i32>,
    /// Fewest instances; -1 does not change it.
    #[attr(optional, computed)]
    min_size: Option<i32>,
    /// When to repeat, as cron has it: minute, hour, day of the month, month, day of the week.
    #[attr(optional, computed)]
    recurrence: Option<String>,
    /// Name of the action, unique in the group.
    #[attr(force_new)]
    scheduled_action_name: String,
    /// When to act, or when to begin to repeat, in RFC 3339.
    #[attr(optional, computed, same = same::instant)]
    start_time: Option<String>,
    /// Time zone of the recurrence, such as `Europe/Berlin`; UTC when left out.
    #[attr(optional, computed)]
    time_zone: Option<String>,
}

impl Resource for Schedule {
    type Client = Aws;
    const TYPE: &'static str = "aws_autoscaling_schedule";
    const RECOGNITION: Recognition = Recognition::NaturalName;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        for name in ["start_time", "end_time"] {
            if let Some(text) = check.text(name).filter(|it| instant(it).is_none()) {
                check.error(
                    name,
                    format!("is \"{text}\", which is no time in RFC 3339. Write it as 2030-01-31T08:00:00Z."),
                );
            }
        }
        if ["start_time", "recurrence"].iter().all(|it| check.is_set(it) == Some(false)) {
            check.error("recurrence", "is missing. Set it, or set \"start_time\" for an action that is not repeated.");
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        self.put(aws).await?;
        creation.made(&self.id());
        Ok(Made::id(self.id()))
    }

    /// One call per group.
    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for it in objects {
            let (group, action) = parts(&it.id)?;
            groups.entry(group).or_default().push(action);
        }
        let found = each(groups, |(group, actions)| async move {
            let found = actions_of(aws, &group, actions).await?;
            let seen = found.into_iter().map(Self::observe);
            Ok(seen.map(|it| Observed::ready(it.id(), it)).collect::<Vec<_>>())
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        self.put(aws).await
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let call = aws.autoscaling.delete_scheduled_action().auto_scaling_group_name(&self.autoscaling_group_name);
        match call.scheduled_action_name(&self.scheduled_action_name).send().await {
            Err(error) if error.as_service_error().is_some_and(is_absent) => Ok(()),
            other => other.context("deleting aws_autoscaling_schedule (DeleteScheduledAction)").map(drop),
        }
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let names = vec![self.scheduled_action_name.clone()];
        let found = actions_of(aws, &self.autoscaling_group_name, names).await?;
        Ok((!found.is_empty()).then(|| self.id()))
    }
}

impl Schedule {
    fn id(&self) -> Id {
        format!("{}/{}", self.autoscaling_group_name, self.scheduled_action_name)
    }

    async fn put(&self, aws: &Aws) -> Result<()> {
        let size = |size: Option<i32>| size.filter(|it| *it >= 0);
        let call = aws
            .autoscaling
            .put_scheduled_update_group_action()
            .auto_scaling_group_name(&self.autoscaling_group_name)
            .scheduled_action_name(&self.scheduled_action_name)
            .set_desired_capacity(size(self.desired_capacity))
            .set_min_size(size(self.min_size))
            .set_max_size(size(self.max_size))
            .set_recurrence(word(self.recurrence.as_ref()))
            .set_time_zone(word(self.time_zone.as_ref()))
            .set_start_time(self.start_time.as_deref().and_then(instant))
            .set_end_time(self.end_time.as_deref().and_then(instant));
        let action = "writing aws_autoscaling_schedule (PutScheduledUpdateGroupAction)";
        call.send().await.context(action).map(drop)
    }

    fn observe(it: sdk::ScheduledUpdateGroupAction) -> Self {
        let time = |it: Option<DateTime>| it.and_then(|it| it.fmt(Format::DateTime).ok());
        Self {
            arn: it.scheduled_action_arn,
            autoscaling_group_name: it.auto_scaling_group_name.unwrap_or_default(),
            desired_capacity: Some(it.desired_capacity.unwrap_or(-1)),
            end_time: time(it.end_time),
            max_size: Some(it.max_size.unwrap_or(-1)),
            min_size: Some(it.min_size.unwrap_or(-1)),
            recurrence: text(it.recurrence),
            scheduled_action_name: it.scheduled_action_name.unwrap_or_default(),
            start_time: time(it.start_time),
            time_zone: text(it.time_zone),
        }
    }
}

/// The actions of these names that a group has; none where there is no such group.
async fn actions_of(aws: &Aws, group: &str, names: Vec<String>) -> Result<Vec<sdk::ScheduledUpdateGroupAction>> {
    let mut found = Vec::new();
    for names in names.chunks(50) {
        let call = aws.autoscaling.describe_scheduled_actions().auto_scaling_group_name(group);
        let call = call.set_scheduled_action_names(Some(names.to_vec())).max_records(100);
        match call.into_paginator().items().send().try_collect().await {
            Err(error) if error.as_service_error().is_some_and(is_absent) => return Ok(Vec::new()),
            other => found.extend(other.context("reading aws_autoscaling_schedule (DescribeScheduledActions)")?),
        }
    }
    Ok(found)
}

fn instant(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, Format::DateTimeWithOffset).ok()
}

fn parts(id: &str) -> Result<(String, String)> {
    let parts = id.split_once('/').map(|(group, action)| (group.to_owned(), action.to_owned()));
    parts.filter(|(group, action)| !group.is_empty() && !action.is_empty()).ok_or_else(|| {
        let message = format!("\"{id}\" is no id of a group's scheduled action");
        ProviderError::refused("reading aws_autoscaling_schedule", message)
            .help("The id is the group's name, a slash, and the action's name: `group/action`.")
    })
}
