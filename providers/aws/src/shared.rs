//! What every type gets: the `region` argument, and `tags_all` from `tags` and the provider's default tags.

use std::sync::Arc;

use plumb_engine::provider::PlannedChange;
use plumb_engine::provider::typed::TypedClient;
use plumb_engine::schema::{Attribute, Block};
use plumb_engine::value::{Kind, Path, Type, Value};

use crate::client::Aws;
use crate::wire::Tags;

const REGION: &str = "region";
const TAGS: &str = "tags";
const TAGS_ALL: &str = "tags_all";

impl TypedClient for Aws {
    fn extend_schema(type_name: &str, block: &mut Block) {
        if is_global(type_name) {
            return;
        }
        let description = "Region of the object; the provider's when left out. Another region means another object.";
        let region = Attribute {
            description: description.into(),
            optional: true,
            computed: true,
            ..Attribute::optional(Type::String)
        };
        block.attributes.entry(REGION.into()).or_insert(region);
    }

    fn plan(change: &mut PlannedChange, client: Option<&Self>) {
        plan_region(change, client);
        plan_tags(change, client);
    }

    fn observed(&self, object: Value, prior: Option<&Value>) -> Value {
        let object = match object.get(REGION) {
            Some(_) => object.with(REGION, Value::from(self.region.as_str())),
            None => object,
        };
        match (object.get(TAGS), object.get(TAGS_ALL)) {
            (Some(_), Some(all)) => {
                let all = self.without_ignored(all);
                let own = self.own_tags(&all, prior.and_then(|it| it.get(TAGS)));
                object.with(TAGS, own).with(TAGS_ALL, all)
            }
            _ => object,
        }
    }

    fn scoped(self: &Arc<Self>, object: Option<&Value>) -> Arc<Self> {
        match region_of(object) {
            Some(region) if region != self.region => self.in_region(region),
            _ => self.clone(),
        }
    }

    fn scope(&self, object: Option<&Value>) -> String {
        region_of(object).unwrap_or(&self.region).to_owned()
    }

    fn calls(&self) -> u64 {
        self.connection().sent()
    }

    fn made(&self, id: &str) {
        self.connection().made(id);
    }

    fn waiting(&self) -> Option<String> {
        self.connection().waiting()
    }
}

impl Aws {
    fn without_ignored(&self, tags: &Value) -> Value {
        match tags.kind() {
            Kind::Map(ty, items) => {
                let kept = items.iter().filter(|(key, _)| !self.ignore_tags().has(key));
                Value::map(ty.clone(), kept.map(|(key, it)| (key.clone(), it.clone())))
            }
            _ => tags.clone(),
        }
    }

    /// The tags that are not there because of the provider's defaults only; null where there are none, unless `prior`
    /// says that there is an empty map.
    fn own_tags(&self, all: &Value, prior: Option<&Value>) -> Value {
        let written = |key: &str| prior.is_some_and(|it| it.get(key).is_some());
        let default = |key: &str, value: &Value| {
            self.default_tags().get(key).is_some_and(|it| Some(it.as_str()) == value.as_str()) && !written(key)
        };
        let items = all.as_map().into_iter().flatten().filter(|(key, value)| !default(key, value));
        let own = Value::map(Type::String, items.map(|(key, it)| (key.clone(), it.clone())));
        let empty = own.as_map().is_some_and(|it| it.is_empty());
        let written_empty = prior.is_some_and(|it| it.as_map().is_some());
        if empty && !written_empty { Value::null(Type::map(Type::String)) } else { own }
    }
}

/// Whether the objects of a type are in no region.
fn is_global(type_name: &str) -> bool {
    const SERVICES: [&str; 3] = ["aws_iam_", "aws_route53_", "aws_cloudfront_"];
    const TYPES: [&str; 3] = ["aws_caller_identity", "aws_partition", "aws_regions"];
    SERVICES.iter().any(|it| type_name.starts_with(it)) || TYPES.contains(&type_name)
}

fn region_of(object: Option<&Value>) -> Option<&str> {
    object?.get(REGION)?.as_str()
}

/// The provider's region where the configuration names none. An object does not move: another region replaces it.
fn plan_region(change: &mut PlannedChange, client: Option<&Aws>) {
    if change.planned.get(REGION).is_none() {
        return;
    }
    let written = change.config.get(REGION).filter(|it| !it.is_null());
    let region = match (written, client) {
        (Some(region), _) => region.clone(),
        (None, Some(aws)) => Value::from(aws.region.as_str()),
        (None, None) => return,
    };
    let prior = change.prior.get(REGION).filter(|it| !it.is_null());
    if prior.is_some_and(|prior| *prior != region) {
        change.replace.push(Path::root().name(REGION));
    }
    change.planned = change.planned.clone().with(REGION, region);
}

/// All tags of the object to be, as far as they are known.
fn plan_tags(change: &mut PlannedChange, client: Option<&Aws>) {
    let (Some(tags), Some(_)) = (change.planned.get(TAGS), change.planned.get(TAGS_ALL)) else { return };
    let all = match client {
        Some(aws) => merged(aws.default_tags(), tags),
        None => Value::unknown(Type::map(Type::String)),
    };
    change.planned = change.planned.clone().with(TAGS_ALL, all);
}

fn merged(defaults: &Tags, tags: &Value) -> Value {
    if tags.is_unknown() {
        return Value::unknown(Type::map(Type::String));
    }
    let (plain, marks) = tags.clone().unmarked();
    let defaults = defaults.iter().map(|(key, value)| (key.as_str().into(), Value::from(value.as_str())));
    let own = plain.as_map().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let own = own.map(|(key, value)| (key.clone(), value.clone()));
    Value::map(Type::String, defaults.chain(own)).marked(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, Value)]) -> Value {
        Value::map(Type::String, pairs.iter().map(|(key, value)| ((*key).into(), value.clone())))
    }

    #[test]
    fn own_tags_win_over_defaults_and_may_be_unknown() {
        let defaults = Tags::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "1".to_owned())]);
        let unknown = Value::unknown(Type::String);
        let tags = map(&[("b", "2".into()), ("c", unknown.clone()), ("d", Value::null(Type::String))]);
        assert_eq!(merged(&defaults, &tags), map(&[("a", "1".into()), ("b", "2".into()), ("c", unknown)]));
        let none = Value::null(Type::map(Type::String));
        assert_eq!(merged(&defaults, &none), map(&[("a", "1".into()), ("b", "1".into())]));
        assert!(merged(&defaults, &Value::unknown(Type::map(Type::String))).is_unknown());
    }
}
