//! `aws_caller_identity`: who calls AWS.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;

/// The account and the user or role as whom AWS is called.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct CallerIdentity {
    /// Account id, 12 digits.
    #[attr(computed)]
    pub account_id: Option<String>,
    /// ARN of the user or of the role's session.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Unique id of the user or role.
    #[attr(computed)]
    pub user_id: Option<String>,
}

impl DataSource for CallerIdentity {
    type Client = Aws;
    const TYPE: &'static str = "aws_caller_identity";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let who = aws.identity().await?;
        let seen =
            Self { account_id: Some(who.account.clone()), arn: Some(who.arn.clone()), user_id: Some(who.user.clone()) };
        Ok((who.account.clone(), seen))
    }
}
