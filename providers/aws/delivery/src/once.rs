//! Answers that hold for the run and are asked for once.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use plumb_engine::provider::typed::Result;
use tokio::sync::OnceCell;

/// Answers by what was asked, such as an object's id.
#[derive(Debug, Default)]
pub struct Once<T>(Mutex<BTreeMap<String, Arc<OnceCell<T>>>>);

impl<T: Clone> Once<T> {
    /// The answer about `about`; `ask` is called when there is none yet, once however many wait for it.
    ///
    /// # Errors
    /// Those of `ask`; they are not kept.
    pub async fn get<F, Fut>(&self, about: &str, ask: F) -> Result<T>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let cell = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(about.to_owned()).or_default().clone();
        cell.get_or_try_init(ask).await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use plumb_engine::provider::ProviderError;

    use super::*;

    #[tokio::test]
    async fn errors_are_asked_about_again() {
        let once = Once::default();
        assert!(once.get("a", async || Err(ProviderError::refused("asking", "no"))).await.is_err());
        assert_eq!(once.get("a", async || Ok(1)).await.unwrap(), 1);
        assert_eq!(once.get("a", async || Ok(2)).await.unwrap(), 1);
        assert_eq!(once.get("b", async || Ok(3)).await.unwrap(), 3);
    }
}
