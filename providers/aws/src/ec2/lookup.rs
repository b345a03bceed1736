//! Filters of data sources as configurations write them, and the one object that they must find.

use aws_sdk_ec2::types::Filter;
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;
use serde::{Deserialize, Serialize};

use super::filter;
use crate::wire::Tags;

/// A filter as the API's reference names it.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Name of the filter, such as `tag:Name` or `availability-zone`.
    #[attr(required)]
    pub name: String,
    /// Values, of which one must match; `*` and `?` stand for any text and any letter.
    #[attr(set, required)]
    pub values: Vec<String>,
}

/// Filters of conditions, of tags and of arguments that are set; `None` where there are none.
pub fn filters<'a>(
    conditions: &[Condition],
    tags: &Tags,
    arguments: impl IntoIterator<Item = (&'a str, Option<String>)>,
) -> Option<Vec<Filter>> {
    let conditions = conditions.iter().map(|it| filter(&it.name, it.values.iter().cloned()));
    let tags = tags.iter().map(|(key, value)| filter(&format!("tag:{key}"), [value.as_str()]));
    let set = arguments.into_iter().filter_map(|(name, value)| Some(filter(name, [value?])));
    let all: Vec<_> = conditions.chain(tags).chain(set).collect();
    (!all.is_empty()).then_some(all)
}

/// The one object that was found.
///
/// # Errors
/// None was found, or several.
pub fn one<T>(mut found: Vec<T>, action: &str) -> Result<T> {
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(ProviderError::refused(action, "nothing matches the arguments")
            .help("Check the filters, the region and the account.")),
        (Some(_), others) => Err(ProviderError::refused(action, format!("{} objects match", others + 1))
            .help("Add arguments or filters until one is left.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_wanted() {
        assert_eq!(one(vec![7], "reading").unwrap(), 7);
        assert!(one(Vec::<i32>::new(), "reading").unwrap_err().message.contains("nothing matches"));
        assert!(one(vec![7, 8], "reading").unwrap_err().message.contains("2 objects match"));
    }

    #[test]
    fn filters_of_what_is_set() {
        let tags = Tags::from([("Name".to_owned(), "a".to_owned())]);
        let all = filters(&[], &tags, [("state", None), ("cidr", Some("10.0.0.0/16".to_owned()))]).unwrap();
        let names: Vec<_> = all.iter().filter_map(|it| it.name()).collect();
        assert_eq!(names, ["tag:Name", "cidr"]);
        assert!(filters(&[], &Tags::new(), []).is_none());
    }
}
