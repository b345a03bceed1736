//! A line of the table as a schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_engine::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use plumb_engine::value::{Type, Value};
use serde::Deserialize;

/// What a line says of a type.
#[derive(Deserialize)]
pub struct Facts {
    kind: String,
    attributes: BTreeMap<String, Fact>,
}

/// An attribute or a nested block.
#[derive(Deserialize)]
struct Fact {
    flags: Vec<String>,
    #[serde(rename = "type")]
    ty: Option<String>,
    /// How the blocks are kept; `None` for an attribute.
    block: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, Fact>,
    #[serde(default)]
    force_new: bool,
    #[serde(default)]
    sensitive: bool,
    default: Option<serde_json::Value>,
    #[serde(default)]
    conflicts_with: Vec<String>,
}

/// The schema that a line describes.
pub fn schema(facts: &Facts) -> Schema {
    let mut block = block(&facts.attributes);
    if facts.kind == "data"
        && let Some(id) = block.attributes.get_mut("id")
    {
        // Data sources take the id of what they look for.
        id.optional = true;
    }
    Schema { block, ..Schema::default() }
}

fn block(facts: &BTreeMap<String, Fact>) -> Block {
    let mut block = Block::default();
    for (name, fact) in facts {
        let key: Arc<str> = name.as_str().into();
        match &fact.block {
            None => {
                block.attributes.insert(key, attribute(name, fact, facts));
            }
            Some(_) if fact.is_value() => {
                let attribute = Attribute { ty: fact.collection(), block_syntax: fact.has("optional"), ..fact.flags() };
                block.attributes.insert(key, attribute);
            }
            Some(_) => {
                block.blocks.insert(key, nested(name, fact));
            }
        }
    }
    block
}

fn attribute(name: &str, fact: &Fact, siblings: &BTreeMap<String, Fact>) -> Attribute {
    let ty = fact.value_type();
    let default = fact.default.as_ref().and_then(|json| match (json, &ty) {
        (serde_json::Value::String(text), Type::String) => Some(Value::from(text.as_str())),
        (serde_json::Value::Bool(flag), Type::Bool) => Some(Value::from(*flag)),
        (serde_json::Value::Number(number), Type::Number) => number.as_i64().map(Value::from),
        _ => None,
    });
    let conflicts = fact.conflicts_with.iter().filter(|it| siblings.contains_key(*it));
    let flags = fact.flags();
    Attribute {
        // The provider fills in its own region.
        computed: flags.computed || name == "region" && flags.optional,
        write_only: name.ends_with("_wo"),
        conflicts_with: conflicts.map(|it| it.as_str().into()).collect(),
        ty,
        default,
        ..flags
    }
}

fn nested(name: &str, fact: &Fact) -> NestedBlock {
    let single = fact.block.as_deref() == Some("single");
    let mut block = block(&fact.attributes);
    if let Some(id) = block.attributes.get_mut("id").filter(|_| !fact.has("computed")) {
        // The id of a resource is the provider's; that of a block names something else, such as a launch template.
        id.optional = !id.required;
    }
    NestedBlock {
        nesting: match fact.block.as_deref() {
            // Time limits are the one object; any other single block is a list of at most one.
            _ if name == "timeouts" => Nesting::Single,
            Some("set") => Nesting::Set,
            _ => Nesting::List,
        },
        block,
        // Other limits are not known of the present version.
        min_items: usize::from(fact.has("required")),
        max_items: single.then_some(1),
        computed: fact.has("computed"),
        force_new: fact.force_new,
    }
}

impl Fact {
    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|it| it == flag)
    }

    fn flags(&self) -> Attribute {
        Attribute {
            required: self.has("required"),
            optional: self.has("optional"),
            computed: self.has("computed"),
            force_new: self.force_new,
            sensitive: self.sensitive,
            ..Attribute::optional(Type::Dynamic)
        }
    }

    /// Whether objects are values of an attribute: where the provider alone sets them, or where it does when the
    /// configuration does not and there are no blocks inside.
    fn is_value(&self) -> bool {
        self.has("computed") && (!self.has("optional") || self.attributes.values().all(|it| it.block.is_none()))
    }

    fn value_type(&self) -> Type {
        match &self.block {
            Some(_) => self.collection(),
            None => named_type(self.ty.as_deref().unwrap_or("any")),
        }
    }

    fn collection(&self) -> Type {
        let object = Type::object(self.attributes.iter().map(|(name, it)| (name.as_str(), it.value_type())));
        match self.block.as_deref() {
            Some("set") => Type::set(object),
            _ => Type::list(object),
        }
    }
}

fn named_type(text: &str) -> Type {
    let element = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix(')').map(named_type);
    match text {
        "string" => Type::String,
        "number" => Type::Number,
        "bool" => Type::Bool,
        _ => None
            .or_else(|| element("list(").map(Type::list))
            .or_else(|| element("set(").map(Type::set))
            .or_else(|| element("map(").map(Type::map))
            .unwrap_or(Type::Dynamic),
    }
}
