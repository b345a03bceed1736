//! `aws_ssm_parameter`: a named value.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{
    Parameter as SdkParameter, ParameterMetadata, ParameterStringFilter, ParameterTier, ParameterType,
    ResourceTypeForTagging, Tag,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, ids, plan, tags};

const GONE: &[&str] = &["ParameterNotFound", "InvalidResourceId"];
/// How many parameters GetParameters takes.
const NAMES: usize = 10;

/// A named value in the parameter store.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// Name; a path when it begins with `/`.
    #[attr(force_new)]
    pub name: String,
    /// `String`, `StringList` or `SecureString`, which is encrypted.
    pub r#type: String,
    /// The value; not shown.
    #[attr(optional, sensitive, conflicts_with("insecure_value", "value_wo"))]
    pub value: Option<String>,
    /// The value, shown in plans; not for a `SecureString`.
    #[attr(conflicts_with("value", "value_wo"))]
    pub insecure_value: Option<String>,
    /// The value, which the state does not keep; sent again when `value_wo_version` changes.
    #[attr(write_only, sensitive, conflicts_with("value", "insecure_value"))]
    pub value_wo: Option<String>,
    /// Version of `value_wo`: another number sends it again.
    pub value_wo_version: Option<i64>,
    /// What the value is for, at most 1024 characters.
    pub description: Option<String>,
    /// Regular expression that values must match.
    pub allowed_pattern: Option<String>,
    /// `text`, `aws:ec2:image` or `aws:ssm:integration`: how AWS checks the value.
    #[attr(optional, computed)]
    pub data_type: Option<String>,
    /// KMS key that encrypts a `SecureString`; the account's key for Systems Manager when left out.
    #[attr(optional, computed)]
    pub key_id: Option<String>,
    /// `Standard`, `Advanced` for values over 4 KB, or `Intelligent-Tiering`, which becomes one of both.
    #[attr(optional, computed, same = same_tier)]
    pub tier: Option<String>,
    /// Whether a create replaces a parameter that exists already.
    pub overwrite: Option<bool>,
    /// ARN of the parameter.
    #[attr(optional, computed)]
    pub arn: Option<String>,
    /// Whether the value was given as `value_wo`.
    #[attr(computed)]
    pub has_value_wo: Option<bool>,
    /// Version of the value.
    #[attr(computed)]
    pub version: Option<i64>,
    /// Tags of the parameter. They are read only while there are some and in an import, because it costs one call per
    /// parameter.
    pub tags: Tags,
    /// Tags of the parameter, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Parameter {
    type Client = Aws;
    const TYPE: &'static str = "aws_ssm_parameter";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = 50;
    const UNREADABLE: &'static [&'static str] = &["overwrite", "value_wo_version"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("type", &["String", "StringList", "SecureString"]);
        check.one_of("tier", &["Standard", "Advanced", "Intelligent-Tiering"]);
        check.one_of("data_type", &["text", "aws:ec2:image", "aws:ssm:integration"]);
        check.length("description", 1024).length("allowed_pattern", 1024).length("name", 2048);
        check.exactly_one(&["value", "insecure_value", "value_wo"]).needs("value_wo", "value_wo_version");
        if let Some(name) = check.text("name") {
            let allowed = |it: char| it.is_ascii_alphanumeric() || "_.-/".contains(it);
            let first = name.trim_start_matches('/').split('/').next().unwrap_or_default().to_ascii_lowercase();
            if name.is_empty() || !name.chars().all(allowed) {
                check.error("name", format!("is \"{name}\"; it takes letters, digits and the characters \"_.-/\"."));
            } else if name.contains('/') && !name.starts_with('/') {
                check.error("name", format!("is \"{name}\"; a path begins with \"/\"."));
            } else if first.starts_with("aws") || first.starts_with("ssm") {
                check.error("name", format!("is \"{name}\"; names that begin with \"aws\" or \"ssm\" are AWS's own."));
            }
        }
        let secure = check.text("type") == Some("SecureString");
        if secure && check.is_set("insecure_value") == Some(true) {
            check.error("insecure_value", "is not for a SecureString. Use \"value\" or \"value_wo\".");
        }
        if check.text("type").is_some() && !secure && check.is_set("key_id") == Some(true) {
            check.error("key_id", "is for a SecureString only. Remove it, or set type = \"SecureString\".");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        let followed =
            ["type", "value", "insecure_value", "value_wo_version", "description", "data_type", "key_id", "tier"];
        plan::follow(change, &followed, &["version"]);
        let write_only = change.config.get("value_wo").is_some_and(|it| !it.is_null());
        if change.planned.get("has_value_wo").is_some() {
            change.planned = change.planned.clone().with("has_value_wo", Value::from(write_only));
        }
        // AWS takes a parameter up a tier, and never down.
        let tier = |it: &Value| it.get("tier").and_then(Value::as_str).map(str::to_owned);
        if tier(&change.prior).as_deref() == Some("Advanced") && tier(&change.planned).as_deref() == Some("Standard") {
            plan::replace(change, "tier");
        }
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let overwrite = self.overwrite.unwrap_or_default();
        // Tags can be given to a new parameter only.
        let tags = (!overwrite && !self.tags_all.is_empty()).then(|| sdk_tags(&self.tags_all));
        let call = self.put(aws).overwrite(overwrite).set_tags(tags).send();
        call.await.context("creating aws_ssm_parameter (PutParameter)")?;
        creation.made(&self.name);
        if overwrite {
            retag(aws, &self.name, &Tags::new(), &self.tags_all).await?;
        }
        Ok(Made::id(self.name.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let names = ids(objects);
        let chunks: Vec<Vec<String>> = names.chunks(NAMES).map(<[String]>::to_vec).collect();
        let values = each(chunks, |names| async move {
            let call = aws.ssm.get_parameters().set_names(Some(names)).with_decryption(true).send();
            let answer = call.await.context("reading aws_ssm_parameter (GetParameters)")?;
            Ok(answer.parameters.unwrap_or_default())
        });
        let (values, details) = futures::try_join!(values, describe(aws, names.clone()))?;
        let mut details: BTreeMap<String, ParameterMetadata> =
            details.into_iter().filter_map(|it| Some((it.name.clone()?, it))).collect();
        let wanted = values.into_iter().flatten().filter_map(|value| {
            let details = details.remove(value.name.as_deref()?)?;
            let object = objects.iter().find(|it| Some(&it.id) == value.name.as_ref())?;
            Some((value, details, object.state.clone()))
        });
        each(wanted.collect::<Vec<_>>(), |(value, details, prior)| Self::observe(aws, value, details, prior)).await
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        // A write-only value is in no state: it is sent when its version says so, or when a change of something else
        // needs the whole parameter.
        if self.content() != prior.content() {
            let call = self.put(aws).overwrite(true).send();
            call.await.context("changing aws_ssm_parameter (PutParameter)")?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.ssm.delete_parameter().name(id).send().await;
        done.absent("deleting aws_ssm_parameter (DeleteParameter)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = describe(aws, vec![self.name.clone()]).await?;
        Ok(found.into_iter().find_map(|it| it.name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        Ok(describe(aws, Vec::new()).await?.into_iter().filter_map(|it| it.name).collect())
    }
}

impl Parameter {
    fn put(&self, aws: &Aws) -> aws_sdk_ssm::operation::put_parameter::builders::PutParameterFluentBuilder {
        let value = self.value.as_ref().or(self.insecure_value.as_ref()).or(self.value_wo.as_ref());
        aws.ssm
            .put_parameter()
            .name(&self.name)
            .r#type(ParameterType::from(self.r#type.as_str()))
            .set_value(value.cloned())
            .set_description(self.description.clone())
            .set_allowed_pattern(self.allowed_pattern.clone())
            .set_data_type(self.data_type.clone())
            .set_key_id(self.key_id.clone().filter(|it| self.r#type == "SecureString" && !it.is_empty()))
            .set_tier(self.tier.as_deref().map(ParameterTier::from))
    }

    /// What PutParameter sets, but for a value that no state has.
    fn content(&self) -> [Option<String>; 9] {
        [
            Some(self.r#type.clone()),
            self.value.clone(),
            self.insecure_value.clone(),
            self.value_wo_version.map(|it| it.to_string()),
            self.description.clone(),
            self.allowed_pattern.clone(),
            self.data_type.clone(),
            self.key_id.clone(),
            self.tier.clone(),
        ]
    }

    async fn observe(
        aws: &Aws,
        value: SdkParameter,
        details: ParameterMetadata,
        prior: Option<Self>,
    ) -> Result<Observed<Self>> {
        let name = value.name.unwrap_or_default();
        let tags_all = match prior.as_ref().is_none_or(|it| !it.tags_all.is_empty()) {
            true => observed_tags(aws, &name).await?,
            false => Tags::new(),
        };
        let secure = value.r#type == Some(ParameterType::SecureString);
        let hidden = prior.as_ref().is_some_and(|it| it.has_value_wo.unwrap_or_default() || it.value_wo.is_some());
        let open = !secure && prior.as_ref().is_some_and(|it| it.insecure_value.is_some());
        let (shown, secret) = match (hidden, open) {
            (true, _) => (None, None),
            (false, true) => (value.value, None),
            (false, false) => (None, value.value),
        };
        let state = Self {
            r#type: value.r#type.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            value: secret,
            insecure_value: shown,
            value_wo: None,
            value_wo_version: None,
            description: details.description,
            allowed_pattern: details.allowed_pattern,
            data_type: value.data_type.or(details.data_type),
            key_id: Some(details.key_id.unwrap_or_default()),
            tier: details.tier.map(|it| it.as_str().to_owned()),
            overwrite: None,
            arn: value.arn,
            has_value_wo: Some(hidden),
            version: Some(value.version),
            tags: Tags::new(),
            tags_all,
            name: name.clone(),
        };
        Ok(Observed::ready(name, state))
    }
}

/// Details of the parameters of these names; of all of them where none is named.
async fn describe(aws: &Aws, names: Vec<String>) -> Result<Vec<ParameterMetadata>> {
    let filter = (!names.is_empty()).then(|| {
        let filter = ParameterStringFilter::builder().key("Name").option("Equals").set_values(Some(names));
        vec![filter.build().expect("a filter has a key")]
    });
    let call = aws.ssm.describe_parameters().max_results(50).set_parameter_filters(filter);
    let mut pages = call.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page.context("reading aws_ssm_parameter (DescribeParameters)")?.parameters.unwrap_or_default());
    }
    Ok(found)
}

async fn observed_tags(aws: &Aws, name: &str) -> Result<Tags> {
    let call = aws.ssm.list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
    let answer = call.send().await.absent("reading aws_ssm_parameter (ListTagsForResource)", GONE)?;
    let tags = answer.and_then(|it| it.tag_list).unwrap_or_default();
    Ok(tags::observed(tags.into_iter().map(|it| (Some(it.key), Some(it.value)))))
}

async fn retag(aws: &Aws, name: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    let kind = ResourceTypeForTagging::Parameter;
    if !diff.remove.is_empty() {
        let call = aws.ssm.remove_tags_from_resource().resource_type(kind.clone()).resource_id(name);
        let call = call.set_tag_keys(Some(diff.remove)).send();
        call.await.context("removing tags (RemoveTagsFromResource)")?;
    }
    if !diff.set.is_empty() {
        let call = aws.ssm.add_tags_to_resource().resource_type(kind).resource_id(name);
        let call = call.set_tags(Some(sdk_tags(&diff.set))).send();
        call.await.context("setting tags (AddTagsToResource)")?;
    }
    Ok(())
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build().expect("a tag has a key and a value");
    tags.iter().map(tag).collect()
}

/// Intelligent-Tiering is shown as the tier that it has become.
fn same_tier(prior: &str, now: &str) -> bool {
    const ANY: &str = "Intelligent-Tiering";
    prior == now || prior == ANY || now == ANY
}
