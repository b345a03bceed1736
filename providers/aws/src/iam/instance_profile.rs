//! `aws_iam_instance_profile`: what hands a role to EC2 instances.

use aws_sdk_iam::types;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use serde::{Deserialize, Serialize};

use super::{ABSENT, IN_USE, NAME_LENGTH, PROPAGATION, TOO_EARLY, intent, observed_tags, sdk_tags, time};
use crate::client::Aws;
use crate::wire;
use crate::wire::{Absent, Context, Tags, each, pages, patiently, retry, tags};

/// What hands a role to EC2 instances.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct InstanceProfile {
    /// ARN of the profile.
    #[attr(computed)]
    arn: Option<String>,
    /// When the profile was made, in RFC 3339.
    #[attr(computed)]
    create_date: Option<String>,
    /// Name of the profile, unique in the account; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    name_prefix: Option<String>,
    /// Path of the profile: begins and ends with `/`.
    #[attr(force_new, default = "/")]
    path: String,
    /// Name of the role that instances with this profile have.
    role: Option<String>,
    /// Tags of the profile.
    tags: Tags,
    /// Tags of the profile, those of the provider's `default_tags` included.
    #[attr(computed)]
    tags_all: Tags,
    /// Id of the profile that no later profile of the same name has.
    #[attr(computed)]
    unique_id: Option<String>,
}

impl Resource for InstanceProfile {
    type Client = Aws;
    const TYPE: &'static str = "aws_iam_instance_profile";
    const RECOGNITION: Recognition = Recognition::Tag;

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.chosen_name(creation.key);
        let tags = sdk_tags(&tags::with_intent(&self.tags_all, creation.key))?;
        let call = aws.iam.create_instance_profile().instance_profile_name(&name).path(&self.path);
        let sent = call.set_tags(Some(tags)).send().await;
        sent.context("creating aws_iam_instance_profile (CreateInstanceProfile)")?;
        creation.made(&name);
        if let Some(role) = &self.role {
            add_role(aws, &name, role).await?;
        }
        Ok(Made::id(name))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |it| async move {
            let profile = profile(aws, &it.id).await?;
            let name_prefix = it.state.as_ref().and_then(|it| it.name_prefix.clone());
            Ok(profile.map(|profile| Observed::ready(&it.id, Self { name_prefix, ..Self::observe(profile) })))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.role != prior.role {
            if let Some(role) = &prior.role {
                remove_role(aws, id, role).await?;
            }
            if let Some(role) = &self.role {
                add_role(aws, id, role).await?;
            }
        }
        let diff = tags::diff(&prior.tags_all, &self.tags_all);
        if !diff.remove.is_empty() {
            let call = aws.iam.untag_instance_profile().instance_profile_name(id).set_tag_keys(Some(diff.remove));
            call.send().await.context("updating aws_iam_instance_profile (UntagInstanceProfile)")?;
        }
        if !diff.set.is_empty() {
            let call = aws.iam.tag_instance_profile().instance_profile_name(id).set_tags(Some(sdk_tags(&diff.set)?));
            call.send().await.context("updating aws_iam_instance_profile (TagInstanceProfile)")?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if let Some(role) = &self.role {
            remove_role(aws, id, role).await?;
        }
        let call = aws.iam.delete_instance_profile().instance_profile_name(id);
        let sent = patiently(PROPAGATION, IN_USE, || call.clone().send()).await;
        sent.absent("deleting aws_iam_instance_profile (DeleteInstanceProfile)", ABSENT).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = self.chosen_name(key);
        let found = profile(aws, &name).await?;
        Ok(found.filter(|it| intent(it.tags.as_deref()) == Some(key.as_str())).map(|_| name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found =
            pages!(aws.iam.list_instance_profiles(), "listing aws_iam_instance_profile (ListInstanceProfiles)")?;
        Ok(found.into_iter().map(|it| it.instance_profile_name).collect())
    }
}

impl InstanceProfile {
    fn chosen_name(&self, key: &IntentKey) -> String {
        wire::name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH)
    }

    fn observe(profile: types::InstanceProfile) -> Self {
        Self {
            arn: Some(profile.arn),
            create_date: time(&profile.create_date),
            name: Some(profile.instance_profile_name),
            path: profile.path,
            role: profile.roles.into_iter().next().map(|it| it.role_name),
            tags_all: observed_tags(profile.tags),
            unique_id: Some(profile.instance_profile_id),
            ..Self::default()
        }
    }
}

async fn profile(aws: &Aws, name: &str) -> Result<Option<types::InstanceProfile>> {
    let sent = aws.iam.get_instance_profile().instance_profile_name(name).send().await;
    let answer = sent.absent("reading aws_iam_instance_profile (GetInstanceProfile)", ABSENT)?;
    Ok(answer.and_then(|it| it.instance_profile))
}

/// Returns once the profile shows the role, so that what depends on the profile finds it complete.
async fn add_role(aws: &Aws, name: &str, role: &str) -> Result<()> {
    let action = "setting the role of aws_iam_instance_profile (AddRoleToInstanceProfile)";
    let call = aws.iam.add_role_to_instance_profile().instance_profile_name(name).role_name(role);
    patiently(PROPAGATION, TOO_EARLY, || call.clone().send()).await.context(action)?;
    let shown = retry::until_found(PROPAGATION, async || {
        let profile = profile(aws, name).await?;
        Ok(profile.filter(|it| it.roles.iter().any(|it| it.role_name == role)))
    });
    let missing = || ProviderError::unanswered(action, format!("the profile {name} does not show the role {role} yet"));
    shown.await?.map(drop).ok_or_else(missing)
}

async fn remove_role(aws: &Aws, name: &str, role: &str) -> Result<()> {
    let call = aws.iam.remove_role_from_instance_profile().instance_profile_name(name).role_name(role);
    let action = "removing the role of aws_iam_instance_profile (RemoveRoleFromInstanceProfile)";
    call.send().await.absent(action, ABSENT).map(drop)
}
