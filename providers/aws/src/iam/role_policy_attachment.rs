//! `aws_iam_role_policy_attachment`: a managed policy that a role has.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use serde::{Deserialize, Serialize};

use std::collections::{BTreeMap, BTreeSet};

use super::{ABSENT, PROPAGATION, TOO_EARLY};
use crate::client::Aws;
use crate::wire::{Absent, Context, each, patiently};

/// A managed policy that a role has. Its import id is `ROLE/POLICY_ARN`.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct RolePolicyAttachment {
    /// ARN of the policy.
    #[attr(force_new)]
    policy_arn: String,
    /// Name of the role.
    #[attr(force_new)]
    role: String,
}

impl Resource for RolePolicyAttachment {
    type Client = Aws;
    const TYPE: &'static str = "aws_iam_role_policy_attachment";
    const RECOGNITION: Recognition = Recognition::Arguments;

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = aws.iam.attach_role_policy().role_name(&self.role).policy_arn(&self.policy_arn);
        let sent = patiently(PROPAGATION, TOO_EARLY, || call.clone().send()).await;
        sent.context("creating aws_iam_role_policy_attachment (AttachRolePolicy)")?;
        creation.made(&self.id());
        Ok(Made::ready(self.id(), self.clone()))
    }

    /// One call per role, however many of its policies are asked for.
    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut roles: BTreeMap<String, Vec<(Id, String)>> = BTreeMap::new();
        for it in objects {
            let (role, arn) = parts(&it.id)?;
            roles.entry(role.to_owned()).or_default().push((it.id.clone(), arn.to_owned()));
        }
        let found = each(roles, |(role, wanted)| async move {
            let attached = attached(aws, &role).await?;
            let shown = wanted.into_iter().filter(|(_, arn)| attached.contains(arn));
            let state = |arn| Self { policy_arn: arn, role: role.clone() };
            Ok(shown.map(|(id, arn)| Observed::ready(id, state(arn))).collect::<Vec<_>>())
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let sent = aws.iam.detach_role_policy().role_name(&self.role).policy_arn(&self.policy_arn).send().await;
        sent.absent("deleting aws_iam_role_policy_attachment (DetachRolePolicy)", ABSENT).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        Ok(attached(aws, &self.role).await?.contains(&self.policy_arn).then(|| self.id()))
    }
}

impl RolePolicyAttachment {
    fn id(&self) -> Id {
        format!("{}/{}", self.role, self.policy_arn)
    }
}

/// ARNs of a role's managed policies; none where there is no such role.
async fn attached(aws: &Aws, role: &str) -> Result<BTreeSet<String>> {
    let mut pages = aws.iam.list_attached_role_policies().role_name(role).into_paginator().items().send();
    let mut arns = BTreeSet::new();
    while let Some(policy) = pages.next().await {
        let action = "reading aws_iam_role_policy_attachment (ListAttachedRolePolicies)";
        let Some(policy) = policy.absent(action, ABSENT)? else { break };
        arns.extend(policy.policy_arn);
    }
    Ok(arns)
}

fn parts(id: &str) -> Result<(&str, &str)> {
    id.split_once('/').filter(|(role, arn)| !role.is_empty() && arn.starts_with("arn:")).ok_or_else(|| {
        let message = format!("\"{id}\" is no id of a role's managed policy");
        ProviderError::refused("reading aws_iam_role_policy_attachment", message)
            .help("The id is the role's name, a slash, and the policy's ARN: `role/arn:aws:iam::aws:policy/NAME`.")
    })
}
