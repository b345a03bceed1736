//! `aws_kms_key`: a key that never leaves AWS.

use aws_sdk_kms::types::{KeyListEntry, KeyMetadata, KeySpec, KeyState, KeyUsageType, OriginType};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{GONE, VISIBLE, observed_tags, retag, sdk_tags, tags_of};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, INTENT, Tags, code, each, pages, patiently, same, tags, told, until_found};

/// A principal that was just made is not known to KMS at once.
const NEW_PRINCIPAL: &[&str] = &["MalformedPolicyDocumentException"];
const POLICY_NAME: &str = "default";

/// A KMS key. Deleting it schedules its deletion: what it has encrypted is lost when the window is over.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Key {
    /// What the key is for.
    #[attr(optional, computed)]
    pub description: Option<String>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC` or `KEY_AGREEMENT`.
    #[attr(force_new, default = "ENCRYPT_DECRYPT")]
    pub key_usage: String,
    /// Kind of key: `SYMMETRIC_DEFAULT`, or an RSA, ECC, HMAC, ML-DSA or SM2 kind such as `RSA_4096`.
    #[attr(force_new, default = "SYMMETRIC_DEFAULT")]
    pub customer_master_key_spec: String,
    /// Key store of one's own that holds the key.
    #[attr(force_new)]
    pub custom_key_store_id: Option<String>,
    /// Key of an external key store behind this one.
    #[attr(force_new)]
    pub xks_key_id: Option<String>,
    /// Who may use the key and for what, as a JSON policy; AWS's default, which leaves it to IAM, when left out.
    #[attr(optional, computed, same = same::policy)]
    pub policy: Option<String>,
    /// Whether a policy may be set that locks its author out of changing it again.
    #[attr(default = false)]
    pub bypass_policy_lockout_safety_check: bool,
    /// Days between the delete and the end of the key: 7 to 30; 30 when left out.
    pub deletion_window_in_days: Option<i64>,
    /// Whether the key can be used.
    #[attr(default = true)]
    pub is_enabled: bool,
    /// Whether AWS replaces the key material regularly.
    #[attr(default = false)]
    pub enable_key_rotation: bool,
    /// Days between two rotations: 90 to 2560; 365 when left out.
    #[attr(optional, computed)]
    pub rotation_period_in_days: Option<i64>,
    /// Whether the key can have replicas in other regions.
    #[attr(force_new, optional, computed)]
    pub multi_region: Option<bool>,
    /// ARN of the key.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Id of the key.
    #[attr(computed)]
    pub key_id: Option<String>,
    /// Tags of the key. They are read only while there are some and in an import, because it costs one call per key.
    pub tags: Tags,
    /// Tags of the key, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Key {
    type Client = Aws;
    const TYPE: &'static str = "aws_kms_key";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] =
        &["bypass_policy_lockout_safety_check", "deletion_window_in_days", "xks_key_id"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("description", 8192).range("deletion_window_in_days", 7, 30);
        check.one_of("key_usage", &["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"]);
        check.range("rotation_period_in_days", 90, 2560).needs("xks_key_id", "custom_key_store_id");
        check.json("policy");
        let rotates = config.get("enable_key_rotation");
        if check.is_set("rotation_period_in_days") == Some(true)
            && rotates.is_none_or(|it| it.is_null() || it.as_bool() == Some(false))
        {
            check.error("rotation_period_in_days", "has no meaning without enable_key_rotation = true.");
        }
        let kind = check.text("customer_master_key_spec").unwrap_or("SYMMETRIC_DEFAULT");
        if rotates.and_then(Value::as_bool) == Some(true) && kind != "SYMMETRIC_DEFAULT" {
            check.error("enable_key_rotation", format!("is true, but AWS does not rotate {kind} keys."));
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_kms_key (CreateKey)";
        let origin = match (&self.custom_key_store_id, &self.xks_key_id) {
            (Some(_), Some(_)) => Some(OriginType::ExternalKeyStore),
            (Some(_), None) => Some(OriginType::AwsCloudhsm),
            _ => None,
        };
        let call = aws
            .kms
            .create_key()
            .set_description(self.description.clone())
            .key_usage(KeyUsageType::from(self.key_usage.as_str()))
            .key_spec(KeySpec::from(self.customer_master_key_spec.as_str()))
            .set_origin(origin)
            .set_custom_key_store_id(self.custom_key_store_id.clone())
            .set_xks_key_id(self.xks_key_id.clone())
            .set_policy(self.policy.clone())
            .bypass_policy_lockout_safety_check(self.bypass_policy_lockout_safety_check)
            .set_multi_region(self.multi_region)
            .set_tags(Some(sdk_tags(&tags::with_intent(&self.tags_all, creation.key))));
        let made = patiently(VISIBLE, NEW_PRINCIPAL, || call.clone().send()).await.context(action)?;
        let id = told(made.key_metadata, action)?.key_id;
        creation.made(&id);
        let new = Self { is_enabled: true, ..Self::default() };
        self.set_rotation(aws, &id, &new).await?;
        self.set_enabled(aws, &id, &new).await?;
        self.settled(aws, &id).await?;
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let wanted: Vec<_> = objects
            .iter()
            .map(|it| (it.id.clone(), it.state.as_ref().is_none_or(|it| !it.tags_all.is_empty())))
            .collect();
        let found = each(wanted, |(id, tags)| Self::read_one(aws, id, tags)).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        // A key that is not enabled cannot be rotated: it is enabled before and disabled after everything else.
        if self.is_enabled {
            self.set_enabled(aws, id, prior).await?;
        }
        self.set_rotation(aws, id, prior).await?;
        if self.description != prior.description {
            let call = aws.kms.update_key_description().key_id(id);
            let call = call.description(self.description.as_deref().unwrap_or_default()).send();
            call.await.context("changing aws_kms_key (UpdateKeyDescription)")?;
        }
        if let Some(policy) = self.policy.as_ref().filter(|it| Some(*it) != prior.policy.as_ref()) {
            let call = aws.kms.put_key_policy().key_id(id).policy_name(POLICY_NAME).policy(policy);
            let call = call.bypass_policy_lockout_safety_check(self.bypass_policy_lockout_safety_check);
            let done = patiently(VISIBLE, NEW_PRINCIPAL, || call.clone().send()).await;
            done.context("changing aws_kms_key (PutKeyPolicy)")?;
        }
        if !self.is_enabled {
            self.set_enabled(aws, id, prior).await?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await?;
        self.settled(aws, id).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let window = self.deletion_window_in_days.map(|it| it as i32);
        let call = aws.kms.schedule_key_deletion().key_id(id).set_pending_window_in_days(window).send();
        match call.await {
            Err(error) if code(&error) == Some("KMSInvalidStateException") => {
                let gone = Self::describe(aws, id).await?.is_none();
                if gone { Ok(()) } else { Err(error).context("deleting aws_kms_key (ScheduleKeyDeletion)") }
            }
            done => done.absent("deleting aws_kms_key (ScheduleKeyDeletion)", GONE).map(drop),
        }
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = each(Self::list(aws).await?, |id| async move {
            let tags = match tags_of(aws, &id).await {
                // Keys whose policy hides them from the caller are not the caller's own.
                Err(error) if error.message.starts_with("AccessDenied") => Vec::new(),
                tags => tags?,
            };
            let ours = tags.iter().any(|it| it.tag_key == INTENT && it.tag_value == key.as_str());
            Ok(ours.then_some(id))
        });
        Ok(found.await?.into_iter().flatten().next())
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found: Vec<KeyListEntry> = pages!(aws.kms.list_keys(), "listing aws_kms_key (ListKeys)")?;
        Ok(found.into_iter().filter_map(|it| it.key_id).collect())
    }
}

impl Key {
    /// What AWS tells of a key; `None` where there is none, or one that is to be deleted.
    async fn describe(aws: &Aws, id: &str) -> Result<Option<KeyMetadata>> {
        let answer = aws.kms.describe_key().key_id(id).send().await;
        let key = answer.absent("reading aws_kms_key (DescribeKey)", GONE)?.and_then(|it| it.key_metadata);
        let dying = |it: &KeyMetadata| {
            matches!(it.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
        };
        Ok(key.filter(|it| !dying(it)))
    }

    async fn read_one(aws: &Aws, id: String, with_tags: bool) -> Result<Option<Observed<Self>>> {
        let Some(key) = Self::describe(aws, &id).await? else { return Ok(None) };
        let policy = async {
            let answer = aws.kms.get_key_policy().key_id(&id).policy_name(POLICY_NAME).send().await;
            answer.absent("reading aws_kms_key (GetKeyPolicy)", GONE)
        };
        let rotation = async {
            let answer = aws.kms.get_key_rotation_status().key_id(&id).send().await;
            // Keys that are in a store of one's own, or not symmetric, do not rotate.
            let none = &["UnsupportedOperationException", "NotFoundException", "KMSInvalidStateException"];
            answer.absent("reading aws_kms_key (GetKeyRotationStatus)", none)
        };
        let tags = async {
            match with_tags {
                true => tags_of(aws, &id).await.map(observed_tags),
                false => Ok(Tags::new()),
            }
        };
        let (policy, rotation, tags_all) = futures::try_join!(policy, rotation, tags)?;
        let rotates = rotation.as_ref().is_some_and(|it| it.key_rotation_enabled);
        let period = rotation.and_then(|it| it.rotation_period_in_days).filter(|_| rotates);
        let phase = match key.key_state {
            Some(KeyState::Creating) => Phase::Pending("Creating".into()),
            Some(KeyState::Updating) => Phase::Pending("Updating".into()),
            _ => Phase::Ready,
        };
        let state = Self {
            description: Some(key.description.unwrap_or_default()),
            key_usage: key.key_usage.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            customer_master_key_spec: key.key_spec.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            custom_key_store_id: key.custom_key_store_id,
            xks_key_id: key.xks_key_configuration.and_then(|it| it.id),
            policy: policy.and_then(|it| it.policy),
            is_enabled: key.enabled,
            enable_key_rotation: rotates,
            rotation_period_in_days: period.map(i64::from),
            multi_region: Some(key.multi_region.unwrap_or_default()),
            arn: key.arn,
            key_id: Some(key.key_id),
            tags_all,
            ..Self::default()
        };
        Ok(Some(Observed::ready(id, state).phase(phase)))
    }

    /// Waits until a key is shown as it was set: KMS takes a while to be of one mind.
    async fn settled(&self, aws: &Aws, id: &str) -> Result<()> {
        let optional = |wanted: &Option<String>, seen: &Option<String>| {
            wanted.as_deref().is_none_or(|it| same::policy(it, seen.as_deref().unwrap_or_default()))
        };
        let shown = until_found(VISIBLE, async || {
            let seen = Self::read_one(aws, id.to_owned(), false).await?;
            let is_so = seen.as_ref().is_some_and(|Observed { state, .. }| {
                state.is_enabled == self.is_enabled
                    && state.enable_key_rotation == self.enable_key_rotation
                    && optional(&self.policy, &state.policy)
                    && (self.description.is_none() || self.description == state.description)
            });
            Ok(is_so.then_some(()))
        });
        shown.await.map(drop)
    }

    async fn set_enabled(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        match (self.is_enabled, prior.is_enabled) {
            (true, false) => {
                let done = patiently(VISIBLE, GONE, || aws.kms.enable_key().key_id(id).send()).await;
                done.context("changing aws_kms_key (EnableKey)").map(drop)
            }
            (false, true) => {
                let done = patiently(VISIBLE, GONE, || aws.kms.disable_key().key_id(id).send()).await;
                done.context("changing aws_kms_key (DisableKey)").map(drop)
            }
            _ => Ok(()),
        }
    }

    async fn set_rotation(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let period = |it: &Self| it.rotation_period_in_days.filter(|_| it.enable_key_rotation);
        if (self.enable_key_rotation, period(self)) == (prior.enable_key_rotation, period(prior)) {
            return Ok(());
        }
        // KMS may not know yet that a key exists, or that it was just enabled.
        let codes = &["NotFoundException", "DisabledException"];
        if self.enable_key_rotation {
            let call = aws.kms.enable_key_rotation().key_id(id);
            let call = call.set_rotation_period_in_days(self.rotation_period_in_days.map(|it| it as i32));
            let done = patiently(VISIBLE, codes, || call.clone().send()).await;
            done.context("changing aws_kms_key (EnableKeyRotation)").map(drop)
        } else {
            let done = patiently(VISIBLE, codes, || aws.kms.disable_key_rotation().key_id(id).send()).await;
            done.context("changing aws_kms_key (DisableKeyRotation)").map(drop)
        }
    }
}
