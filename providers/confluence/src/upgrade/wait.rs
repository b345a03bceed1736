//! Looking again and again until something holds, within a limit that the configuration sets.

use std::future::Future;
use std::time::{Duration, Instant};

use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

/// What one look has shown.
pub(super) enum Look<T> {
    /// It holds.
    Holds(T),
    /// Not yet; what is missing, as a clause: "i-1 is STARTING".
    NotYet(String),
}

/// How long is looked, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Longest time.
    pub limit: Duration,
    /// Pause between two looks.
    pub poll: Duration,
}

/// Looks until it holds. `note` is told what is missing whenever that is something else than before.
///
/// # Errors
/// A look failed, or `late` says what it means that the limit was reached with that still missing.
pub(super) async fn until<T, F: Future<Output = Result<Look<T>>>>(
    patience: Patience,
    mut look: impl FnMut() -> F,
    note: impl Fn(&str),
    late: impl FnOnce(String) -> ProviderError,
) -> Result<T> {
    let began = Instant::now();
    let mut last = String::new();
    loop {
        match look().await? {
            Look::Holds(value) => return Ok(value),
            Look::NotYet(missing) if began.elapsed() >= patience.limit => return Err(late(missing)),
            Look::NotYet(missing) => {
                if missing != last {
                    note(&missing);
                    last = missing;
                }
            }
        }
        tokio::time::sleep(patience.poll).await;
    }
}
