//! Why Confluence did not do or tell what it was asked.

use plumb_engine::provider::{Effect, ProviderError};

/// Why a request was not answered as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// Nothing listens there, or the way there is closed.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// Address of the request.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// No answer came in time.
    #[error("{url} did not answer in time")]
    Late {
        /// Address of the request.
        url: String,
    },
    /// The login was not accepted: 401.
    #[error("{url} did not accept the login (401)")]
    Unauthorized {
        /// Address of the request.
        url: String,
    },
    /// The person may not do it, or Confluence is no cluster: 403.
    #[error("{url} refused (403): {said}")]
    Forbidden {
        /// Address of the request.
        url: String,
        /// What Confluence said.
        said: String,
    },
    /// There is no such thing: 404.
    #[error("{url} does not exist (404)")]
    Missing {
        /// Address of the request.
        url: String,
    },
    /// It does not fit the state of the cluster, or was refused otherwise: other 4xx.
    #[error("{url} refused ({status}): {said}")]
    Refused {
        /// Address of the request.
        url: String,
        /// Status of the answer.
        status: u16,
        /// What Confluence said.
        said: String,
    },
    /// Confluence or the balancer in front of it failed: 5xx.
    #[error("{url} failed ({status}): {said}")]
    Failed {
        /// Address of the request.
        url: String,
        /// Status of the answer.
        status: u16,
        /// What it said.
        said: String,
    },
    /// The answer is not what the API promises.
    #[error("{url} answered something else than expected: {reason}")]
    Strange {
        /// Address of the request.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl RestError {
    /// Whether nothing that works is there at the moment, so that asking again later makes sense.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Late { .. } | Self::Failed { .. })
    }

    /// The error as an operation reports it; `action` says what was attempted.
    pub fn during(&self, action: impl Into<String>) -> ProviderError {
        let error = ProviderError::refused(action, self.to_string());
        match self {
            Self::Late { .. } | Self::Failed { .. } => ProviderError { effect: Effect::Unknown, ..error },
            Self::Unreachable { .. } => {
                error.help("Check base_url, and that this machine may reach it: security groups, VPN, DNS.")
            }
            Self::Unauthorized { .. } => error.help(
                "Give the login of a system administrator: token_wo, or username and password_wo, in the resource; a \
                 secret of that content in credentials_secret; or token in the provider block.",
            ),
            Self::Forbidden { .. } => error.help(
                "Rolling upgrades need a login with the global permission of a system administrator, and a Data Center \
                 licence with clustering turned on.",
            ),
            Self::Missing { .. } => error.help(
                "base_url must include the context path, and the version must be 7.9 or later for rolling upgrades.",
            ),
            Self::Refused { .. } | Self::Strange { .. } => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let url = || "http://wiki/status".to_owned();
        assert!(RestError::Late { url: url() }.is_passing());
        assert!(RestError::Failed { url: url(), status: 503, said: String::new() }.is_passing());
        assert!(!RestError::Unauthorized { url: url() }.is_passing());
        let error = RestError::Unauthorized { url: url() }.during("asking");
        assert!(error.help.is_some_and(|it| it.contains("token_wo")));
    }
}
