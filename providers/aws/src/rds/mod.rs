//! RDS: databases, clusters and their groups, and the idioms of its API.

mod check;
pub mod data_db_instance;
pub mod db_event_subscription;
pub mod db_instance;
pub mod db_parameter_group;
pub mod db_subnet_group;
mod instances;
mod parameters;
pub mod rds_cluster;
pub mod rds_cluster_instance;
pub mod rds_cluster_parameter_group;
#[cfg(test)]
mod scenarios;
mod wait;

use std::collections::BTreeSet;

use aws_sdk_rds::types::{self, CloudwatchLogsExportConfiguration, Filter, Tag};
use plumb_engine::Schema;
use plumb_engine::provider::PlannedChange;
use plumb_engine::provider::typed::Result;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::{Context, Tags, tags};

/// The secret in which RDS keeps the password of the master user.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MasterUserSecret {
    /// KMS key that encrypts the secret.
    #[attr(computed)]
    pub kms_key_id: Option<String>,
    /// ARN of the secret.
    #[attr(computed)]
    pub secret_arn: Option<String>,
    /// State of the secret: `active` when it can be used.
    #[attr(computed)]
    pub secret_status: Option<String>,
}

impl From<types::MasterUserSecret> for MasterUserSecret {
    fn from(it: types::MasterUserSecret) -> Self {
        Self { kms_key_id: it.kms_key_id, secret_arn: it.secret_arn, secret_status: it.secret_status }
    }
}

/// A filter on values of which one must match.
pub fn filter<V: Into<String>>(name: &str, values: impl IntoIterator<Item = V>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

/// Tags as calls take them.
pub fn sdk_tags(tags: &Tags) -> Option<Vec<Tag>> {
    Some(tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect())
}

/// Tags as an answer tells them.
pub fn observed_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags::observed(tags.unwrap_or_default().into_iter().map(|it| (it.key, it.value)))
}

/// Turns the tags `prior` of an object into `now`, with at most one call each for what is set and what is removed.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, arn: Option<&str>, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let call = aws.rds.remove_tags_from_resource().set_resource_name(arn.map(Into::into));
        let call = call.set_tag_keys(Some(diff.remove)).send();
        call.await.context("removing tags (RemoveTagsFromResource)")?;
    }
    if !diff.set.is_empty() {
        let call = aws.rds.add_tags_to_resource().set_resource_name(arn.map(Into::into));
        let call = call.set_tags(sdk_tags(&diff.set)).send();
        call.await.context("setting tags (AddTagsToResource)")?;
    }
    Ok(())
}

/// The tags of a group, of which a describe tells none. They cost one call per group, which is spared where the state
/// says that there are none.
///
/// # Errors
/// The call is refused.
pub async fn group_tags(aws: &Aws, arn: Option<&str>, prior: Option<&Tags>) -> Result<Tags> {
    if prior.is_some_and(Tags::is_empty) {
        return Ok(Tags::new());
    }
    let call = aws.rds.list_tags_for_resource().set_resource_name(arn.map(Into::into)).send();
    let answer = call.await.context("reading tags (ListTagsForResource)")?;
    Ok(observed_tags(answer.tag_list))
}

/// Two keys of which one may be an id and the other its ARN.
pub fn same_key(a: &str, b: &str) -> bool {
    let id = |key: &str| key.rsplit_once("key/").map_or(key.to_owned(), |(_, id)| id.to_owned());
    a == b || (!(a.starts_with("arn:") && b.starts_with("arn:")) && id(a) == id(b))
}

/// Two databases of which one may be an identifier and the other its ARN.
pub fn same_database(a: &str, b: &str) -> bool {
    let name = |text: &str| text.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
    a == b || (!(a.starts_with("arn:") && b.starts_with("arn:")) && name(a) == name(b))
}

/// Whether the engine version that is in use is the one that is asked for: `15` asks for any `15.4`.
pub fn is_version(asked: &str, actual: &str) -> bool {
    let rest = actual.strip_prefix(asked.trim_end_matches('.'));
    !asked.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The engine version to show: the words of the plan or the state while they ask for what is in use.
pub fn shown_version(prior: Option<&String>, actual: Option<&String>) -> Option<String> {
    let kept = prior.filter(|asked| actual.is_some_and(|actual| is_version(asked, actual)));
    kept.or(actual).cloned()
}

/// Keeps the version of the state in a plan that asks for what is in use already, however it was asked for before.
fn keep_version(change: &mut PlannedChange) {
    let text = |object: &Value, name: &str| object.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let (asked, actual) = (text(&change.planned, "engine_version"), text(&change.prior, "engine_version_actual"));
    if let (Some(asked), Some(actual), Some(prior)) = (asked, actual, change.prior.get("engine_version"))
        && is_version(&asked, &actual)
        && prior.as_str().is_some()
    {
        change.planned = change.planned.clone().with("engine_version", prior.clone());
    }
}

/// A text that is set; an empty one is not.
fn text(value: &Option<String>) -> Option<String> {
    value.clone().filter(|it| !it.is_empty())
}

/// Texts as calls take them; `None` where there are none.
fn texts<'a>(values: impl IntoIterator<Item = &'a String>) -> Option<Vec<String>> {
    let values: Vec<String> = values.into_iter().cloned().collect();
    (!values.is_empty()).then_some(values)
}

/// A number as calls take it.
fn int(value: impl Into<Option<i64>>) -> Option<i32> {
    value.into().map(|it| it as i32)
}

/// The new value of an argument that is set and has changed.
fn changed<T: PartialEq + Clone>(now: &Option<T>, prior: &Option<T>) -> Option<T> {
    now.clone().filter(|_| now != prior)
}

/// The new text of an argument that is set and has changed to something that means another thing.
fn changed_text(now: &Option<String>, prior: &Option<String>, same: fn(&str, &str) -> bool) -> Option<String> {
    text(now).filter(|now| !prior.as_ref().is_some_and(|prior| same(prior, now)))
}

/// The new value of a switch that is off when it is not set.
fn switched(now: Option<bool>, prior: Option<bool>) -> Option<bool> {
    let (now, prior) = (now.unwrap_or_default(), prior.unwrap_or_default());
    (now != prior).then_some(now)
}

/// Elements that there are now; `None` where nothing has changed or nothing is asked for.
fn changed_set(now: &BTreeSet<String>, prior: &BTreeSet<String>) -> Option<Vec<String>> {
    texts(now).filter(|_| now != prior)
}

/// Which logs to begin and to stop to export; `None` where nothing has changed.
fn log_exports(now: &BTreeSet<String>, prior: &BTreeSet<String>) -> Option<CloudwatchLogsExportConfiguration> {
    let change = CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types(texts(now.difference(prior)))
        .set_disable_log_types(texts(prior.difference(now)));
    (now != prior).then(|| change.build())
}

/// A time as RFC 3339 writes it.
fn time(value: Option<aws_smithy_types::DateTime>) -> Option<String> {
    value.and_then(|it| it.fmt(aws_smithy_types::date_time::Format::DateTime).ok())
}

/// A text in RFC 3339 as a time.
fn parsed_time(value: &Option<String>) -> Option<aws_smithy_types::DateTime> {
    let format = aws_smithy_types::date_time::Format::DateTimeWithOffset;
    value.as_ref().and_then(|it| aws_smithy_types::DateTime::from_str(it, format).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_asked_for_by_prefix() {
        assert!(is_version("15", "15.4"));
        assert!(is_version("15.4", "15.4"));
        assert!(is_version("8.0.mysql_aurora", "8.0.mysql_aurora.3.05.2"));
        assert!(!is_version("15.4", "15.40"));
        assert!(!is_version("15.4", "15"));
        assert!(!is_version("", "15"));
        let text = |it: &str| Some(it.to_owned());
        assert_eq!(shown_version(text("15").as_ref(), text("15.4").as_ref()), text("15"));
        assert_eq!(shown_version(text("15.3").as_ref(), text("15.4").as_ref()), text("15.4"));
        assert_eq!(shown_version(None, text("15.4").as_ref()), text("15.4"));
    }

    #[test]
    fn keys_and_databases_by_name_or_arn() {
        assert!(same_key("1234-ab", "arn:aws:kms:us-east-1:123456789012:key/1234-ab"));
        assert!(!same_key("1234-cd", "arn:aws:kms:us-east-1:123456789012:key/1234-ab"));
        assert!(same_database("arn:aws:rds:us-east-1:123456789012:db:main", "main"));
        let elsewhere = "arn:aws:rds:us-west-2:123456789012:db:main";
        assert!(!same_database("arn:aws:rds:us-east-1:123456789012:db:main", elsewhere));
    }

    #[test]
    fn exports_of_logs() {
        let set = |items: &[&str]| items.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(log_exports(&set(&["audit"]), &set(&["audit"])), None);
        let change = log_exports(&set(&["audit", "error"]), &set(&["error", "slowquery"])).unwrap();
        assert_eq!(change.enable_log_types(), ["audit"]);
        assert_eq!(change.disable_log_types(), ["slowquery"]);
    }

    #[test]
    fn times() {
        let parsed = parsed_time(&Some("2026-01-02T03:04:05+01:00".into()));
        assert_eq!(time(parsed).as_deref(), Some("2026-01-02T02:04:05Z"));
    }
}
