//! Credentials that expire while an apply goes on: calls wait until they are renewed.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::time::Instant;

use crate::error::chain;

/// How long a run waits for somebody to log in again.
const LIMIT: Duration = Duration::from_secs(15 * 60);
/// Pause between two looks at the source.
const LOOK: Duration = Duration::from_secs(3);
/// Credentials are not used for a call when they expire sooner than this.
const MARGIN: Duration = Duration::from_secs(60);

/// Which credentials AWS no longer takes, and whether calls wait for new ones.
#[derive(Debug, Default)]
pub(crate) struct Renewal(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rejected: Option<String>,
    fixed: bool,
    waiting: Option<String>,
}

impl Renewal {
    /// Notes that AWS calls the credentials of an access key expired; whether there may be others.
    pub fn reject(&self, key: &str) -> bool {
        let mut state = self.lock();
        state.rejected = Some(key.to_owned());
        !state.fixed
    }

    /// What is waited for, as a sentence.
    pub fn waiting(&self) -> Option<String> {
        self.lock().waiting.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a source of credentials anew: files are read again.
type Source = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Option<SharedCredentialsProvider>> + Send>> + Send + Sync>;

/// Credentials of a source that is asked again when they expire or AWS rejects them.
pub(crate) struct Renewing {
    source: Source,
    renewal: Arc<Renewal>,
    current: tokio::sync::Mutex<Option<Credentials>>,
}

impl std::fmt::Debug for Renewing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renewing")
    }
}

impl Renewing {
    /// Credentials of `source`; `fixed` when it gives the same for as long as the process lives, as the environment does.
    pub fn new<F, Fut>(renewal: Arc<Renewal>, fixed: bool, source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Option<SharedCredentialsProvider>> + Send + 'static,
    {
        renewal.lock().fixed = fixed;
        Self { source: Arc::new(move || Box::pin(source())), renewal, current: tokio::sync::Mutex::new(None) }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        // One task looks for new ones; the others wait for what it finds.
        let mut current = self.current.lock().await;
        if let Some(known) = current.as_ref().filter(|it| self.is_good(it)) {
            return Ok(known.clone());
        }
        let first = current.is_none();
        let since = Instant::now();
        loop {
            let found = match (self.source)().await {
                Some(source) => source.provide_credentials().await,
                None => Err(CredentialsError::not_loaded("there is no source of credentials")),
            };
            let reason = match found {
                Ok(found) if first || self.is_good(&found) => {
                    let mut state = self.renewal.lock();
                    state.waiting = None;
                    *current = Some(found.clone());
                    return Ok(found);
                }
                Ok(_) => "the source still has the old ones".to_owned(),
                Err(error) if first => return Err(error),
                Err(error) => chain(&error),
            };
            if self.renewal.lock().fixed || since.elapsed() > LIMIT {
                self.renewal.lock().waiting = None;
                return Err(CredentialsError::provider_error(format!("they have expired, and {reason}")));
            }
            self.renewal.lock().waiting = Some(format!(
                "The AWS credentials have expired, and {reason}. Log in again (`aws sso login`, or new keys in the \
                 credentials file): the run goes on by itself. It gives up after {} minutes.",
                LIMIT.as_secs() / 60
            ));
            tokio::time::sleep(LOOK).await;
        }
    }

    fn is_good(&self, credentials: &Credentials) -> bool {
        let rejected = self.renewal.lock().rejected.as_deref() == Some(credentials.access_key_id());
        !rejected && credentials.expiry().is_none_or(|it| it > SystemTime::now() + MARGIN)
    }
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn keys(count: u32) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Credentials::new(format!("KEY{count}"), "secret", None, None, "test"))
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_other_keys() {
        let renewal = Arc::new(Renewal::default());
        let asked = Arc::new(AtomicU32::new(0));
        let counter = asked.clone();
        let source = move || {
            let count = counter.fetch_add(1, Ordering::Relaxed);
            async move { Some(keys(u32::from(count > 3))) }
        };
        let renewing = Renewing::new(renewal.clone(), false, source);
        assert_eq!(renewing.credentials().await.unwrap().access_key_id(), "KEY0");
        assert_eq!(renewing.credentials().await.unwrap().access_key_id(), "KEY0");
        assert_eq!(asked.load(Ordering::Relaxed), 1, "kept while they are good");
        assert!(renewal.reject("KEY0"));
        assert_eq!(renewing.credentials().await.unwrap().access_key_id(), "KEY1");
        assert_eq!(renewal.waiting(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn fixed_ones_are_not_waited_for() {
        let renewal = Arc::new(Renewal::default());
        let renewing = Renewing::new(renewal.clone(), true, || async { Some(keys(0)) });
        renewing.credentials().await.unwrap();
        assert!(!renewal.reject("KEY0"));
        let since = Instant::now();
        assert!(chain(&renewing.credentials().await.unwrap_err()).contains("expired"));
        assert!(since.elapsed() < LOOK);
    }
}
