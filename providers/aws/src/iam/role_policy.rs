//! `aws_iam_role_policy`: a policy that is part of a role.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use serde::{Deserialize, Serialize};

use super::{ABSENT, NAME_LENGTH, PROPAGATION, TOO_EARLY, decoded};
use crate::client::Aws;
use crate::wire;
use crate::wire::{Absent, Context, each, patiently, same};

/// A policy that is part of a role and goes with it. Its import id is `ROLE:NAME`.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct RolePolicy {
    /// Name of the policy, unique in the role; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    name_prefix: Option<String>,
    /// The policy as JSON. Policies that mean the same are no change.
    #[attr(same = same::policy)]
    policy: String,
    /// Name of the role.
    #[attr(force_new)]
    role: String,
}

impl Resource for RolePolicy {
    type Client = Aws;
    const TYPE: &'static str = "aws_iam_role_policy";
    const RECOGNITION: Recognition = Recognition::NaturalName;

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.chosen_name(creation.key);
        self.put(aws, &name).await?;
        let id = format!("{}:{name}", self.role);
        creation.made(&id);
        Ok(Made::ready(id, Self { name: Some(name), ..self.clone() }))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |it| async move {
            let (role, name) = parts(&it.id)?;
            let sent = aws.iam.get_role_policy().role_name(role).policy_name(name).send().await;
            let Some(answer) = sent.absent("reading aws_iam_role_policy (GetRolePolicy)", ABSENT)? else {
                return Ok(None);
            };
            let state = Self {
                name: Some(answer.policy_name),
                name_prefix: it.state.as_ref().and_then(|it| it.name_prefix.clone()),
                policy: decoded(&answer.policy_document),
                role: answer.role_name,
            };
            Ok(Some(Observed::ready(&it.id, state)))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, _prior: &Self) -> Result<()> {
        self.put(aws, parts(id)?.1).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let (role, name) = parts(id)?;
        let sent = aws.iam.delete_role_policy().role_name(role).policy_name(name).send().await;
        sent.absent("deleting aws_iam_role_policy (DeleteRolePolicy)", ABSENT).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = self.chosen_name(key);
        let sent = aws.iam.get_role_policy().role_name(&self.role).policy_name(&name).send().await;
        let found = sent.absent("finding aws_iam_role_policy (GetRolePolicy)", ABSENT)?;
        Ok(found.map(|_| format!("{}:{name}", self.role)))
    }
}

impl RolePolicy {
    fn chosen_name(&self, key: &IntentKey) -> String {
        wire::name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH)
    }

    async fn put(&self, aws: &Aws, name: &str) -> Result<()> {
        let call = aws.iam.put_role_policy().role_name(&self.role).policy_name(name).policy_document(&self.policy);
        let sent = patiently(PROPAGATION, TOO_EARLY, || call.clone().send()).await;
        sent.context("writing aws_iam_role_policy (PutRolePolicy)").map(drop)
    }
}

fn parts(id: &str) -> Result<(&str, &str)> {
    id.split_once(':').filter(|(role, name)| !role.is_empty() && !name.is_empty()).ok_or_else(|| {
        ProviderError::refused("reading aws_iam_role_policy", format!("\"{id}\" is no id of a role's policy"))
            .help("The id is the role's name, a colon, and the policy's name: `role:policy`.")
    })
}
