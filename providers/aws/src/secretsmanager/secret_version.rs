//! `aws_secretsmanager_secret_version`: a value of a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_secretsmanager::operation::put_secret_value::builders::PutSecretValueFluentBuilder;
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::SecretVersionsListEntry;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{GONE, is_marked};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, each, only, patiently, some, told};

/// Label of the version that is read when none is named.
const CURRENT: &str = "AWSCURRENT";
const VISIBLE: Duration = Duration::from_secs(60);

/// A value of a secret. Another value is another version, which becomes the current one; AWS keeps the one before it.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretVersion {
    /// ARN or name of the secret.
    #[attr(force_new)]
    pub secret_id: String,
    /// The value; not shown.
    #[attr(force_new, optional, sensitive, conflicts_with("secret_binary", "secret_string_wo"))]
    pub secret_string: Option<String>,
    /// The value in base64, for bytes that are no text; not shown.
    #[attr(force_new, optional, sensitive, conflicts_with("secret_string", "secret_string_wo"))]
    pub secret_binary: Option<String>,
    /// The value, which the state does not keep; another version is made when `secret_string_wo_version` changes.
    #[attr(write_only, sensitive, conflicts_with("secret_string", "secret_binary"))]
    pub secret_string_wo: Option<String>,
    /// Version of `secret_string_wo`: another number means another version.
    #[attr(force_new)]
    pub secret_string_wo_version: Option<i64>,
    /// Labels of the version; `AWSCURRENT` when left out.
    #[attr(set, optional, computed)]
    pub version_stages: Vec<String>,
    /// ARN of the secret.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Whether the value was given as `secret_string_wo`.
    #[attr(computed)]
    pub has_secret_string_wo: Option<bool>,
    /// Id of the version.
    #[attr(computed)]
    pub version_id: Option<String>,
}

impl Resource for SecretVersion {
    type Client = Aws;
    const TYPE: &'static str = "aws_secretsmanager_secret_version";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const POLL: Duration = Duration::from_secs(2);
    const UNREADABLE: &'static [&'static str] = &["secret_string", "secret_binary", "secret_string_wo_version"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.exactly_one(&["secret_string", "secret_binary", "secret_string_wo"]);
        check.needs("secret_string_wo", "secret_string_wo_version");
        check.needs("secret_string_wo_version", "secret_string_wo");
        if check.text("secret_binary").is_some_and(|it| STANDARD.decode(it).is_err()) {
            check.error("secret_binary", "is not in base64. Use `filebase64()` or `base64encode()`.");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        let write_only = change.config.get("secret_string_wo").is_some_and(|it| !it.is_null());
        if change.planned.get("has_secret_string_wo").is_some() {
            change.planned = change.planned.clone().with("has_secret_string_wo", Value::from(write_only));
        }
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_secretsmanager_secret_version (PutSecretValue)";
        let call = self.request(aws)?.client_request_token(creation.key.as_str());
        let made = patiently(VISIBLE, GONE, || call.clone().send()).await.context(action)?;
        let (arn, version) = (told(made.arn, action)?, told(made.version_id, action)?);
        let id = id(&self.secret_id, &version);
        creation.made(&id);
        let state = Self {
            arn: Some(arn),
            version_id: Some(version),
            version_stages: made.version_stages.unwrap_or_default(),
            has_secret_string_wo: Some(self.secret_string_wo.is_some()),
            secret_string_wo: None,
            ..self.clone()
        };
        Ok(Made::ready(id, state))
    }

    /// By the list of versions, once for each secret: a refresh does not read values, which never change.
    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut secrets: BTreeMap<String, Vec<(Prior<Self>, String)>> = BTreeMap::new();
        for object in objects {
            let named = object.id.rsplit_once('|');
            let (secret, version) = named.unwrap_or((object.id.as_str(), ""));
            secrets.entry(secret.to_owned()).or_default().push((object.clone(), version.to_owned()));
        }
        let found = each(secrets, |(secret, objects)| async move {
            let Some((arn, versions)) = versions(aws, &secret, "reading").await? else { return Ok(Vec::new()) };
            let seen = objects.into_iter().filter_map(|(object, version)| {
                let found = versions.iter().find(|it| it.version_id.as_ref() == Some(&version))?;
                Some((object, found.clone(), secret.clone(), arn.clone()))
            });
            each(seen.collect::<Vec<_>>(), |(object, found, secret, arn)| {
                Self::observe(aws, object, found, (secret, arn))
            })
            .await
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        let action = "changing aws_secretsmanager_secret_version (UpdateSecretVersionStage)";
        let version = prior.version_id.clone().unwrap_or_default();
        let call = || aws.secretsmanager.update_secret_version_stage().secret_id(&self.secret_id);
        for stage in only(&self.version_stages, &prior.version_stages) {
            let all = versions(aws, &self.secret_id, "changing").await?.map(|(_, all)| all).unwrap_or_default();
            let holder = all.into_iter().find(|it| it.version_stages().contains(&stage)).and_then(|it| it.version_id);
            let call = call().version_stage(stage).move_to_version_id(&version);
            call.set_remove_from_version_id(holder).send().await.context(action)?;
        }
        for stage in only(&prior.version_stages, &self.version_stages) {
            call().version_stage(stage).remove_from_version_id(&version).send().await.context(action)?;
        }
        Ok(())
    }

    /// Takes the labels away: a version cannot be deleted, and the current one stays until there is another.
    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let version = self.version_id.clone().unwrap_or_default();
        for stage in self.version_stages.iter().filter(|it| *it != CURRENT) {
            let call = aws.secretsmanager.update_secret_version_stage().secret_id(&self.secret_id);
            let done = call.version_stage(stage).remove_from_version_id(&version).send().await;
            // A label that another version has taken meanwhile is not there to be taken away.
            let gone = &["ResourceNotFoundException", "InvalidParameterException", "InvalidRequestException"];
            done.absent("deleting aws_secretsmanager_secret_version (UpdateSecretVersionStage)", gone)?;
        }
        Ok(())
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = versions(aws, &self.secret_id, "finding").await?;
        let ours = found.is_some_and(|(_, all)| all.iter().any(|it| it.version_id() == Some(key.as_str())));
        Ok(ours.then(|| id(&self.secret_id, key.as_str())))
    }
}

impl SecretVersion {
    fn request(&self, aws: &Aws) -> Result<PutSecretValueFluentBuilder> {
        let action = "creating aws_secretsmanager_secret_version (PutSecretValue)";
        let bytes = match &self.secret_binary {
            Some(text) => Some(STANDARD.decode(text).map_err(|_| {
                ProviderError::refused(action, "`secret_binary` is not in base64")
                    .help("Use `filebase64()` or `base64encode()`.")
            })?),
            None => None,
        };
        Ok(aws
            .secretsmanager
            .put_secret_value()
            .secret_id(&self.secret_id)
            .set_secret_string(self.secret_string.clone().or_else(|| self.secret_string_wo.clone()))
            .set_secret_binary(bytes.map(Blob::new))
            .set_version_stages(some(&self.version_stages)))
    }

    /// A version as it is; its value is asked for where nothing is known of it, in an import.
    async fn observe(
        aws: &Aws,
        object: Prior<Self>,
        found: SecretVersionsListEntry,
        (secret, arn): (String, String),
    ) -> Result<Observed<Self>> {
        let version = found.version_id.unwrap_or_default();
        let (text, bytes) = match &object.state {
            Some(state) => (state.secret_string.clone(), state.secret_binary.clone()),
            None => value_of(aws, &secret, &version).await?,
        };
        let prior = object.state.as_ref();
        let state = Self {
            secret_id: prior.map_or_else(|| secret.clone(), |it| it.secret_id.clone()),
            secret_string: text,
            secret_binary: bytes,
            secret_string_wo: None,
            secret_string_wo_version: None,
            version_stages: found.version_stages.unwrap_or_default(),
            arn: Some(arn),
            has_secret_string_wo: Some(prior.is_some_and(|it| it.has_secret_string_wo == Some(true))),
            version_id: Some(version.clone()),
        };
        Ok(Observed::ready(id(&secret, &version), state).asked_as(object.id))
    }
}

fn id(secret: &str, version: &str) -> Id {
    format!("{secret}|{version}")
}

/// ARN and versions of a secret, those without labels too; `None` where it is gone or about to be.
async fn versions(aws: &Aws, secret: &str, doing: &str) -> Result<Option<(String, Vec<SecretVersionsListEntry>)>> {
    let action = format!("{doing} aws_secretsmanager_secret_version (ListSecretVersionIds)");
    let call = aws.secretsmanager.list_secret_version_ids().secret_id(secret).include_deprecated(true);
    let mut pages = call.into_paginator().send();
    let (mut arn, mut all) = (String::new(), Vec::new());
    while let Some(page) = pages.next().await {
        if page.as_ref().is_err_and(|it| it.as_service_error().is_some_and(is_marked)) {
            return Ok(None);
        }
        let Some(page) = page.absent(&action, GONE)? else { return Ok(None) };
        arn = page.arn.unwrap_or(arn);
        all.extend(page.versions.unwrap_or_default());
    }
    Ok(Some((arn, all)))
}

async fn value_of(aws: &Aws, secret: &str, version: &str) -> Result<(Option<String>, Option<String>)> {
    let action = "reading aws_secretsmanager_secret_version (GetSecretValue)";
    let found = aws.secretsmanager.get_secret_value().secret_id(secret).version_id(version).send().await;
    let found = found.context(action)?;
    Ok((found.secret_string, found.secret_binary.map(|it| STANDARD.encode(it.into_inner()))))
}
