//! `aws_key_pair`: a public key that instances let log in.

use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types as sdk;
use plumb_engine::Schema;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, arn, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire;
use crate::wire::words::text;
use crate::wire::{Absent, Context, Tags, ids};

/// Most characters of a key pair's name.
const NAME_LENGTH: usize = 255;

/// A public key that instances let log in. Its import id is its name.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct KeyPair {
    /// ARN of the key pair.
    #[attr(computed)]
    arn: Option<String>,
    /// Fingerprint as AWS computes it: MD5 of an RSA key, SHA-256 of an ED25519 key.
    #[attr(computed)]
    fingerprint: Option<String>,
    /// Name of the key pair, unique in the region; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("key_name_prefix"))]
    key_name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("key_name"))]
    key_name_prefix: Option<String>,
    /// Id of the key pair.
    #[attr(computed)]
    key_pair_id: Option<String>,
    /// Kind of the key: `rsa` or `ed25519`.
    #[attr(computed)]
    key_type: Option<String>,
    /// The public key: an OpenSSH line of an RSA or ED25519 key, or an RSA key in Base64 DER or RFC 4716. The comment
    /// of an OpenSSH line does not matter. AWS is asked for it only on an import.
    #[attr(force_new, same = same_key)]
    public_key: String,
    /// Tags of the key pair.
    tags: Tags,
    /// Tags of the key pair, those of the provider's `default_tags` included.
    #[attr(computed)]
    tags_all: Tags,
}

impl Resource for KeyPair {
    type Client = Aws;
    const TYPE: &'static str = "aws_key_pair";
    const RECOGNITION: Recognition = Recognition::Tag;
    const BATCH: usize = FILTER_VALUES;

    fn validate(config: &Value) -> Diagnostics {
        let Some(key) = config.get("public_key").and_then(Value::as_str) else { return Diagnostics::new() };
        unsupported(key).map(|detail| Diagnostic::error("Invalid public key", detail).into()).unwrap_or_default()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = wire::name(self.key_name.as_deref(), self.key_name_prefix.as_deref(), creation.key, NAME_LENGTH);
        let call = aws
            .ec2
            .import_key_pair()
            .key_name(&name)
            .public_key_material(Blob::new(self.public_key.trim()))
            .tag_specifications(tags_on_create(sdk::ResourceType::KeyPair, &self.tags_all, creation.key));
        call.send().await.context("creating aws_key_pair (ImportKeyPair)")?;
        creation.made(&name);
        Ok(Made::id(name))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let imported = objects.iter().any(|it| it.state.is_none());
        let call = aws.ec2.describe_key_pairs().filters(filter("key-name", ids(objects)));
        let call = call.set_include_public_key(imported.then_some(true));
        let answer = call.send().await.context("reading aws_key_pair (DescribeKeyPairs)")?;
        let account = aws.account().await?;
        let found = answer.key_pairs.unwrap_or_default().into_iter().filter_map(|it| {
            let name = it.key_name.clone()?;
            let prior = objects.iter().find(|object| object.id == name)?.state.clone();
            let arn = arn(aws, account, &format!("key-pair/{name}"));
            Some(Observed::ready(name, Self { arn: Some(arn), ..Self::observe(it, prior) }))
        });
        Ok(found.collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        retag(aws, self.key_pair_id.as_deref().unwrap_or_default(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let sent = aws.ec2.delete_key_pair().key_name(id).send().await;
        sent.absent("deleting aws_key_pair (DeleteKeyPair)", &["InvalidKeyPair.NotFound"]).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_key_pairs().filters(by_intent(key));
        let answer = call.send().await.context("finding aws_key_pair (DescribeKeyPairs)")?;
        Ok(answer
            .key_pairs
            .unwrap_or_default()
            .into_iter()
            .filter(|it| has_intent(it.tags(), key))
            .find_map(|it| it.key_name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let answer = aws.ec2.describe_key_pairs().send().await.context("listing aws_key_pair (DescribeKeyPairs)")?;
        Ok(answer.key_pairs.unwrap_or_default().into_iter().filter_map(|it| it.key_name).collect())
    }
}

impl KeyPair {
    fn observe(it: sdk::KeyPairInfo, prior: Option<Self>) -> Self {
        let prior = prior.unwrap_or_else(|| Self { public_key: it.public_key.unwrap_or_default(), ..Self::default() });
        Self {
            fingerprint: it.key_fingerprint,
            key_name: it.key_name,
            key_pair_id: it.key_pair_id,
            key_type: text(it.key_type),
            tags_all: observed_tags(it.tags),
            ..prior
        }
    }
}

/// Two OpenSSH lines of one key, whatever their comments; other texts but for the space around them.
fn same_key(a: &str, b: &str) -> bool {
    let key = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    a.trim() == b.trim() || (a.trim().starts_with("ssh-") && key(a) == key(b))
}

fn unsupported(key: &str) -> Option<String> {
    let key = key.trim();
    let what = if key.contains("PRIVATE KEY") {
        "a private key, which must not leave this machine"
    } else if key.starts_with("ecdsa-") || key.starts_with("sk-") || key.starts_with("ssh-dss") {
        "a key of a kind that AWS does not take"
    } else if key.is_empty() {
        "an empty text"
    } else {
        return None;
    };
    Some(format!(
        "The value is {what}. It has to be the public key of an RSA or ED25519 key, as in a file that ends with `.pub`."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_do_not_matter() {
        assert!(same_key("ssh-ed25519 AAAA me@home\n", "ssh-ed25519 AAAA"));
        assert!(!same_key("ssh-ed25519 AAAA", "ssh-ed25519 AAAB"));
        assert!(!same_key("MIIB AAAA x", "MIIB AAAA y"));
    }

    #[test]
    fn only_public_keys_of_known_kinds() {
        assert_eq!(unsupported("ssh-rsa AAAA"), None);
        assert!(unsupported("-----BEGIN OPENSSH PRIVATE KEY-----").unwrap().contains("private key"));
        assert!(unsupported("ecdsa-sha2-nistp256 AAAA").unwrap().contains("does not take"));
    }
}
