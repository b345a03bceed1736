//! Idioms of talking to AWS that every service shares: tags, names, checks, equality of texts, and those of the crate
//! that every provider shares: errors, absence, retries.

pub mod arn;
pub mod check;
pub mod hash;
pub mod name;
pub mod plan;
pub mod same;
pub mod tags;
pub mod words;

pub use plumb_aws_delivery::{
    Absent, CallError, Context, Once, by_ids, code, each, error, pages, patiently, patiently_while, region, retry,
    some, told, until_found,
};
use plumb_engine::provider::typed::Prior;

pub use check::Check;
pub use name::{name, prefix};
pub use tags::{INTENT, Tags, TagsDiff};

/// What is in `a` and not in `b`.
pub fn only<T: Clone + PartialEq>(a: &[T], b: &[T]) -> Vec<T> {
    a.iter().filter(|it| !b.contains(it)).cloned().collect()
}

/// The ids of objects that are to be read.
pub fn ids<R>(objects: &[Prior<R>]) -> Vec<String> {
    objects.iter().map(|it| it.id.clone()).collect()
}
