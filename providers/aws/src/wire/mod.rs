//! Idioms of talking to AWS that every service shares: errors, absence, retries, tags, names, equality of texts.

pub mod arn;
pub mod check;
pub mod error;
pub mod name;
pub mod plan;
pub mod region;
pub mod retry;
pub mod same;
pub mod tags;
pub mod words;

use std::future::Future;

use futures::{StreamExt, TryStreamExt};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Prior, Result};

pub use check::Check;
pub use error::{Absent, Context, code};
pub use name::name;
pub use retry::{patiently, until_found};
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

/// All items of all pages of a call: `pages!(aws.ec2.describe_vpcs(), "reading aws_vpc (DescribeVpcs)")`.
macro_rules! pages {
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

/// The ids of objects that are to be read.
pub fn ids<R>(objects: &[Prior<R>]) -> Vec<String> {
    objects.iter().map(|it| it.id.clone()).collect()
}
