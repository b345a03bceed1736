//! A provider of one type, and plans around it.

use std::sync::Arc;

use async_trait::async_trait;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::plan::{Action, Drift, OutputChange, Plan, PlanMode, ResourceChange};
use plumb_engine::provider::{Client, Provider, Providers, Recognition, ResourceType};
use plumb_engine::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use plumb_engine::store::ObjectKey;
use plumb_engine::value::{Type, Value, infer_json};

use crate::render::{Paint, View};

/// How states name the provider.
pub const PROVIDER: &str = r#"provider["registry.terraform.io/hashicorp/aws"]"#;

struct Aws {
    config: Schema,
    kind: Kind,
    ami: Schema,
}

struct Kind(Schema);

impl ResourceType for Kind {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn recognition(&self) -> Recognition {
        Recognition::Tag
    }
}

#[async_trait]
impl Provider for Aws {
    fn source(&self) -> &str {
        "registry.terraform.io/hashicorp/aws"
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        (name == "aws_thing").then_some(&self.kind as &dyn ResourceType)
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        (name == "aws_ami").then_some(&self.ami)
    }

    fn resource_types(&self) -> Vec<&str> {
        vec!["aws_thing"]
    }

    fn data_sources(&self) -> Vec<&str> {
        vec!["aws_ami"]
    }

    async fn configure(&self, _config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        Err(Diagnostics::new())
    }
}

fn nested(nesting: Nesting, block: Block) -> NestedBlock {
    NestedBlock { nesting, block, min_items: 0, max_items: None, computed: false, force_new: false }
}

fn rule() -> Block {
    let attributes = [("port", Type::Number), ("cidrs", Type::list(Type::String)), ("note", Type::String)];
    Block { attributes: attributes.map(|(name, ty)| (name.into(), Attribute::optional(ty))).into(), ..Block::default() }
}

/// The schema of `aws_thing`.
pub fn schema() -> Schema {
    let attributes = [
        ("id", Attribute::computed(Type::String)),
        ("arn", Attribute::computed(Type::String)),
        ("name", Attribute::required(Type::String)),
        ("cidr_block", Attribute { force_new: true, ..Attribute::optional(Type::String) }),
        ("size", Attribute::optional(Type::Number)),
        ("enabled", Attribute::optional(Type::Bool)),
        ("password", Attribute { sensitive: true, ..Attribute::optional(Type::String) }),
        ("policy", Attribute::optional(Type::String)),
        ("user_data", Attribute::optional(Type::String)),
        ("zones", Attribute::optional(Type::list(Type::String))),
        ("groups", Attribute::optional(Type::set(Type::String))),
        ("tags", Attribute::optional(Type::map(Type::String))),
        ("options", Attribute::optional(Type::map(Type::String))),
        ("input", Attribute::optional(Type::Dynamic)),
    ];
    let blocks = [
        ("ingress", nested(Nesting::Set, rule())),
        ("disk", nested(Nesting::List, rule())),
        ("timeouts", nested(Nesting::Single, rule())),
    ];
    let block = Block {
        attributes: attributes.map(|(name, it)| (name.into(), it)).into(),
        blocks: blocks.map(|(name, it)| (name.into(), it)).into(),
        ..Block::default()
    };
    Schema { version: 1, block, zero_is_absent: true }
}

/// The provider.
pub fn providers() -> Providers {
    let attributes = [("id", Attribute::computed(Type::String)), ("owner", Attribute::optional(Type::String))];
    let block = Block { attributes: attributes.map(|(name, it)| (name.into(), it)).into(), ..Block::default() };
    let ami = Schema { version: 0, block, zero_is_absent: true };
    let mut providers = Providers::default();
    providers.add(Arc::new(Aws { config: Schema::default(), kind: Kind(schema()), ami }));
    providers
}

/// A view without colours.
pub fn view(providers: &Providers) -> View<'_> {
    View { providers, paint: Paint::PLAIN, columns: 78 }
}

/// An `aws_thing` with these attributes; the others are null.
pub fn thing<const N: usize>(attributes: [(&str, Value); N]) -> Value {
    attributes.into_iter().fold(schema().block.empty(), |object, (name, value)| object.with(name, value))
}

/// No object.
pub fn none() -> Value {
    Value::null(schema().block.ty())
}

/// Known after apply.
pub fn unknown(ty: Type) -> Value {
    Value::unknown(ty)
}

/// A list of texts.
pub fn strings(items: &[&str]) -> Value {
    Value::list(Type::String, items.iter().map(Value::string).collect())
}

/// A set of texts.
pub fn string_set(items: &[&str]) -> Value {
    Value::set(Type::String, items.iter().map(Value::string).collect())
}

/// A map of texts.
pub fn map(items: &[(&str, &str)]) -> Value {
    Value::map(Type::String, items.iter().map(|(key, it)| ((*key).into(), Value::string(it))))
}

/// A block of `ingress`, `disk` or `timeouts`.
pub fn rule_block(port: i64, cidrs: &[&str]) -> Value {
    rule().empty().with("port", port.into()).with("cidrs", strings(cidrs))
}

/// The content of a rule as a type.
pub fn rule_type() -> Type {
    rule().ty()
}

/// A value of dynamic type, from JSON.
pub fn dynamic(json: serde_json::Value) -> Value {
    infer_json(&json)
}

/// A change of `aws_thing.a`.
pub fn change(action: Action, before: Value, after: Value) -> ResourceChange {
    ResourceChange {
        object: ObjectKey::current("aws_thing.a".parse().unwrap()),
        moved_from: None,
        provider: PROVIDER.into(),
        action,
        reason: None,
        before,
        after,
        replace_paths: Vec::new(),
        importing: None,
        dependencies: Vec::new(),
        prior_dependencies: Vec::new(),
        create_before_destroy: false,
        steps: None,
    }
}

/// A drift of `aws_thing.a`.
pub fn drift(before: Value, after: Value) -> Drift {
    Drift {
        object: ObjectKey::current("aws_thing.a".parse().unwrap()),
        moved_from: None,
        provider: PROVIDER.into(),
        before,
        after,
    }
}

/// An output that changes.
pub fn output(action: Action, before: Value, after: Value) -> OutputChange {
    OutputChange { action, before, after, sensitive: false }
}

/// A plan of these changes.
pub fn plan(changes: Vec<ResourceChange>) -> Plan {
    Plan {
        mode: PlanMode::Normal,
        lineage: String::new(),
        serial: 0,
        changes,
        runtime_changes: Vec::new(),
        late: [].into(),
        drift: Vec::new(),
        refreshed: Vec::new(),
        outputs: [].into(),
        variables: [].into(),
        targets: Vec::new(),
        excludes: Vec::new(),
        read_set: [].into(),
        given: [].into(),
        checks: Vec::new(),
        timestamp: "2026-01-01T00:00:00Z".into(),
        errored: false,
    }
}

/// One change as text.
pub fn drawn(change: &ResourceChange) -> String {
    crate::render::plan::resource(change, view(&providers()))
}
