//! Waiting until a group has the instances that it is to have.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use aws_sdk_autoscaling::types as sdk;
use aws_smithy_types::DateTime;
use plumb_engine::provider::typed::Result;
use plumb_engine::provider::{Effect, ProviderError, parse_duration};
use tokio::time::{Instant, sleep};

use super::{Group, groups};
use crate::client::Aws;
use crate::wire::{Context, each};

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);

/// What is done, for errors.
const ACTION: &str = "waiting for the instances of aws_autoscaling_group";

/// What a group is to have before an operation is over.
pub(super) struct Wanted {
    /// Instances that are in service.
    pub instances: Count,
    /// Of them, those that are healthy in all target groups.
    pub healthy: Count,
    /// How long to wait; zero for not at all.
    pub limit: Duration,
    /// Whether failed launches are no reason to stop waiting.
    pub ignore_failures: bool,
}

/// A number that is to be reached.
#[derive(Clone, Copy)]
pub(super) enum Count {
    /// Any number will do.
    Any,
    /// This many or more.
    AtLeast(i32),
    /// This many.
    Exactly(i32),
}

impl Count {
    fn is(self, number: i32) -> bool {
        match self {
            Count::Any => true,
            Count::AtLeast(wanted) => number >= wanted,
            Count::Exactly(wanted) => number == wanted,
        }
    }

    fn text(self) -> String {
        match self {
            Count::Any => "any number".to_owned(),
            Count::AtLeast(wanted) => format!("at least {wanted}"),
            Count::Exactly(wanted) => wanted.to_string(),
        }
    }
}

impl Group {
    /// What a new group is to have.
    pub(super) fn wanted_after_create(&self) -> Wanted {
        let healthy = positive(self.wait_for_elb_capacity).or(positive(self.min_elb_capacity));
        Wanted {
            instances: Count::AtLeast(positive(self.desired_capacity).unwrap_or(self.min_size)),
            healthy: healthy.map_or(Count::Any, Count::AtLeast),
            limit: self.limit(),
            ignore_failures: self.ignore_failed_scaling_activities,
        }
    }

    /// What a changed group is to have.
    pub(super) fn wanted_after_update(&self) -> Wanted {
        Wanted {
            instances: positive(self.desired_capacity).map_or(Count::Any, Count::Exactly),
            healthy: positive(self.wait_for_elb_capacity).map_or(Count::Any, Count::Exactly),
            limit: self.limit(),
            ignore_failures: self.ignore_failed_scaling_activities,
        }
    }

    fn limit(&self) -> Duration {
        // The form was checked when the configuration was planned.
        duration(&self.wait_for_capacity_timeout).unwrap_or_default()
    }
}

fn positive(number: Option<i32>) -> Option<i32> {
    number.filter(|it| *it > 0)
}

/// The time limit of an argument: `0` is none, and anything but a duration is an error that says what is wrong.
pub(super) fn duration(text: &str) -> std::result::Result<Duration, String> {
    if text == "0" || text == "0s" { Ok(Duration::ZERO) } else { parse_duration(text) }
}

/// The time from which on activities count.
pub(super) fn now() -> DateTime {
    DateTime::from(SystemTime::now())
}

/// Waits until the group has what is wanted. Activities that fail after `began` end the waiting.
pub(super) async fn for_capacity(aws: &Aws, name: &str, wanted: &Wanted, began: DateTime) -> Result<()> {
    if wanted.limit.is_zero() {
        return Ok(());
    }
    let end = Instant::now() + wanted.limit;
    loop {
        let Some(group) = groups(aws, vec![name.to_owned()]).await?.into_iter().next() else {
            return Err(partial("the group is gone".to_owned(), "Something else has deleted it."));
        };
        let serving: Vec<_> = group.instances.as_deref().unwrap_or_default().iter().filter(|it| serves(it)).collect();
        let healthy = match wanted.healthy {
            Count::Any => 0,
            _ => weight(serving.iter().copied().filter(healthy_in(aws, &group).await?)),
        };
        let count = weight(serving.iter().copied());
        if wanted.instances.is(count) && wanted.healthy.is(healthy) {
            return Ok(());
        }
        if !wanted.ignore_failures {
            fail_on_failures(aws, name, began).await?;
        }
        if Instant::now() + PAUSE > end {
            let message = format!(
                "after {} s there are {count} instances in service and {healthy} of them healthy in the target \
                 groups; {} and {} are wanted",
                wanted.limit.as_secs(),
                wanted.instances.text(),
                wanted.healthy.text(),
            );
            let help = "Look at the group's activities and the targets' health, or raise `wait_for_capacity_timeout`.";
            return Err(partial(message, help));
        }
        sleep(PAUSE).await;
    }
}

fn partial(message: String, help: &str) -> ProviderError {
    ProviderError { effect: Effect::Partial, ..ProviderError::refused(ACTION, message) }.help(help)
}

fn serves(instance: &sdk::Instance) -> bool {
    let healthy = instance.health_status.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("healthy"));
    healthy && instance.lifecycle_state == Some(sdk::LifecycleState::InService)
}

fn weight<'i>(instances: impl Iterator<Item = &'i sdk::Instance>) -> i32 {
    instances.map(|it| it.weighted_capacity.as_deref().and_then(|it| it.parse::<i32>().ok()).unwrap_or(1)).sum()
}

/// Tells whether an instance is healthy in all target groups of the group.
async fn healthy_in(aws: &Aws, group: &sdk::AutoScalingGroup) -> Result<impl Fn(&&sdk::Instance) -> bool + use<>> {
    let sources = group.traffic_sources.as_deref().unwrap_or_default();
    let sources =
        sources.iter().filter(|it| it.r#type.as_deref() == Some("elbv2")).filter_map(|it| it.identifier.as_ref());
    let arns: BTreeSet<String> =
        group.target_group_arns.as_deref().unwrap_or_default().iter().chain(sources).cloned().collect();
    let healthy: Vec<BTreeSet<String>> = each(arns, |arn: String| async move {
        let sent = aws.elbv2.describe_target_health().target_group_arn(arn).send().await;
        let answer = sent.context("waiting for the targets of aws_autoscaling_group (DescribeTargetHealth)")?;
        let targets = answer.target_health_descriptions.unwrap_or_default().into_iter().filter(|it| {
            let state = it.target_health.as_ref().and_then(|it| it.state.as_ref());
            state.is_some_and(|it| it.as_str() == "healthy")
        });
        Ok(targets.filter_map(|it| it.target?.id).collect())
    })
    .await?;
    Ok(move |instance: &&sdk::Instance| {
        let id = instance.instance_id.as_deref().unwrap_or_default();
        healthy.iter().all(|it| it.contains(id))
    })
}

async fn fail_on_failures(aws: &Aws, name: &str, began: DateTime) -> Result<()> {
    let call = aws.autoscaling.describe_scaling_activities().auto_scaling_group_name(name).max_records(20);
    let answer = call.send().await.context("waiting for aws_autoscaling_group (DescribeScalingActivities)")?;
    let failed = answer.activities.unwrap_or_default().into_iter().find(|it| {
        let recent = it.start_time.is_some_and(|it| it.secs() >= began.secs());
        recent && it.status_code == Some(sdk::ScalingActivityStatusCode::Failed)
    });
    let Some(failed) = failed else { return Ok(()) };
    let why = failed.status_message.or(failed.cause).unwrap_or_else(|| "AWS gives no reason".to_owned());
    Err(partial(
        format!("a scaling activity has failed: {why}"),
        "Correct what it says; `ignore_failed_scaling_activities = true` goes on waiting instead.",
    ))
}
