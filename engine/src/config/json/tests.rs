//! Configurations in JSON mean what the same ones in native syntax mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::addr::{Mode, ResourceName};
use crate::config::references::{Reference, of_body};
use crate::config::{Config, IgnoreChanges, ProviderRef, Repetition, load_sources};
use crate::diagnostic::Diagnostics;
use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::syntax::ast::ExprKind;
use crate::value::{Type, Value, to_json};

fn load(files: &[(&str, &str)]) -> (Config, Vec<String>) {
    let sources: BTreeMap<PathBuf, Arc<str>> =
        files.iter().map(|(path, text)| (PathBuf::from(path), Arc::from(*text))).collect();
    let (config, found) = load_sources(Path::new("."), &sources);
    (config, summaries(found))
}

fn summaries(found: Diagnostics) -> Vec<String> {
    found.into_iter().map(|it| it.summary).collect()
}

fn one(text: &str) -> (Config, Vec<String>) {
    load(&[("main.tf.json", text)])
}

fn managed(name: &str) -> ResourceName {
    ResourceName { mode: Mode::Managed, type_name: "a_b".into(), name: name.into() }
}

#[test]
fn blocks_stand_in_objects_and_arrays() {
    let (config, found) = one(r#"[
        {"output": [{"a": [{"value": 1}]}, {"b": {"value": "x${1}"}}], "//": "comment"},
        {"locals": [{"x": 1}, {"y": 2}], "variable": {"v": null}, "terraform": null}
    ]"#);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(config.root().outputs.keys().map(|it| &**it).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(config.root().locals.len(), 2);
    assert!(config.root().variables.is_empty());
}

#[test]
fn strings_are_read_by_what_they_are_for() {
    let (config, found) = one(r#"{
        "variable": {"v": {"type": "list(string)", "default": ["${x}"], "description": "${y}"}},
        "resource": {"a_b": {
            "c": {"for_each": "${var.v}", "provider": "a.west", "depends_on": ["a_b.d"], "name": "${each.key}",
                  "lifecycle": {"ignore_changes": "all"}},
            "d": {"lifecycle": {"ignore_changes": ["tags[0]"]}}
        }},
        "provider": {"a": {"alias": "west"}}
    }"#);
    assert!(found.is_empty(), "{found:?}");
    let variable = &config.root().variables["v"];
    assert_eq!(variable.constraint.ty, Type::list(Type::String));
    assert_eq!(variable.default, Some(Value::list(Type::String, vec![Value::string("${x}")])));
    assert_eq!(variable.description.as_deref(), Some("${y}"));
    let resource = &config.root().resources[&managed("c")];
    assert!(matches!(&resource.repetition, Repetition::ForEach(expr) if matches!(expr.kind, ExprKind::Wrapped(_))));
    assert_eq!(resource.provider, ProviderRef { name: "a".into(), alias: Some("west".into()) });
    assert!(matches!(resource.depends_on[0].kind, ExprKind::Access(_)));
    assert!(matches!(resource.lifecycle.ignore_changes, IgnoreChanges::All));
    assert_eq!(config.sources.text(resource.depends_on[0].span), "\"a_b.d\"");
    let IgnoreChanges::Paths(paths) = &config.root().resources[&managed("d")].lifecycle.ignore_changes else {
        panic!()
    };
    assert!(matches!(paths[0].kind, ExprKind::Access(_)));
}

#[test]
fn ranges_lie_behind_escapes() {
    let text = r#"{"output": {"a": {"value": "\u00e9\n\"${nosuch.x} end"}}}"#;
    let (config, _) = one(text);
    let ExprKind::Template(template) = &config.root().outputs["a"].expr.kind else { panic!() };
    let crate::syntax::ast::TemplatePart::Interpolation(expr) = &template.parts[1] else { panic!() };
    assert_eq!(config.sources.text(expr.span), "nosuch.x");
}

#[test]
fn all_faults_are_told_in_one_run() {
    let (_, found) = one(r#"{
        "outputs": {},
        "output": {"a": {"value": 1, "value": 2, "colour": 3}, "b": 5, "c": {"value": {"x": 1, "x": 2}}},
        "resource": {"a_b": "x"},
        "locals": {"x": 1, "x": 2},
        "variable": {"v": {"type": "strin"}}
    }"#);
    for wanted in [
        "Extraneous JSON object property",
        "Duplicate argument",
        "Incorrect JSON value type",
        "Missing block label",
        "Duplicate object attribute",
        "Duplicate attribute definition",
        "Invalid type specification",
    ] {
        assert!(found.iter().any(|it| it == wanted), "{wanted} is not in {found:?}");
    }
}

#[test]
fn an_argument_that_could_not_be_read_is_not_missing() {
    assert_eq!(one(r#"{"output": {"a": {"value": 01}}}"#).1, ["Invalid JSON number"]);
}

fn schema() -> Block {
    let name =
        Block { attributes: BTreeMap::from([("name".into(), Attribute::optional(Type::String))]), ..Block::default() };
    let tag = NestedBlock {
        block: name,
        nesting: Nesting::List,
        min_items: 0,
        max_items: None,
        computed: false,
        force_new: false,
    };
    Block {
        attributes: BTreeMap::from([("size".into(), Attribute::optional(Type::Number))]),
        blocks: BTreeMap::from([("tag".into(), tag)]),
        ..Block::default()
    }
}

fn decoded(config: &Config) -> Result<String, Vec<String>> {
    let resource = &config.root().resources[&managed("r")];
    let names = &mut crate::eval::Constants;
    match crate::eval::decode(&resource.body, &schema(), resource.span, names) {
        Ok(value) => Ok(to_json(&value, Some(&schema().ty())).to_string()),
        Err(found) => Err(summaries(found)),
    }
}

#[test]
fn a_schema_tells_blocks_from_arguments() {
    let resource = |body: &str| one(&format!(r#"{{"resource": {{"a_b": {{"r": {body}}}}}}}"#)).0;
    for (body, tags) in [
        (r#"{"size": 1, "tag": {"name": "x"}}"#, r#"[{"name":"x"}]"#),
        (r#"{"size": 1, "tag": [{"name": "x"}, {"//": "y"}]}"#, r#"[{"name":"x"},{"name":null}]"#),
        (r#"{"size": 1, "tag": {"name": "x"}, "tag": [{"name": "y"}]}"#, r#"[{"name":"x"},{"name":"y"}]"#),
        (r#"{"size": 1, "tag": null}"#, "[]"),
        (
            r#"{"size": 1, "dynamic": {"tag": {"for_each": ["p", "q"], "iterator": "it",
                "content": {"name": "${it.value}${it.key}"}}}}"#,
            r#"[{"name":"p0"},{"name":"q1"}]"#,
        ),
    ] {
        assert_eq!(decoded(&resource(body)).unwrap(), format!(r#"{{"size":1,"tag":{tags}}}"#), "{body}");
    }
    let wrong = decoded(&resource(r#"{"size": 1, "size": 2, "tag": "x", "nosuch": 1}"#)).unwrap_err();
    assert_eq!(wrong, ["Incorrect JSON value type", "Duplicate argument", "Extraneous JSON object property"]);
}

#[test]
fn the_iterator_of_a_dynamic_block_is_no_reference() {
    let (config, _) = one(r#"{"resource": {"a_b": {"r": {"dynamic": {"tag": {
        "for_each": "${var.tags}", "content": {"name": "${tag.value} ${local.x}"}}}}}}}"#);
    let found = of_body(&config.root().resources[&managed("r")].body);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [Reference::Variable("tags".into()), Reference::Local("x".into())]
    );
}

#[test]
fn files_of_both_kinds_override_each_other() {
    let native = "resource \"a_b\" \"r\" {\n  size = 1\n  tag {\n    name = \"x\"\n  }\n}\n";
    let json = r#"{"resource": {"a_b": {"r": {"tag": [{"name": "y"}, {"name": "z"}]}}}}"#;
    let (config, found) = load(&[("main.tf", native), ("main_override.tf.json", json)]);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(decoded(&config).unwrap(), r#"{"size":1,"tag":[{"name":"y"},{"name":"z"}]}"#);
    let json = r#"{"resource": {"a_b": {"r": {"size": 1, "tag": [{"name": "y"}, {"name": "z"}]}}}}"#;
    let (config, found) = load(&[("main.tf.json", json), ("override.tf", &native.replace("size = 1", "size = 2"))]);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(decoded(&config).unwrap(), r#"{"size":2,"tag":[{"name":"x"}]}"#);
}
