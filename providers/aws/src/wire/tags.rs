//! Tags, as every service has them.

use std::collections::BTreeMap;

use plumb_engine::provider::IntentKey;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Key of the tag that carries the [`IntentKey`] of a create whose API has no token; never shown as an object's tag.
pub const INTENT: &str = "plumb:intent";

/// What is to be done to an object's tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagsDiff {
    /// Tags to set, in order of their keys.
    pub set: Tags,
    /// Keys to remove, in order.
    pub remove: Vec<String>,
}

impl TagsDiff {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// What turns the tags `prior` into `now`.
pub fn diff(prior: &Tags, now: &Tags) -> TagsDiff {
    TagsDiff {
        set: now
            .iter()
            .filter(|(key, value)| prior.get(*key) != Some(value))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        remove: prior.keys().filter(|key| !now.contains_key(*key)).cloned().collect(),
    }
}

/// Tags as an answer tells them, without those that AWS and plumb keep for themselves.
pub fn observed(tags: impl IntoIterator<Item = (Option<String>, Option<String>)>) -> Tags {
    let tags = tags.into_iter().filter_map(|(key, value)| Some((key?, value.unwrap_or_default())));
    tags.filter(|(key, _)| !key.starts_with("aws:") && key != INTENT).collect()
}

/// Tags for a create, with the tag that finds the object again.
pub fn with_intent(tags: &Tags, key: &IntentKey) -> Tags {
    let mut tags = tags.clone();
    tags.insert(INTENT.to_owned(), key.to_string());
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn diff_sets_what_differs_and_removes_what_is_gone() {
        let diff = diff(&tags(&[("a", "1"), ("b", "1"), ("c", "1")]), &tags(&[("b", "2"), ("c", "1"), ("d", "1")]));
        assert_eq!(diff.set, tags(&[("b", "2"), ("d", "1")]));
        assert_eq!(diff.remove, ["a"]);
    }

    #[test]
    fn own_tags_are_not_observed() {
        let all = [("aws:cloudformation:stack-id", "x"), (INTENT, "y"), ("Name", "z")];
        let seen = observed(all.map(|(key, value)| (Some(key.to_owned()), Some(value.to_owned()))));
        assert_eq!(seen, tags(&[("Name", "z")]));
    }
}
