//! Calls for many objects: one after the other, all at once, page by page.

use std::error::Error;
use std::future::Future;

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::{StreamExt, TryStreamExt};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use crate::error::{Absent, CallError};

/// How many calls of one kind are under way at once where an API takes one object per call.
const CONCURRENCY: usize = 8;

/// Calls `call` for each item, a few at a time; results in the items' order, or the first error. Items are owned: the
/// futures of closures over references are not `Send`.
///
/// # Errors
/// The first error of `call`.
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
#[macro_export]
macro_rules! pages {
    ($call:expr, absent $action:expr, $codes:expr) => {{
        let all: ::std::result::Result<::std::vec::Vec<_>, _> =
            $call.into_paginator().items().send().try_collect().await;
        $crate::Absent::absent(all, $action, $codes)
    }};
    ($call:expr, $action:expr) => {
        $crate::Context::context($call.into_paginator().items().send().try_collect().await, $action)
    };
}

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
