//! Repeating a call while AWS is not consistent with itself yet.

use std::error::Error;
use std::future::Future;
use std::time::{Duration, Instant};

use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{CallError, code};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Repeats `call` while its error has one of `codes`, at most for `limit`: dependants that are still being deleted,
/// a role that is not known everywhere yet. The last answer is returned.
///
/// # Errors
/// The last error of `call`.
pub async fn patiently<T, E, F, Fut>(limit: Duration, codes: &[&str], call: F) -> Result<T, CallError<E>>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, CallError<E>>>,
{
    patiently_while(limit, |error| code(error).is_some_and(|code| codes.contains(&code)), call).await
}

/// Like [`patiently`], where the code alone does not tell an error that passes from one that stays.
///
/// # Errors
/// The last error of `call`.
pub async fn patiently_while<T, E, F, Fut>(
    limit: Duration,
    passes: impl Fn(&CallError<E>) -> bool,
    call: F,
) -> Result<T, CallError<E>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, CallError<E>>>,
{
    repeat(limit, call, |answer| answer.as_ref().is_err_and(&passes)).await
}

/// Repeats `call` while `again` holds for its error, at most for `limit`: where the code alone does not tell that the
/// call came too early. The last answer is returned.
///
/// # Errors
/// The last error of `call`.
pub async fn while_error<T, E, F, Fut>(limit: Duration, again: impl Fn(&E) -> bool, call: F) -> Result<T, CallError<E>>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, CallError<E>>>,
{
    repeat(limit, call, |answer| answer.as_ref().is_err_and(|error| error.as_service_error().is_some_and(&again))).await
}

/// Repeats `call` until it finds something, at most for `limit`: an object that was just made and is not shown yet.
///
/// # Errors
/// The first error of `call`.
pub async fn until_found<T, E, F, Fut>(limit: Duration, call: F) -> Result<Option<T>, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>, E>>,
{
    repeat(limit, call, |answer| matches!(answer, Ok(None))).await
}

async fn repeat<T, F, Fut>(limit: Duration, mut call: F, again: impl Fn(&T) -> bool) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = T>,
{
    let end = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = call().await;
        if !again(&answer) || Instant::now() + pause > end {
            return answer;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn gives_up_in_time() {
        let calls = Cell::new(0);
        let found: Result<Option<()>, ()> = until_found(Duration::from_millis(10), || {
            calls.set(calls.get() + 1);
            std::future::ready(Ok(None))
        })
        .await;
        assert_eq!((found, calls.get()), (Ok(None), 1));
    }
}
