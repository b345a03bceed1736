//! `aws_iam_policy`: a managed policy, which roles, users and groups can share.

use aws_sdk_iam::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use serde::{Deserialize, Serialize};

use super::{ABSENT, IN_USE, NAME_LENGTH, PROPAGATION, decoded, intent, observed_tags, sdk_tags};
use crate::client::Aws;
use crate::wire;
use crate::wire::{Absent, Context, Tags, arn, each, pages, patiently, same, tags};

/// Most versions that IAM keeps of a policy.
const MOST_VERSIONS: usize = 5;

/// A managed policy, which roles, users and groups can share. Its import id is its ARN.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Policy {
    /// ARN of the policy.
    #[attr(computed)]
    arn: Option<String>,
    /// How many roles, users and groups have the policy.
    #[attr(computed)]
    attachment_count: Option<i64>,
    /// What the policy is for; at most 1000 characters.
    #[attr(force_new)]
    description: Option<String>,
    /// Name of the policy, unique in the account; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    name_prefix: Option<String>,
    /// Path of the policy: begins and ends with `/`.
    #[attr(force_new, default = "/")]
    path: String,
    /// The policy as JSON. Policies that mean the same are no change. A change makes a new default version; of the
    /// five versions that IAM keeps, the oldest goes.
    #[attr(same = same::policy)]
    policy: String,
    /// Id of the policy that no later policy of the same name has.
    #[attr(computed)]
    policy_id: Option<String>,
    /// Tags of the policy.
    tags: Tags,
    /// Tags of the policy, those of the provider's `default_tags` included.
    #[attr(computed)]
    tags_all: Tags,
}

impl Resource for Policy {
    type Client = Aws;
    const TYPE: &'static str = "aws_iam_policy";
    const RECOGNITION: Recognition = Recognition::Tag;

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let tags = sdk_tags(&tags::with_intent(&self.tags_all, creation.key))?;
        let call = aws
            .iam
            .create_policy()
            .policy_name(self.chosen_name(creation.key))
            .path(&self.path)
            .set_description(self.description.clone())
            .policy_document(&self.policy)
            .set_tags(Some(tags));
        let made = call.send().await.context("creating aws_iam_policy (CreatePolicy)")?;
        let arn = made.policy.and_then(|it| it.arn).unwrap_or_default();
        creation.made(&arn);
        Ok(Made::id(arn))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |it| async move {
            let Some(policy) = policy(aws, &it.id).await? else { return Ok(None) };
            let version = policy.default_version_id.clone().unwrap_or_default();
            let sent = aws.iam.get_policy_version().policy_arn(&it.id).version_id(version).send().await;
            let Some(answer) = sent.absent("reading aws_iam_policy (GetPolicyVersion)", ABSENT)? else {
                return Ok(None);
            };
            let document = answer.policy_version.and_then(|it| it.document).unwrap_or_default();
            let name_prefix = it.state.as_ref().and_then(|it| it.name_prefix.clone());
            Ok(Some(Observed::ready(&it.id, Self { name_prefix, ..Self::observe(policy, &document) })))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if !same::policy(&self.policy, &prior.policy) {
            make_room(aws, id).await?;
            let call = aws.iam.create_policy_version().policy_arn(id).policy_document(&self.policy);
            call.set_as_default(true).send().await.context("updating aws_iam_policy (CreatePolicyVersion)")?;
        }
        let diff = tags::diff(&prior.tags_all, &self.tags_all);
        if !diff.remove.is_empty() {
            let call = aws.iam.untag_policy().policy_arn(id).set_tag_keys(Some(diff.remove));
            call.send().await.context("updating aws_iam_policy (UntagPolicy)")?;
        }
        if !diff.set.is_empty() {
            let call = aws.iam.tag_policy().policy_arn(id).set_tags(Some(sdk_tags(&diff.set)?));
            call.send().await.context("updating aws_iam_policy (TagPolicy)")?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        for version in versions(aws, id).await?.iter().filter(|it| !it.is_default_version) {
            delete_version(aws, id, version).await?;
        }
        let sent = patiently(PROPAGATION, IN_USE, || aws.iam.delete_policy().policy_arn(id).send()).await;
        sent.absent("deleting aws_iam_policy (DeletePolicy)", ABSENT).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = format!("policy{}{}", self.path, self.chosen_name(key));
        let arn = arn::arn(aws.partition.id, "iam", "", aws.account().await?, &name);
        let found = policy(aws, &arn).await?;
        Ok(found.filter(|it| intent(it.tags.as_deref()) == Some(key.as_str())).map(|_| arn))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.iam.list_policies().scope(types::PolicyScopeType::Local);
        let found = pages!(call, "listing aws_iam_policy (ListPolicies)")?;
        Ok(found.into_iter().filter_map(|it| it.arn).collect())
    }
}

impl Policy {
    fn chosen_name(&self, key: &IntentKey) -> String {
        wire::name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH)
    }

    fn observe(policy: types::Policy, document: &str) -> Self {
        Self {
            arn: policy.arn,
            attachment_count: policy.attachment_count.map(i64::from),
            description: policy.description.filter(|it| !it.is_empty()),
            name: policy.policy_name,
            path: policy.path.unwrap_or_default(),
            policy: decoded(document),
            policy_id: policy.policy_id,
            tags_all: observed_tags(policy.tags),
            ..Self::default()
        }
    }
}

async fn policy(aws: &Aws, arn: &str) -> Result<Option<types::Policy>> {
    let sent = aws.iam.get_policy().policy_arn(arn).send().await;
    Ok(sent.absent("reading aws_iam_policy (GetPolicy)", ABSENT)?.and_then(|it| it.policy))
}

async fn versions(aws: &Aws, arn: &str) -> Result<Vec<types::PolicyVersion>> {
    let mut pages = aws.iam.list_policy_versions().policy_arn(arn).into_paginator().items().send();
    let mut versions = Vec::new();
    while let Some(version) = pages.next().await {
        let Some(version) = version.absent("reading aws_iam_policy (ListPolicyVersions)", ABSENT)? else { break };
        versions.push(version);
    }
    Ok(versions)
}

/// Deletes the oldest version that is not the default where there is no room for another.
async fn make_room(aws: &Aws, arn: &str) -> Result<()> {
    let versions = versions(aws, arn).await?;
    if versions.len() < MOST_VERSIONS {
        return Ok(());
    }
    let others = versions.iter().filter(|it| !it.is_default_version);
    match others.min_by_key(|it| it.create_date.map(|it| it.secs())) {
        Some(oldest) => delete_version(aws, arn, oldest).await,
        None => Ok(()),
    }
}

async fn delete_version(aws: &Aws, arn: &str, version: &types::PolicyVersion) -> Result<()> {
    let call = aws.iam.delete_policy_version().policy_arn(arn).set_version_id(version.version_id.clone());
    call.send().await.absent("deleting a version of aws_iam_policy (DeletePolicyVersion)", ABSENT).map(drop)
}
