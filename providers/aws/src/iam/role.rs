//! `aws_iam_role`: an identity that services and people take on, with the permissions of its policies.

use std::collections::BTreeSet;

use aws_sdk_iam::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use serde::{Deserialize, Serialize};

use super::{ABSENT, IN_USE, PROPAGATION, ROLE_NAME_LENGTH, decoded, intent, observed_tags, sdk_tags, time};
use crate::client::Aws;
use crate::wire;
use crate::wire::{Absent, Context, Tags, each, pages, patiently, retry, same, tags};

/// An identity that services and people take on, with the permissions of its policies.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Role {
    /// ARN of the role.
    #[attr(computed)]
    arn: Option<String>,
    /// Trust policy: who may take on the role, as JSON. Policies that mean the same are no change.
    #[attr(same = same::policy)]
    assume_role_policy: String,
    /// When the role was made, in RFC 3339.
    #[attr(computed)]
    create_date: Option<String>,
    /// What the role is for; at most 1000 characters.
    description: Option<String>,
    /// Whether policies that something else attached to the role are taken off before it is deleted.
    #[attr(default = false)]
    force_detach_policies: bool,
    /// ARNs of all managed policies that the role has; others are taken off. They are read only when this is set.
    #[attr(optional, computed, deprecated = "Use aws_iam_role_policy_attachment, one for each policy.")]
    managed_policy_arns: BTreeSet<String>,
    /// Longest session, in seconds: 3600 to 43200.
    #[attr(default = 3600)]
    max_session_duration: i64,
    /// Name of the role, unique in the account; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    name: Option<String>,
    /// What a made-up name begins with; at most 38 characters.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    name_prefix: Option<String>,
    /// Path of the role: begins and ends with `/`.
    #[attr(force_new, default = "/")]
    path: String,
    /// ARN of the policy that limits what the role's own policies may allow.
    permissions_boundary: Option<String>,
    /// Tags of the role.
    tags: Tags,
    /// Tags of the role, those of the provider's `default_tags` included.
    #[attr(computed)]
    tags_all: Tags,
    /// Id of the role that no later role of the same name has.
    #[attr(computed)]
    unique_id: Option<String>,
    /// All policies that are part of the role; others are deleted. One empty block means none. They are read only
    /// when this is set. Use `aws_iam_role_policy` instead.
    #[block(set, computed)]
    inline_policy: Vec<InlinePolicy>,
}

/// A policy that is part of the role.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct InlinePolicy {
    /// Name of the policy in the role.
    name: Option<String>,
    /// The policy as JSON.
    #[attr(same = same::policy)]
    policy: Option<String>,
}

impl Resource for Role {
    type Client = Aws;
    const TYPE: &'static str = "aws_iam_role";
    const RECOGNITION: Recognition = Recognition::Tag;

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.chosen_name(creation.key);
        let tags = sdk_tags(&tags::with_intent(&self.tags_all, creation.key))?;
        let call = aws
            .iam
            .create_role()
            .role_name(&name)
            .assume_role_policy_document(&self.assume_role_policy)
            .set_description(self.description.clone().filter(|it| !it.is_empty()))
            .max_session_duration(self.max_session_duration as i32)
            .path(&self.path)
            .set_permissions_boundary(self.permissions_boundary.clone())
            .set_tags(Some(tags));
        let sent = retry::while_error(PROPAGATION, super::unknown_principal, || call.clone().send()).await;
        let made = sent.context("creating aws_iam_role (CreateRole)")?;
        creation.made(&name);
        self.put_inline_policies(aws, &name, &[]).await?;
        self.attach_policies(aws, &name, &BTreeSet::new()).await?;
        Ok(match made.role {
            Some(role) => Made::ready(&name, self.observe(role, Some(self.inline_policy.clone()), None)),
            None => Made::id(name),
        })
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |it| async move {
            let answer = aws.iam.get_role().role_name(&it.id).send().await;
            let Some(role) = answer.absent("reading aws_iam_role (GetRole)", ABSENT)?.and_then(|it| it.role) else {
                return Ok(None);
            };
            let prior = it.state.clone().unwrap_or_default();
            let inline = if prior.inline_policy.is_empty() { None } else { Some(inline_policies(aws, &it.id).await?) };
            let attached =
                if prior.managed_policy_arns.is_empty() { None } else { Some(attached_policies(aws, &it.id).await?) };
            Ok(Some(Observed::ready(&it.id, prior.observe(role, inline, attached))))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if !same::policy(&self.assume_role_policy, &prior.assume_role_policy) {
            let call = aws.iam.update_assume_role_policy().role_name(id).policy_document(&self.assume_role_policy);
            let sent = retry::while_error(PROPAGATION, super::unknown_principal, || call.clone().send()).await;
            sent.context("updating aws_iam_role (UpdateAssumeRolePolicy)")?;
        }
        if self.description != prior.description || self.max_session_duration != prior.max_session_duration {
            let call = aws.iam.update_role().role_name(id).max_session_duration(self.max_session_duration as i32);
            let call = call.description(self.description.as_deref().unwrap_or_default());
            call.send().await.context("updating aws_iam_role (UpdateRole)")?;
        }
        if self.permissions_boundary != prior.permissions_boundary {
            self.set_boundary(aws, id).await?;
        }
        self.put_inline_policies(aws, id, &prior.inline_policy).await?;
        self.attach_policies(aws, id, &prior.managed_policy_arns).await?;
        let diff = tags::diff(&prior.tags_all, &self.tags_all);
        if !diff.remove.is_empty() {
            let call = aws.iam.untag_role().role_name(id).set_tag_keys(Some(diff.remove));
            call.send().await.context("updating aws_iam_role (UntagRole)")?;
        }
        if !diff.set.is_empty() {
            let call = aws.iam.tag_role().role_name(id).set_tags(Some(sdk_tags(&diff.set)?));
            call.send().await.context("updating aws_iam_role (TagRole)")?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        leave_instance_profiles(aws, id).await?;
        if self.force_detach_policies || !self.managed_policy_arns.is_empty() {
            detach(aws, id, attached_policies(aws, id).await?).await?;
        }
        if self.force_detach_policies || !self.inline_policy.is_empty() {
            delete_inline(aws, id, inline_policy_names(aws, id).await?).await?;
        }
        let sent = patiently(PROPAGATION, IN_USE, || aws.iam.delete_role().role_name(id).send()).await;
        sent.absent("deleting aws_iam_role (DeleteRole)", ABSENT).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = self.chosen_name(key);
        let sent = aws.iam.get_role().role_name(&name).send().await;
        let role = sent.absent("finding aws_iam_role (GetRole)", ABSENT)?.and_then(|it| it.role);
        Ok(role.filter(|it| intent(it.tags.as_deref()) == Some(key.as_str())).map(|_| name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = pages!(aws.iam.list_roles(), "listing aws_iam_role (ListRoles)")?;
        Ok(found.into_iter().map(|it| it.role_name).collect())
    }
}

impl Role {
    fn chosen_name(&self, key: &IntentKey) -> String {
        wire::name(self.name.as_deref(), self.name_prefix.as_deref(), key, ROLE_NAME_LENGTH)
    }

    /// What an answer shows; `self` is what the state says. Policies are `None` where they were not asked for.
    fn observe(
        &self,
        role: types::Role,
        inline: Option<Vec<InlinePolicy>>,
        attached: Option<BTreeSet<String>>,
    ) -> Self {
        let inline_policy = match inline {
            Some(found) if found.is_empty() && self.inline_policy.iter().all(InlinePolicy::is_empty) => {
                self.inline_policy.clone()
            }
            Some(found) => found,
            None => self.inline_policy.clone(),
        };
        Self {
            arn: Some(role.arn),
            assume_role_policy: role.assume_role_policy_document.as_deref().map(decoded).unwrap_or_default(),
            create_date: time(&role.create_date),
            description: role.description.filter(|it| !it.is_empty()),
            managed_policy_arns: attached.unwrap_or_else(|| self.managed_policy_arns.clone()),
            max_session_duration: role.max_session_duration.map_or(3600, i64::from),
            name_prefix: self.name_prefix.clone(),
            name: Some(role.role_name),
            path: role.path,
            permissions_boundary: role.permissions_boundary.and_then(|it| it.permissions_boundary_arn),
            tags_all: observed_tags(role.tags),
            unique_id: Some(role.role_id),
            inline_policy,
            ..self.clone()
        }
    }

    async fn set_boundary(&self, aws: &Aws, id: &str) -> Result<()> {
        match &self.permissions_boundary {
            Some(arn) => {
                let call = aws.iam.put_role_permissions_boundary().role_name(id).permissions_boundary(arn);
                call.send().await.context("updating aws_iam_role (PutRolePermissionsBoundary)").map(drop)
            }
            None => {
                let call = aws.iam.delete_role_permissions_boundary().role_name(id).send().await;
                call.absent("updating aws_iam_role (DeleteRolePermissionsBoundary)", ABSENT).map(drop)
            }
        }
    }

    async fn put_inline_policies(&self, aws: &Aws, id: &str, prior: &[InlinePolicy]) -> Result<()> {
        let wanted: Vec<(&str, &str)> = self.inline_policy.iter().filter_map(InlinePolicy::parts).collect();
        let gone = prior.iter().filter_map(InlinePolicy::parts).map(|it| it.0);
        let gone = gone.filter(|name| !wanted.iter().any(|it| it.0 == *name)).map(str::to_owned);
        delete_inline(aws, id, gone.collect()).await?;
        for (name, policy) in wanted {
            let unchanged = |it: (&str, &str)| it.0 == name && same::policy(it.1, policy);
            if !prior.iter().filter_map(InlinePolicy::parts).any(unchanged) {
                let call = aws.iam.put_role_policy().role_name(id).policy_name(name).policy_document(policy);
                call.send().await.context("updating aws_iam_role (PutRolePolicy)")?;
            }
        }
        Ok(())
    }

    async fn attach_policies(&self, aws: &Aws, id: &str, prior: &BTreeSet<String>) -> Result<()> {
        detach(aws, id, prior.difference(&self.managed_policy_arns).cloned().collect()).await?;
        for arn in self.managed_policy_arns.difference(prior) {
            let call = aws.iam.attach_role_policy().role_name(id).policy_arn(arn);
            call.send().await.context("updating aws_iam_role (AttachRolePolicy)")?;
        }
        Ok(())
    }
}

impl InlinePolicy {
    fn parts(&self) -> Option<(&str, &str)> {
        Some((self.name.as_deref().filter(|it| !it.is_empty())?, self.policy.as_deref()?))
    }

    fn is_empty(&self) -> bool {
        self.parts().is_none()
    }
}

async fn inline_policy_names(aws: &Aws, role: &str) -> Result<Vec<String>> {
    let mut pages = aws.iam.list_role_policies().role_name(role).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(name) = pages.next().await {
        let Some(name) = name.absent("reading aws_iam_role (ListRolePolicies)", ABSENT)? else { break };
        names.push(name);
    }
    Ok(names)
}

async fn inline_policies(aws: &Aws, role: &str) -> Result<Vec<InlinePolicy>> {
    each(inline_policy_names(aws, role).await?, |name: String| async move {
        let sent = aws.iam.get_role_policy().role_name(role).policy_name(&name).send().await;
        let answer = sent.context("reading aws_iam_role (GetRolePolicy)")?;
        Ok(InlinePolicy { name: Some(name), policy: Some(decoded(&answer.policy_document)) })
    })
    .await
}

async fn attached_policies(aws: &Aws, role: &str) -> Result<BTreeSet<String>> {
    let mut pages = aws.iam.list_attached_role_policies().role_name(role).into_paginator().items().send();
    let mut arns = BTreeSet::new();
    while let Some(policy) = pages.next().await {
        let action = "reading aws_iam_role (ListAttachedRolePolicies)";
        let Some(policy) = policy.absent(action, ABSENT)? else { break };
        arns.extend(policy.policy_arn);
    }
    Ok(arns)
}

async fn detach(aws: &Aws, role: &str, arns: BTreeSet<String>) -> Result<()> {
    for arn in arns {
        let sent = aws.iam.detach_role_policy().role_name(role).policy_arn(arn).send().await;
        sent.absent("detaching a policy of aws_iam_role (DetachRolePolicy)", ABSENT)?;
    }
    Ok(())
}

async fn delete_inline(aws: &Aws, role: &str, names: Vec<String>) -> Result<()> {
    for name in names {
        let sent = aws.iam.delete_role_policy().role_name(role).policy_name(name).send().await;
        sent.absent("deleting a policy of aws_iam_role (DeleteRolePolicy)", ABSENT)?;
    }
    Ok(())
}

/// A role that is in an instance profile cannot be deleted.
async fn leave_instance_profiles(aws: &Aws, role: &str) -> Result<()> {
    let mut pages = aws.iam.list_instance_profiles_for_role().role_name(role).into_paginator().items().send();
    while let Some(profile) = pages.next().await {
        let action = "deleting aws_iam_role (ListInstanceProfilesForRole)";
        let Some(profile) = profile.absent(action, ABSENT)? else { break };
        let call = aws.iam.remove_role_from_instance_profile().role_name(role);
        let sent = call.instance_profile_name(profile.instance_profile_name).send().await;
        sent.absent("deleting aws_iam_role (RemoveRoleFromInstanceProfile)", ABSENT)?;
    }
    Ok(())
}
