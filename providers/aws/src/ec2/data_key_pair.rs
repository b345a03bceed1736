//! `aws_key_pair`: looks up a public key that instances let log in.

use aws_sdk_ec2::primitives::DateTimeFormat;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters, one};
use super::{arn, observed_tags};
use crate::client::Aws;
use crate::wire::words::text;
use crate::wire::{Context, Tags, told};

const ACTION: &str = "reading aws_key_pair (DescribeKeyPairs)";

/// Looks up a key pair by its name, its id or filters; exactly one must match.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundKeyPair {
    /// Name of the key pair.
    #[attr(optional, computed)]
    pub key_name: Option<String>,
    /// Id of the key pair.
    #[attr(optional, computed)]
    pub key_pair_id: Option<String>,
    /// Only key pairs that match.
    #[block(set)]
    pub filter: Vec<Condition>,
    /// Whether the public key is told, too.
    #[attr(default = false)]
    pub include_public_key: bool,
    /// ARN of the key pair.
    #[attr(computed)]
    pub arn: Option<String>,
    /// When the key pair was made, in RFC 3339.
    #[attr(computed)]
    pub create_time: Option<String>,
    /// Fingerprint as AWS computes it: MD5 of an RSA key, SHA-256 of an ED25519 key.
    #[attr(computed)]
    pub fingerprint: Option<String>,
    /// Kind of the key: `rsa` or `ed25519`.
    #[attr(computed)]
    pub key_type: Option<String>,
    /// The public key.
    #[attr(computed)]
    pub public_key: Option<String>,
    /// Tags that it has.
    #[attr(computed)]
    pub tags: Tags,
}

impl DataSource for FoundKeyPair {
    type Client = Aws;
    const TYPE: &'static str = "aws_key_pair";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let arguments = [("key-name", self.key_name.clone()), ("key-pair-id", self.key_pair_id.clone())];
        let call = aws.ec2.describe_key_pairs().set_filters(filters(&self.filter, &Tags::new(), arguments));
        let answer = call.include_public_key(self.include_public_key).send().await.context(ACTION)?;
        let found = one(answer.key_pairs.unwrap_or_default(), ACTION)?;
        let id = told(found.key_pair_id, ACTION)?;
        let name = told(found.key_name, ACTION)?;
        let seen = Self {
            arn: Some(arn(aws, aws.account().await?, &format!("key-pair/{name}"))),
            key_name: Some(name),
            key_pair_id: Some(id.clone()),
            create_time: found.create_time.and_then(|it| it.fmt(DateTimeFormat::DateTime).ok()),
            fingerprint: found.key_fingerprint,
            key_type: text(found.key_type),
            public_key: found.public_key,
            tags: observed_tags(found.tags),
            ..self
        };
        Ok((id, seen))
    }
}
