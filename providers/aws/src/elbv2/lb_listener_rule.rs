//! `aws_lb_listener_rule`: what is done with some of a listener's requests.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{Rule, RulePriorityPair};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::action::{self, Action};
use super::rule_condition::{self, Condition, Transform};
use super::{LISTENER_GONE, parent, retag, tags_of, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, INTENT, Tags, code, each, ids, pages, patiently, tags, told};

/// The last place that a rule can have.
const LAST: i64 = 50_000;
/// How often a free place is looked for when others take places at the same time.
const ATTEMPTS: usize = 10;

/// A rule of a listener: the first one whose conditions a request meets decides.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct LbListenerRule {
    /// ARN of the listener.
    #[attr(force_new)]
    pub listener_arn: String,
    /// Place among the rules, 1 to 50000; behind all others when left out.
    #[attr(optional, computed)]
    pub priority: Option<i64>,
    /// What is done.
    #[block(list, min = 1)]
    pub action: Vec<Action>,
    /// Which requests the rule is about: all conditions must be met.
    #[block(set, min = 1)]
    pub condition: Vec<Condition>,
    /// How requests are rewritten.
    #[block(set, max = 2)]
    pub transform: Vec<Transform>,
    /// ARN of the rule.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Tags of the rule.
    pub tags: Tags,
    /// Tags of the rule, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for LbListenerRule {
    type Client = Aws;
    const TYPE: &'static str = "aws_lb_listener_rule";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.range("priority", 1, LAST);
        let mut found = check.found();
        found.extend(action::validate(config, "action"));
        found.extend(rule_condition::validate(config));
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_lb_listener_rule (CreateRule)";
        let conditions = self.condition.iter().map(Condition::sdk).collect();
        let transforms: Vec<_> = self.transform.iter().map(Transform::sdk).collect();
        let call = aws
            .elbv2
            .create_rule()
            .listener_arn(&self.listener_arn)
            .set_actions(Some(action::sdk(&self.action)))
            .set_conditions(Some(conditions))
            .set_transforms((!transforms.is_empty()).then_some(transforms))
            .set_tags(tags_on_create(&tags::with_intent(&self.tags_all, creation.key)));
        for _ in 0..ATTEMPTS {
            let priority = match self.priority {
                Some(priority) => priority,
                None => next_priority(aws, &self.listener_arn).await?,
            };
            let made = call.clone().priority(priority as i32).send().await;
            let taken = made.as_ref().is_err_and(|error| code(error) == Some("PriorityInUse"));
            if taken && self.priority.is_none() {
                continue;
            }
            let made = made.context(action)?.rules.and_then(|it| it.into_iter().next());
            return told(made.and_then(|it| it.rule_arn), action).map(Made::id);
        }
        Err(ProviderError::refused(action, format!("no free place among the rules was found in {ATTEMPTS} attempts"))
            .help("Set \"priority\"."))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        // One call per listener: a call for rules by their ARNs fails when one is gone.
        let listeners: BTreeSet<String> = objects.iter().filter_map(|it| parent(&it.id)).collect();
        let found = each(listeners, |listener| async move {
            Ok(of_listener(aws, &listener).await?.into_iter().map(|it| (listener.clone(), it)).collect::<Vec<_>>())
        });
        let found = found.await?.into_iter().flatten();
        let mut found: BTreeMap<String, (String, Rule)> =
            found.filter_map(|(listener, it)| Some((it.rule_arn.clone()?, (listener, it)))).collect();
        found.retain(|arn, _| objects.iter().any(|it| it.id == *arn));
        let mut tags = tags_of(aws, &ids(objects)).await?;
        let seen = objects.iter().filter_map(|object| {
            let (listener_arn, rule) = found.remove(&object.id)?;
            let prior = object.state.as_ref().map(|it| it.action.as_slice());
            let state = Self {
                listener_arn,
                priority: rule.priority.and_then(|it| it.parse().ok()),
                action: action::observe(rule.actions, prior),
                condition: rule.conditions.into_iter().flatten().map(Condition::observe).collect(),
                transform: rule.transforms.into_iter().flatten().map(Transform::observe).collect(),
                arn: Some(object.id.clone()),
                tags: Tags::new(),
                tags_all: tags.remove(&object.id).unwrap_or_default(),
            };
            Some(Observed::ready(&object.id, state))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if let Some(priority) = self.priority.filter(|it| Some(*it) != prior.priority) {
            let pair = RulePriorityPair::builder().rule_arn(id).priority(priority as i32).build();
            let call = || aws.elbv2.set_rule_priorities().rule_priorities(pair.clone()).send();
            // Another rule may be about to leave this place.
            let done = patiently(std::time::Duration::from_secs(30), &["PriorityInUse"], call).await;
            done.context("changing aws_lb_listener_rule (SetRulePriorities)")?;
        }
        let content = |it: &Self| (it.action.clone(), it.condition.clone(), it.transform.clone());
        if content(self) != content(prior) {
            let transforms: Vec<_> = self.transform.iter().map(Transform::sdk).collect();
            let reset = transforms.is_empty() && !prior.transform.is_empty();
            let call = aws
                .elbv2
                .modify_rule()
                .rule_arn(id)
                .set_actions(Some(action::sdk(&self.action)))
                .set_conditions(Some(self.condition.iter().map(Condition::sdk).collect()))
                .set_transforms((!transforms.is_empty()).then_some(transforms))
                .set_reset_transforms(reset.then_some(true));
            call.send().await.context("changing aws_lb_listener_rule (ModifyRule)")?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.elbv2.delete_rule().rule_arn(id).send().await;
        done.absent("deleting aws_lb_listener_rule (DeleteRule)", LISTENER_GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let rules = of_listener(aws, &self.listener_arn).await?;
        let arns: Vec<String> = rules.into_iter().filter_map(|it| it.rule_arn).collect();
        for arns in arns.chunks(20) {
            let answer = aws.elbv2.describe_tags().set_resource_arns(Some(arns.to_vec())).send().await;
            let answer = answer.context("finding aws_lb_listener_rule (DescribeTags)")?;
            let ours = answer.tag_descriptions.into_iter().flatten().find(|it| {
                let mut tags = it.tags.iter().flatten();
                tags.any(|it| it.key.as_deref() == Some(INTENT) && it.value.as_deref() == Some(key.as_str()))
            });
            if let Some(arn) = ours.and_then(|it| it.resource_arn) {
                return Ok(Some(arn));
            }
        }
        Ok(None)
    }
}

/// All rules of a listener; none where it is gone.
async fn of_listener(aws: &Aws, listener: &str) -> Result<Vec<Rule>> {
    let call = aws.elbv2.describe_rules().listener_arn(listener);
    let found = pages!(call, absent "reading aws_lb_listener_rule (DescribeRules)", LISTENER_GONE)?;
    Ok(found.unwrap_or_default())
}

/// The place behind all rules of a listener.
async fn next_priority(aws: &Aws, listener: &str) -> Result<i64> {
    let rules = of_listener(aws, listener).await?;
    let places = rules.iter().filter_map(|it| it.priority.as_deref()?.parse::<i64>().ok());
    let next = places.max().unwrap_or(0) + 1;
    if next <= LAST {
        return Ok(next);
    }
    let message = format!("the last rule of {listener} has the last place, {LAST}");
    Err(ProviderError::refused("creating aws_lb_listener_rule", message).help("Set \"priority\" to a free place."))
}
