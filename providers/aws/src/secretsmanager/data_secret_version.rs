//! `aws_secretsmanager_secret_version`: reads a value of a secret.

use aws_sdk_secretsmanager::primitives::DateTimeFormat;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::{Context, told};

const ACTION: &str = "reading aws_secretsmanager_secret_version (GetSecretValue)";

/// A value of a secret: the current one, or that of a version by its id or label.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretValue {
    /// ARN or name of the secret.
    pub secret_id: String,
    /// Id of the version.
    #[attr(optional, computed)]
    pub version_id: Option<String>,
    /// Label of the version, when `version_id` does not name one.
    #[attr(default = "AWSCURRENT")]
    pub version_stage: String,
    /// ARN of the secret.
    #[attr(computed)]
    pub arn: Option<String>,
    /// When the version was made, in RFC 3339.
    #[attr(computed)]
    pub created_date: Option<String>,
    /// The value in base64, when it is no text.
    #[attr(computed, sensitive)]
    pub secret_binary: Option<String>,
    /// The value.
    #[attr(computed, sensitive)]
    pub secret_string: Option<String>,
    /// Labels of the version.
    #[attr(set, computed)]
    pub version_stages: Vec<String>,
}

impl DataSource for SecretValue {
    type Client = Aws;
    const TYPE: &'static str = "aws_secretsmanager_secret_version";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let call = aws.secretsmanager.get_secret_value().secret_id(&self.secret_id);
        let call = match &self.version_id {
            Some(id) => call.version_id(id),
            None => call.version_stage(&self.version_stage),
        };
        let found = call.send().await.context(ACTION)?;
        let version = told(found.version_id, ACTION)?;
        let id = format!("{}|{version}", self.secret_id);
        let seen = Self {
            version_id: Some(version),
            arn: found.arn,
            created_date: found.created_date.and_then(|it| it.fmt(DateTimeFormat::DateTime).ok()),
            secret_binary: found.secret_binary.map(|it| STANDARD.encode(it.into_inner())),
            secret_string: found.secret_string,
            version_stages: found.version_stages.unwrap_or_default(),
            ..self
        };
        Ok((id, seen))
    }
}
