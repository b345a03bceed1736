//! `aws_autoscaling_policy`: how a group's size follows alarms, a metric or a forecast.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types as sdk;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::is_absent;
use super::policy_blocks::{StepAdjustment, TargetTracking};
use super::policy_predictive::Predictive;
use crate::client::Aws;
use crate::wire::words::{text, word};
use crate::wire::{Check, Context, each};

/// Kinds of policies.
const KINDS: [&str; 4] = ["SimpleScaling", "StepScaling", "TargetTrackingScaling", "PredictiveScaling"];

/// How a group's size follows alarms, a metric or a forecast. Its import id is `GROUP/POLICY`.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Policy {
    /// What a scaling adjustment means: `ChangeInCapacity`, `ExactCapacity` or `PercentChangeInCapacity`.
    adjustment_type: Option<String>,
    /// ARN of the policy, for the actions of alarms.
    #[attr(computed)]
    arn: Option<String>,
    /// Name of the group.
    #[attr(force_new)]
    autoscaling_group_name: String,
    /// Pause after a scaling activity, in seconds, of simple scaling.
    cooldown: Option<i32>,
    /// Whether the policy acts.
    #[attr(default = true)]
    enabled: bool,
    /// Time until a new instance counts in metrics, in seconds, of step scaling and target tracking.
    estimated_instance_warmup: Option<i32>,
    /// How the metric is aggregated, of step scaling: `Minimum`, `Maximum` or `Average`.
    #[attr(optional, computed)]
    metric_aggregation_type: Option<String>,
    /// Fewest instances to scale by, of `PercentChangeInCapacity`.
    min_adjustment_magnitude: Option<i32>,
    /// Name of the policy, unique in the group.
    #[attr(force_new)]
    name: String,
    /// Kind: `SimpleScaling`, `StepScaling`, `TargetTrackingScaling` or `PredictiveScaling`.
    #[attr(default = "SimpleScaling")]
    policy_type: String,
    /// How much to scale, of simple scaling; negative to scale in.
    scaling_adjustment: Option<i32>,
    /// Scales ahead of a load that is foreseen.
    #[block(list, max = 1)]
    predictive_scaling_configuration: Vec<Predictive>,
    /// A step, of step scaling.
    #[block(set)]
    step_adjustment: Vec<StepAdjustment>,
    /// Keeps a metric at a value.
    #[block(list, max = 1)]
    target_tracking_configuration: Vec<TargetTracking>,
}

impl Resource for Policy {
    type Client = Aws;
    const TYPE: &'static str = "aws_autoscaling_policy";
    const RECOGNITION: Recognition = Recognition::NaturalName;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("policy_type", &KINDS);
        check.one_of("metric_aggregation_type", &["Minimum", "Maximum", "Average"]);
        check.one_of("adjustment_type", &["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]);
        if config.get("policy_type").is_some_and(Value::is_unknown) {
            return check.found();
        }
        let kind = check.text("policy_type").unwrap_or("SimpleScaling");
        let blocks = [
            ("StepScaling", "step_adjustment"),
            ("TargetTrackingScaling", "target_tracking_configuration"),
            ("PredictiveScaling", "predictive_scaling_configuration"),
        ];
        for (of, block) in blocks {
            match config.get(block).and_then(Value::as_slice).map(<[Value]>::is_empty) {
                Some(true) if kind == of => {
                    check.error("policy_type", format!("is {of}, which needs a \"{block}\" block."))
                }
                Some(false) if kind != of => {
                    check.error("policy_type", format!("is {kind}; a \"{block}\" block belongs to {of}."));
                }
                _ => {}
            }
        }
        let stepwise = kind == "SimpleScaling" || kind == "StepScaling";
        if stepwise && check.is_set("adjustment_type") == Some(false) {
            check.error("adjustment_type", format!("is missing; a policy of type {kind} needs it."));
        }
        if kind == "SimpleScaling" && check.is_set("scaling_adjustment") == Some(false) {
            check.error("scaling_adjustment", "is missing; a policy of type SimpleScaling needs it.");
        }
        if kind != "SimpleScaling" {
            for name in ["scaling_adjustment", "cooldown"] {
                if check.is_set(name) == Some(true) {
                    check.error(name, format!("is for policies of type SimpleScaling, and this one is {kind}."));
                }
            }
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
            let (group, policy) = parts(&it.id)?;
            groups.entry(group).or_default().push(policy);
        }
        let found = each(groups, |(group, names)| async move {
            let seen = policies_of(aws, &group, names).await?.into_iter().map(Self::observe);
            Ok(seen.map(|it| Observed::ready(it.id(), it)).collect::<Vec<_>>())
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        self.put(aws).await
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let call = aws.autoscaling.delete_policy().auto_scaling_group_name(&self.autoscaling_group_name);
        match call.policy_name(&self.name).send().await {
            Err(error) if error.as_service_error().is_some_and(is_absent) => Ok(()),
            other => other.context("deleting aws_autoscaling_policy (DeletePolicy)").map(drop),
        }
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = policies_of(aws, &self.autoscaling_group_name, vec![self.name.clone()]).await?;
        Ok((!found.is_empty()).then(|| self.id()))
    }
}

impl Policy {
    fn id(&self) -> Id {
        format!("{}/{}", self.autoscaling_group_name, self.name)
    }

    async fn put(&self, aws: &Aws) -> Result<()> {
        let steps: Vec<_> = self.step_adjustment.iter().map(StepAdjustment::request).collect();
        let stepwise = self.policy_type == "StepScaling";
        let call = aws
            .autoscaling
            .put_scaling_policy()
            .auto_scaling_group_name(&self.autoscaling_group_name)
            .policy_name(&self.name)
            .policy_type(&self.policy_type)
            .enabled(self.enabled)
            .set_adjustment_type(word(self.adjustment_type.as_ref()))
            .set_cooldown(self.cooldown)
            .set_estimated_instance_warmup(self.estimated_instance_warmup)
            .set_metric_aggregation_type(word(self.metric_aggregation_type.as_ref()).filter(|_: &String| stepwise))
            .set_min_adjustment_magnitude(self.min_adjustment_magnitude.filter(|it| *it != 0))
            .set_scaling_adjustment(self.scaling_adjustment)
            .set_step_adjustments((!steps.is_empty()).then_some(steps))
            .set_target_tracking_configuration(self.target_tracking_configuration.first().map(TargetTracking::request))
            .set_predictive_scaling_configuration(
                self.predictive_scaling_configuration.first().map(Predictive::request),
            );
        call.send().await.context("writing aws_autoscaling_policy (PutScalingPolicy)").map(drop)
    }

    fn observe(it: sdk::ScalingPolicy) -> Self {
        let tracking = it.target_tracking_configuration.map(TargetTracking::observe);
        let predictive = it.predictive_scaling_configuration.map(Predictive::observe);
        Self {
            adjustment_type: text(it.adjustment_type),
            arn: it.policy_arn,
            autoscaling_group_name: it.auto_scaling_group_name.unwrap_or_default(),
            cooldown: it.cooldown,
            enabled: it.enabled.unwrap_or(true),
            estimated_instance_warmup: it.estimated_instance_warmup,
            metric_aggregation_type: Some(it.metric_aggregation_type.unwrap_or_default()),
            min_adjustment_magnitude: it.min_adjustment_magnitude,
            name: it.policy_name.unwrap_or_default(),
            policy_type: it.policy_type.unwrap_or_else(|| "SimpleScaling".to_owned()),
            scaling_adjustment: it.scaling_adjustment,
            predictive_scaling_configuration: predictive.into_iter().collect(),
            step_adjustment: it.step_adjustments.unwrap_or_default().into_iter().map(StepAdjustment::observe).collect(),
            target_tracking_configuration: tracking.into_iter().collect(),
        }
    }
}

/// The policies of these names that a group has; none where there is no such group.
async fn policies_of(aws: &Aws, group: &str, names: Vec<String>) -> Result<Vec<sdk::ScalingPolicy>> {
    let mut found = Vec::new();
    for names in names.chunks(50) {
        let call = aws.autoscaling.describe_policies().auto_scaling_group_name(group);
        let call = call.set_policy_names(Some(names.to_vec())).max_records(100);
        match call.into_paginator().items().send().try_collect().await {
            Err(error) if error.as_service_error().is_some_and(is_absent) => return Ok(Vec::new()),
            other => found.extend(other.context("reading aws_autoscaling_policy (DescribePolicies)")?),
        }
    }
    Ok(found)
}

fn parts(id: &str) -> Result<(String, String)> {
    let parts = id.split_once('/').map(|(group, policy)| (group.to_owned(), policy.to_owned()));
    parts.filter(|(group, policy)| !group.is_empty() && !policy.is_empty()).ok_or_else(|| {
        let message = format!("\"{id}\" is no id of a group's policy");
        ProviderError::refused("reading aws_autoscaling_policy", message)
            .help("The id is the group's name, a slash, and the policy's name: `group/policy`.")
    })
}
