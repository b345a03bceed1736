//! Elastic Load Balancing v2: load balancers, target groups, listeners and rules, and the idioms of its API.

pub mod action;
pub mod data_lb;
pub mod data_lb_target_group;
pub mod lb;
mod lb_attributes;
pub mod lb_listener;
pub mod lb_listener_rule;
pub mod lb_target_group;
pub mod lb_target_group_attachment;
mod listener_attributes;
pub mod rule_condition;
mod target_group_attributes;

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, Tag, TargetGroup};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Absent, Context, Tags, each, pages, tags};

/// Codes of answers that mean that there is no such load balancer.
pub const LB_GONE: &[&str] = &["LoadBalancerNotFound", "LoadBalancerNotFoundException"];
/// Codes of answers that mean that there is no such target group.
pub const TARGET_GROUP_GONE: &[&str] = &["TargetGroupNotFound", "TargetGroupNotFoundException"];
/// Codes of answers that mean that there is no such listener or rule.
pub const LISTENER_GONE: &[&str] = &["ListenerNotFound", "RuleNotFound", "LoadBalancerNotFound"];

/// How many objects DescribeTags takes.
const TAGGED: usize = 20;

/// Attributes of a load balancer, listener or target group, by the API's keys.
pub type Attributes = BTreeMap<String, String>;

/// What of `now` differs from `then`, in order; what is no longer said stays as it is.
pub fn changed(now: BTreeMap<&'static str, String>, then: &BTreeMap<&'static str, String>) -> Vec<(String, String)> {
    let changed = now.into_iter().filter(|(key, value)| then.get(key) != Some(value));
    changed.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Load balancers by their ARNs: one call for one of them, else pages of all of the region, because an unknown ARN
/// would fail a call for several.
///
/// # Errors
/// A call is refused.
pub async fn load_balancers(aws: &Aws, arns: &[String]) -> Result<Vec<LoadBalancer>> {
    let action = "reading aws_lb (DescribeLoadBalancers)";
    if let [arn] = arns {
        let answer = aws.elbv2.describe_load_balancers().load_balancer_arns(arn).send().await;
        return Ok(answer.absent(action, LB_GONE)?.and_then(|it| it.load_balancers).unwrap_or_default());
    }
    let all: Vec<LoadBalancer> = pages!(aws.elbv2.describe_load_balancers(), action)?;
    Ok(all.into_iter().filter(|it| it.load_balancer_arn.as_ref().is_some_and(|it| arns.contains(it))).collect())
}

/// Target groups by their ARNs, as [`load_balancers`].
///
/// # Errors
/// A call is refused.
pub async fn target_groups(aws: &Aws, arns: &[String]) -> Result<Vec<TargetGroup>> {
    let action = "reading aws_lb_target_group (DescribeTargetGroups)";
    if let [arn] = arns {
        let answer = aws.elbv2.describe_target_groups().target_group_arns(arn).send().await;
        return Ok(answer.absent(action, TARGET_GROUP_GONE)?.and_then(|it| it.target_groups).unwrap_or_default());
    }
    let all: Vec<TargetGroup> = pages!(aws.elbv2.describe_target_groups(), action)?;
    Ok(all.into_iter().filter(|it| it.target_group_arn.as_ref().is_some_and(|it| arns.contains(it))).collect())
}

/// Tags of objects by their ARNs; objects that are gone meanwhile have none.
///
/// # Errors
/// A call is refused.
pub async fn tags_of(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, Tags>> {
    let chunks: Vec<Vec<String>> = arns.chunks(TAGGED).map(<[String]>::to_vec).collect();
    let found = each(chunks, |arns| async move {
        let answer = aws.elbv2.describe_tags().set_resource_arns(Some(arns)).send().await;
        let gone: Vec<&str> = LB_GONE.iter().chain(TARGET_GROUP_GONE).chain(LISTENER_GONE).copied().collect();
        let answer = answer.absent("reading tags (DescribeTags)", &gone)?;
        Ok(answer.and_then(|it| it.tag_descriptions).unwrap_or_default())
    });
    let found = found.await?.into_iter().flatten().filter_map(|it| {
        let tags = it.tags.unwrap_or_default().into_iter().map(|it| (it.key, it.value));
        Some((it.resource_arn?, tags::observed(tags)))
    });
    Ok(found.collect())
}

/// The one of several objects that has these tags, by its ARN. Without tags none is asked for.
///
/// # Errors
/// None has them, or several, or a call is refused.
pub async fn tagged_one(aws: &Aws, arns: Vec<String>, tags: &Tags, action: &str) -> Result<String> {
    let mut found = arns;
    if !tags.is_empty() {
        let all = tags_of(aws, &found).await?;
        let has = |of: &Tags| tags.iter().all(|(key, value)| of.get(key) == Some(value));
        found.retain(|arn| all.get(arn).is_some_and(has));
    }
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(ProviderError::refused(action, "nothing matches the arguments")
            .help("Check the name, the tags, the region and the account.")),
        (Some(_), others) => Err(ProviderError::refused(action, format!("{} objects match", others + 1))
            .help("Name one by `arn` or `name`, or add tags until one is left.")),
    }
}

/// Tags of a create; none where there are none, because an empty list is refused.
pub fn tags_on_create(tags: &Tags) -> Option<Vec<Tag>> {
    (!tags.is_empty()).then(|| sdk_tags(tags))
}

/// Turns the tags `prior` of an object into `now`.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, arn: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let call = aws.elbv2.remove_tags().resource_arns(arn).set_tag_keys(Some(diff.remove)).send();
        call.await.context("removing tags (RemoveTags)")?;
    }
    if !diff.set.is_empty() {
        let call = aws.elbv2.add_tags().resource_arns(arn).set_tags(Some(sdk_tags(&diff.set))).send();
        call.await.context("setting tags (AddTags)")?;
    }
    Ok(())
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// ARN of the object that a listener or rule belongs to: `…:listener/app/NAME/LB/ID` to
/// `…:loadbalancer/app/NAME/LB`, `…:listener-rule/app/NAME/LB/LISTENER/ID` to `…:listener/app/NAME/LB/LISTENER`.
pub fn parent(arn: &str) -> Option<String> {
    let (rest, _) = arn.rsplit_once('/')?;
    [(":listener-rule/", ":listener/"), (":listener/", ":loadbalancer/")]
        .iter()
        .find_map(|(own, parent)| rest.contains(own).then(|| rest.replacen(own, parent, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_tell_what_an_object_belongs_to() {
        let arn = |kind: &str| format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:{kind}");
        let parent = |kind: &str| parent(&arn(kind));
        assert_eq!(parent("listener-rule/app/a/1/2/3"), Some(arn("listener/app/a/1/2")));
        assert_eq!(parent("listener/net/a/1/2"), Some(arn("loadbalancer/net/a/1")));
        assert_eq!(parent("loadbalancer/net/a/1"), None);
    }
}
