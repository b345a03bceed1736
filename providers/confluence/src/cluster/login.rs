//! Whose login is used: the resource's own, that of a secret, that of the provider block.

use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;
use serde::Deserialize;

use super::Cluster;
use crate::fleet::Fleet;
use crate::rest::Login;

/// A login as a secret holds it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Secret {
    token: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

impl Cluster {
    /// The login of the resource, or else `otherwise`.
    ///
    /// # Errors
    /// The secret cannot be read, or holds no login.
    pub(crate) async fn login(&self, fleet: &dyn Fleet, otherwise: Login) -> Result<Login> {
        if let Some(token) = &self.token_wo {
            return Ok(Login::Token(token.clone()));
        }
        if let (Some(name), Some(password)) = (&self.username, &self.password_wo) {
            return Ok(Login::Password(name.clone(), password.clone()));
        }
        let Some(id) = &self.credentials_secret else { return Ok(otherwise) };
        let text = fleet.secret(id).await?;
        let secret: Secret = serde_json::from_str(&text).map_err(|_| unfit(id))?;
        match (secret.token, secret.username.or_else(|| self.username.clone()), secret.password) {
            (Some(token), ..) => Ok(Login::Token(token)),
            (None, Some(name), Some(password)) => Ok(Login::Password(name, password)),
            _ => Err(unfit(id)),
        }
    }
}

fn unfit(id: &str) -> ProviderError {
    ProviderError::refused(format!("reading the secret {id}"), "it holds no login")
        .help("Its text is to be JSON: {\"token\": \"…\"}, or {\"username\": \"…\", \"password\": \"…\"}.")
}
