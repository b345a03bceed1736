//! Which attribute types the Rust types of fields stand for.

use std::collections::{BTreeMap, BTreeSet};

use super::AttributeType;
use crate::value::{Type, Value};

macro_rules! primitive {
    ($($rust:ty => $ty:expr,)*) => {
        $(impl AttributeType for $rust {
            fn ty() -> Type {
                $ty
            }
        })*
    };
}

primitive! {
    String => Type::String,
    bool => Type::Bool,
    i64 => Type::Number,
    i32 => Type::Number,
    f64 => Type::Number,
    Value => Type::Dynamic,
}

impl<T: AttributeType> AttributeType for Option<T> {
    const OPTIONAL: bool = true;

    fn ty() -> Type {
        T::ty()
    }
}

impl<T: AttributeType> AttributeType for Vec<T> {
    const OPTIONAL: bool = true;

    fn ty() -> Type {
        Type::list(T::ty())
    }
}

impl<T: AttributeType> AttributeType for BTreeSet<T> {
    const OPTIONAL: bool = true;

    fn ty() -> Type {
        Type::set(T::ty())
    }
}

impl<T: AttributeType> AttributeType for BTreeMap<String, T> {
    const OPTIONAL: bool = true;

    fn ty() -> Type {
        Type::map(T::ty())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::Schema;
    use crate::provider::Schematic;
    use crate::schema::{Attribute, Block, Nesting};
    use crate::value::Number;

    /// A rule.
    #[derive(Debug, Serialize, Deserialize, Schema)]
    struct Rule {
        /// Port.
        port: i64,
        /// Why it is there.
        note: Option<String>,
    }

    /// Where things
    /// stand.
    ///
    /// More of it.
    #[derive(Debug, Serialize, Deserialize, Schema)]
    struct Sample {
        /// Name.
        #[attr(force_new, conflicts_with("prefix", "type"))]
        name: String,
        /// Prefix.
        #[attr(same = str::eq_ignore_ascii_case, deprecated = "Use `name`.")]
        prefix: Option<String>,
        /// Kind.
        #[attr(optional, computed)]
        r#type: Option<String>,
        /// Size in GiB.
        #[attr(default = 8)]
        size: i64,
        /// Weight.
        #[attr(default = -0.5)]
        weight: f64,
        /// Whether.
        #[attr(default = true)]
        enabled: bool,
        /// Mode.
        #[attr(default = "on")]
        mode: Option<String>,
        /// Secret.
        #[attr(sensitive, write_only)]
        secret: Option<String>,
        /// Address.
        #[attr(computed)]
        arn: String,
        /// Names.
        #[attr(set)]
        names: Vec<String>,
        /// Needed names.
        #[attr(required)]
        needed: Vec<String>,
        /// Labels.
        tags: BTreeMap<String, String>,
        /// Rules as an attribute.
        #[attr(set, optional, computed, block_syntax)]
        ingress: Vec<Rule>,
        /// Renamed.
        #[serde(default, rename = "any")]
        anything: Option<String>,
        /// Rules as blocks.
        #[block(set, min = 1, max = 5, force_new)]
        rule: Vec<Rule>,
        /// One rule.
        #[block(single, computed)]
        only: Option<Rule>,
        /// Rules in order.
        #[block(list)]
        ordered: Vec<Rule>,
        #[serde(skip)]
        _hidden: usize,
    }

    fn attribute(block: &Block, name: &str) -> Attribute {
        block.attributes.get(name).cloned().unwrap_or_else(|| panic!("no attribute {name}"))
    }

    #[test]
    fn requiredness_follows_flags_and_types() {
        let block = Sample::block();
        let of = |name| {
            let it = attribute(&block, name);
            (it.required, it.optional, it.computed)
        };
        let (required, optional) = ((true, false, false), (false, true, false));
        for (name, expected) in [
            ("name", required),
            ("needed", required),
            ("prefix", optional),
            ("size", optional),
            ("mode", optional),
            ("names", optional),
            ("tags", optional),
            ("any", optional),
            ("type", (false, true, true)),
            ("ingress", (false, true, true)),
            ("arn", (false, false, true)),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
        assert_eq!(block.attributes.len(), 14);
        assert!(!block.attributes.contains_key("_hidden"));
    }

    #[test]
    fn flags_and_descriptions() {
        let block = Sample::block();
        assert_eq!(block.description, "Where things\nstand.\n\nMore of it.");
        let name = attribute(&block, "name");
        assert!(name.force_new && !name.sensitive && name.same.is_none() && name.default.is_none());
        assert_eq!(name.description, "Name.");
        assert_eq!(name.conflicts_with, [Arc::from("prefix"), Arc::from("type")]);
        let prefix = attribute(&block, "prefix");
        assert!(prefix.same.is_some_and(|same| same("A", "a")));
        assert_eq!(prefix.deprecated.as_deref(), Some("Use `name`."));
        let secret = attribute(&block, "secret");
        assert!(secret.sensitive && secret.write_only);
        assert!(attribute(&block, "ingress").block_syntax);
    }

    #[test]
    fn defaults_are_values() {
        let block = Sample::block();
        let of = |name| attribute(&block, name).default;
        assert_eq!(of("size"), Some(Value::from(8i64)));
        assert_eq!(of("weight"), Number::parse("-0.5").map(Value::number));
        assert_eq!(of("enabled"), Some(Value::from(true)));
        assert_eq!(of("mode"), Some(Value::from("on")));
    }

    #[test]
    fn types_follow_fields() {
        let block = Sample::block();
        let of = |name| attribute(&block, name).ty;
        let rule = Type::object([("port", Type::Number), ("note", Type::String)]);
        assert_eq!(of("names"), Type::set(Type::String));
        assert_eq!(of("needed"), Type::list(Type::String));
        assert_eq!(of("tags"), Type::map(Type::String));
        assert_eq!(of("ingress"), Type::set(rule.clone()));
        assert_eq!(<Option<Value> as AttributeType>::ty(), Type::Dynamic);
        assert_eq!(<BTreeSet<i32> as AttributeType>::ty(), Type::set(Type::Number));
        assert_eq!(Rule::ty(), rule);
    }

    #[test]
    fn nested_blocks() {
        let blocks = Sample::block().blocks;
        let rule = &blocks["rule"];
        assert_eq!((rule.nesting, rule.min_items, rule.max_items), (Nesting::Set, 1, Some(5)));
        assert!(rule.force_new && !rule.computed);
        assert_eq!(rule.block.description, "Rules as blocks.");
        assert!(rule.block.attributes["port"].required);
        let only = &blocks["only"];
        assert_eq!((only.nesting, only.min_items, only.max_items), (Nesting::Single, 0, None));
        assert!(only.computed);
        assert_eq!(blocks["ordered"].nesting, Nesting::List);
    }
}
