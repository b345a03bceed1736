//! Data source `aws_ssm_parameter`: the value of a parameter.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::{Context, told};

/// The value of a parameter in the parameter store, such as the id of the latest Amazon Linux image under
/// `/aws/service/ami-amazon-linux-latest/`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterData {
    /// Name of the parameter.
    pub name: String,
    /// Whether the value of a `SecureString` is decrypted.
    #[attr(default = true)]
    pub with_decryption: bool,
    /// ARN of the parameter.
    #[attr(computed)]
    pub arn: Option<String>,
    /// The value, unless it is a `SecureString`.
    #[attr(computed)]
    pub insecure_value: Option<String>,
    /// `String`, `StringList` or `SecureString`.
    #[attr(computed)]
    pub r#type: Option<String>,
    /// The value.
    #[attr(computed, sensitive)]
    pub value: Option<String>,
    /// Version of the value.
    #[attr(computed)]
    pub version: Option<i64>,
}

impl DataSource for ParameterData {
    type Client = Aws;
    const TYPE: &'static str = "aws_ssm_parameter";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let action = "reading aws_ssm_parameter (GetParameter)";
        let answer = aws.ssm.get_parameter().name(&self.name).with_decryption(self.with_decryption).send().await;
        let found = told(answer.context(action)?.parameter, action)?;
        let kind = found.r#type.map(|it| it.as_str().to_owned());
        let open = kind.as_deref() != Some("SecureString");
        let data = Self {
            arn: found.arn,
            insecure_value: found.value.clone().filter(|_| open),
            r#type: kind,
            value: found.value,
            version: Some(found.version),
            ..self
        };
        Ok((data.name.clone(), data))
    }
}
