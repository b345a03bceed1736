//! `aws_secretsmanager_secret`: a secret without its value.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_secretsmanager::operation::create_secret::CreateSecretOutput;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::primitives::DateTimeFormat;
use aws_sdk_secretsmanager::types::{ReplicaRegionType, ReplicationStatusType, StatusType};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{GONE, is_marked, observed_tags, retag, sdk_tags};
use crate::client::Aws;
use crate::wire::name::SUFFIX;
use crate::wire::retry::while_error;
use crate::wire::{Absent, Check, Context, Tags, each, name, patiently, prefix, same, some, told};

/// Longest name.
const NAME: usize = 512;
/// How long the name of a secret that was deleted for good may still be taken.
const NAME_TAKEN: Duration = Duration::from_secs(120);
/// What AWS says of a policy with a principal that was just made.
const PRINCIPAL_NOT_YET: &[&str] = &["MalformedPolicyDocumentException"];

/// A secret: its name, key and policy. Its value is an `aws_secretsmanager_secret_version`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Secret {
    /// Name: letters, digits and the characters `/_+=.@-`. One is made up when neither it nor `name_prefix` is set.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// What the secret is for.
    pub description: Option<String>,
    /// Key that encrypts values; the account's key for Secrets Manager when left out.
    pub kms_key_id: Option<String>,
    /// Policy in JSON of who may read the secret besides what their own policies allow. It is read only while it is
    /// set and in an import, because it costs a call of its own; `{}` removes it.
    #[attr(optional, computed, same = same::policy)]
    pub policy: Option<String>,
    /// Days for which a deleted secret can be restored, 7 to 30; 0 to delete it at once.
    #[attr(default = 30)]
    pub recovery_window_in_days: i64,
    /// Whether secrets of the same name in the regions of replicas are overwritten.
    #[attr(default = false)]
    pub force_overwrite_replica_secret: bool,
    /// Copies in other regions.
    #[block(set, computed)]
    pub replica: Vec<Replica>,
    /// ARN of the secret, the same as `id`.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Tags of the secret.
    pub tags: Tags,
    /// Tags of the secret, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// A copy of a secret in another region.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Replica {
    /// The region.
    #[attr(required)]
    pub region: String,
    /// Key of that region that encrypts values; the account's key for Secrets Manager when left out.
    #[attr(optional, computed)]
    pub kms_key_id: Option<String>,
    /// Day on which the copy was last read.
    #[attr(computed)]
    pub last_accessed_date: Option<String>,
    /// State: `InSync`, `InProgress` or `Failed`.
    #[attr(computed)]
    pub status: Option<String>,
    /// What AWS says of the state.
    #[attr(computed)]
    pub status_message: Option<String>,
}

impl Resource for Secret {
    type Client = Aws;
    const TYPE: &'static str = "aws_secretsmanager_secret";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const POLL: Duration = Duration::from_secs(2);
    const UNREADABLE: &'static [&'static str] = &["recovery_window_in_days", "force_overwrite_replica_secret"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("name", NAME).length("name_prefix", NAME - SUFFIX).length("description", 2048).json("policy");
        for argument in ["name", "name_prefix"] {
            let allowed = |it: char| it.is_ascii_alphanumeric() || "/_+=.@-".contains(it);
            if let Some(text) = check.text(argument).filter(|it| !it.chars().all(allowed)) {
                let detail = format!("is \"{text}\"; it takes letters, digits and the characters \"/_+=.@-\".");
                check.error(argument, detail);
            }
        }
        if let Some(days) = check.number("recovery_window_in_days").filter(|it| *it != 0 && !(7..=30).contains(it)) {
            check.error("recovery_window_in_days", format!("is {days}; it is 7 to 30, or 0 to delete at once."));
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = name(self.name.as_deref(), self.name_prefix.as_deref(), creation.key, NAME);
        let id = told(self.send(aws, &name).await?.arn, "creating aws_secretsmanager_secret (CreateSecret)")?;
        creation.made(&id);
        self.set_policy(aws, &id).await?;
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |object| async move {
            let call = aws.secretsmanager.describe_secret().secret_id(&object.id).send();
            let found = call.await.absent("reading aws_secretsmanager_secret (DescribeSecret)", GONE)?;
            match found.filter(|it| it.deleted_date.is_none()) {
                Some(found) => Self::observe(aws, found, object).await.map(Some),
                None => Ok(None),
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.change_replicas(aws, id, prior).await?;
        if (&self.description, &self.kms_key_id) != (&prior.description, &prior.kms_key_id) {
            let call = aws.secretsmanager.update_secret().secret_id(id);
            let call = call.description(self.description.clone().unwrap_or_default());
            let key = self.kms_key_id.clone().filter(|_| self.kms_key_id != prior.kms_key_id);
            call.set_kms_key_id(key).send().await.context("changing aws_secretsmanager_secret (UpdateSecret)")?;
        }
        if self.policy != prior.policy {
            self.set_policy(aws, id).await?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let none = Self::default();
        none.change_replicas(aws, id, self).await?;
        let days = Some(self.recovery_window_in_days).filter(|it| *it > 0);
        let call = aws.secretsmanager.delete_secret().secret_id(id).set_recovery_window_in_days(days);
        let done = call.set_force_delete_without_recovery(days.is_none().then_some(true)).send().await;
        if done.as_ref().is_err_and(|it| it.as_service_error().is_some_and(is_marked)) {
            return Ok(());
        }
        done.absent("deleting aws_secretsmanager_secret (DeleteSecret)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME);
        let found = aws.secretsmanager.describe_secret().secret_id(name).send().await;
        let found = found.absent("finding aws_secretsmanager_secret (DescribeSecret)", GONE)?;
        Ok(found.filter(|it| it.deleted_date.is_none()).and_then(|it| it.arn))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let mut pages = aws.secretsmanager.list_secrets().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.context("listing aws_secretsmanager_secret (ListSecrets)")?;
            found.extend(page.secret_list.unwrap_or_default());
        }
        // Those that services keep come and go with what they are for.
        Ok(found.into_iter().filter(|it| it.owning_service.is_none()).filter_map(|it| it.arn).collect())
    }
}

impl Secret {
    async fn send(&self, aws: &Aws, name: &str) -> Result<CreateSecretOutput> {
        let action = "creating aws_secretsmanager_secret (CreateSecret)";
        let replicas: Vec<_> = self.replica.iter().map(Replica::sdk).collect();
        let call = aws
            .secretsmanager
            .create_secret()
            .name(name)
            .set_description(self.description.clone())
            .set_kms_key_id(self.kms_key_id.clone().filter(|it| !it.is_empty()))
            .set_add_replica_regions(some(&replicas))
            .set_force_overwrite_replica_secret((!replicas.is_empty()).then_some(self.force_overwrite_replica_secret))
            .set_tags(sdk_tags(&self.tags_all));
        let made = while_error(NAME_TAKEN, is_marked, || call.clone().send()).await;
        let waits = made.as_ref().is_err_and(|it| it.as_service_error().is_some_and(is_marked));
        made.context(action).map_err(|error| match waits {
            true => error.help(
                "A secret of this name was deleted and can still be restored. Restore it (`aws secretsmanager \
                 restore-secret`) and import it, delete it for good (`aws secretsmanager delete-secret \
                 --force-delete-without-recovery`), or choose another name.",
            ),
            false => error,
        })
    }

    /// Sets the policy, or removes it where there is to be none.
    async fn set_policy(&self, aws: &Aws, id: &str) -> Result<()> {
        let Some(policy) = self.policy.as_ref().filter(|it| !it.is_empty()) else { return Ok(()) };
        if same::json(policy, "{}") {
            let done = aws.secretsmanager.delete_resource_policy().secret_id(id).send().await;
            return done.context("changing aws_secretsmanager_secret (DeleteResourcePolicy)").map(drop);
        }
        let call = aws.secretsmanager.put_resource_policy().secret_id(id).resource_policy(policy);
        let done = patiently(NAME_TAKEN, PRINCIPAL_NOT_YET, || call.clone().send()).await;
        done.context("changing aws_secretsmanager_secret (PutResourcePolicy)").map(drop)
    }

    async fn change_replicas(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let keys = |it: &Self| -> BTreeMap<String, Option<String>> {
            it.replica.iter().map(|it| (it.region.clone(), it.kms_key_id.clone())).collect()
        };
        let (now, before) = (keys(self), keys(prior));
        let removed: Vec<_> = before.iter().filter(|(region, key)| now.get(*region) != Some(*key)).collect();
        if !removed.is_empty() {
            let regions = removed.into_iter().map(|(region, _)| region.clone()).collect();
            let call = aws.secretsmanager.remove_regions_from_replication().secret_id(id);
            let done = call.set_remove_replica_regions(Some(regions)).send().await;
            done.absent("changing aws_secretsmanager_secret (RemoveRegionsFromReplication)", GONE)?;
        }
        let added = self.replica.iter().filter(|it| before.get(&it.region) != Some(&it.kms_key_id));
        let added: Vec<_> = added.map(Replica::sdk).collect();
        if !added.is_empty() {
            let call = aws.secretsmanager.replicate_secret_to_regions().secret_id(id);
            let call = call.force_overwrite_replica_secret(self.force_overwrite_replica_secret);
            let done = call.set_add_replica_regions(Some(added)).send().await;
            done.context("changing aws_secretsmanager_secret (ReplicateSecretToRegions)")?;
        }
        Ok(())
    }

    async fn observe(aws: &Aws, found: DescribeSecretOutput, object: Prior<Self>) -> Result<Observed<Self>> {
        let arn = told(found.arn, "reading aws_secretsmanager_secret (DescribeSecret)")?;
        let asks = object.state.as_ref().is_none_or(|it| it.policy.as_ref().is_some_and(|it| !it.is_empty()));
        let policy = match asks {
            true => policy_of(aws, &arn).await?,
            false => String::new(),
        };
        // `{}` is how a configuration says that there is none.
        let none = object.state.as_ref().and_then(|it| it.policy.clone()).filter(|it| same::json(it, "{}"));
        let policy = none.filter(|_| policy.is_empty()).unwrap_or(policy);
        let replicas = found.replication_status.unwrap_or_default();
        let copying = replicas.iter().any(|it| it.status == Some(StatusType::InProgress));
        let failed = replicas.iter().find(|it| it.status == Some(StatusType::Failed));
        let phase = match failed {
            Some(it) if object.state.is_some() => Phase::Failed(it.status_message.clone().unwrap_or_default()),
            _ if copying => Phase::Pending("being copied to other regions".into()),
            _ => Phase::Ready,
        };
        let made_from = || found.name.as_deref().and_then(prefix);
        let state = Self {
            name_prefix: object.state.as_ref().map_or_else(made_from, |it| it.name_prefix.clone()),
            name: found.name.clone(),
            description: found.description.filter(|it| !it.is_empty()),
            kms_key_id: found.kms_key_id.filter(|it| !it.is_empty()),
            policy: Some(policy),
            replica: replicas.into_iter().filter_map(Replica::observe).collect(),
            arn: Some(arn.clone()),
            tags_all: observed_tags(found.tags),
            ..Self::default()
        };
        Ok(Observed::ready(arn, state).phase(phase).asked_as(object.id))
    }
}

impl Replica {
    fn sdk(&self) -> ReplicaRegionType {
        let key = self.kms_key_id.clone().filter(|it| !it.is_empty());
        ReplicaRegionType::builder().region(&self.region).set_kms_key_id(key).build()
    }

    fn observe(found: ReplicationStatusType) -> Option<Self> {
        Some(Self {
            region: found.region?,
            kms_key_id: found.kms_key_id,
            last_accessed_date: found.last_accessed_date.and_then(|it| it.fmt(DateTimeFormat::DateTime).ok()),
            status: found.status.map(|it| it.as_str().to_owned()),
            status_message: found.status_message,
        })
    }
}

async fn policy_of(aws: &Aws, arn: &str) -> Result<String> {
    let answer = aws.secretsmanager.get_resource_policy().secret_id(arn).send().await;
    let answer = answer.absent("reading aws_secretsmanager_secret (GetResourcePolicy)", GONE)?;
    Ok(answer.and_then(|it| it.resource_policy).unwrap_or_default())
}
