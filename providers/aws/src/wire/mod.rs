//! Idioms of talking to AWS that every service shares: errors, absence, retries, tags, names, equality of texts.

pub mod arn;
pub mod check;
pub mod error;
pub mod hash;
pub mod name;
pub mod once;
pub mod plan;
pub mod region;
pub mod retry;
pub mod same;
pub mod tags;
pub mod words;

use std::error::Error;
use std::future::Future;

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::{StreamExt, TryStreamExt};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Prior, Result};

pub use check::Check;
pub use error::{Absent, CallError, Context, code};
pub use name::{name, prefix};
pub use once::Once;
pub use retry::{patiently, patiently_while, until_found};
pub use tags::{INTENT, Tags, TagsDiff};

/// How many calls of one kind are under way at once where an API takes one object per call.
const CONCURRENCY: usize = 8;

/// Calls `call` for each item, a few at a time; results in the items' order, or the first error. Items are owned: the
/// futures of closures over references are not `Send`.
pub async fn each<I, T, F, Fut>(items: I, call: F) -> Result<Vec<T>>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    futures::stream::iter(items).map(call).buffered(CONCURRENCY).try_collect().await
}

/// Reads objects by a list of ids where an unknown id fails the whole call: all at once, and only when one is unknown
/// (the error has one of `codes`) each by itself, so that the others are still told.
///
/// # Errors
/// Any other error of `call`.
pub async fn by_ids<T, E, F, Fut>(ids: Vec<String>, action: &str, codes: &[&str], call: F) -> Result<Vec<T>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    F: Fn(Vec<String>) -> Fut,
    Fut: Future<Output = std::result::Result<Vec<T>, CallError<E>>>,
{
    if let Some(found) = call(ids.clone()).await.absent(action, codes)? {
        return Ok(found);
    }
    let call = &call;
    let found = each(ids, |id| async move { call(vec![id]).await.absent(action, codes) }).await?;
    Ok(found.into_iter().flatten().flatten().collect())
}

/// All items of all pages of a call: `pages!(aws.ec2.describe_vpcs(), "reading aws_vpc (DescribeVpcs)")`.
///
/// With `absent` before the action and codes after it, as in [`Absent::absent`].
macro_rules! pages {
    ($call:expr, absent $action:expr, $codes:expr) => {{
        let all: std::result::Result<Vec<_>, _> = $call.into_paginator().items().send().try_collect().await;
        $crate::wire::Absent::absent(all, $action, $codes)
    }};
    ($call:expr, $action:expr) => {
        $crate::wire::Context::context($call.into_paginator().items().send().try_collect().await, $action)
    };
}
pub(crate) use pages;

/// A part of an answer without which there is no going on, such as the id of what was made.
///
/// # Errors
/// The answer lacks it.
pub fn told<T>(part: Option<T>, action: &str) -> Result<T> {
    part.ok_or_else(|| ProviderError::unanswered(action, "the answer lacks a part that AWS documents"))
}

/// The items, or `None` where there are none: optional lists of calls must not be empty.
pub fn some<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}

/// What is in `a` and not in `b`.
pub fn only<T: Clone + PartialEq>(a: &[T], b: &[T]) -> Vec<T> {
    a.iter().filter(|it| !b.contains(it)).cloned().collect()
}

/// The ids of objects that are to be read.
pub fn ids<R>(objects: &[Prior<R>]) -> Vec<String> {
    objects.iter().map(|it| it.id.clone()).collect()
}
