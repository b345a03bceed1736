//! Idioms of talking to AWS that every service shares: errors, absence, retries, tags, names, equality of texts.

pub mod arn;
pub mod error;
pub mod region;
pub mod retry;
pub mod same;
pub mod tags;

use std::future::Future;

use futures::{StreamExt, TryStreamExt};
use plumb_engine::provider::typed::Result;

pub use error::{Absent, Context, code};
pub use retry::{patiently, until_found};
pub use tags::{INTENT, Tags, TagsDiff};

/// How many calls of one kind are under way at once where an API takes one object per call.
const CONCURRENCY: usize = 8;

/// Calls `call` for each item, a few at a time; results in the items' order, or the first error.
pub async fn each<I, T, F, Fut>(items: I, call: F) -> Result<Vec<T>>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    futures::stream::iter(items).map(call).buffered(CONCURRENCY).try_collect().await
}

/// The ids of objects that are to be read.
pub fn ids<R>(objects: &[plumb_engine::provider::typed::Prior<R>]) -> Vec<String> {
    objects.iter().map(|it| it.id.clone()).collect()
}
