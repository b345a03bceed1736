//! Diagrams of a small configuration and of a state.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::config::{self, Config, Embedded};
use crate::store::{ObjectKey, ObjectRecord, ObjectStatus, Snapshot};

const ROOT: &str = r#"
variable "v" {
  validation {
    condition     = var.v != ""
    error_message = "empty"
  }
}
locals { used = var.v }
provider "aws" { alias = "unused" }
resource "terraform_data" "a" { input = local.used }
resource "terraform_data" "b" {
  input = [terraform_data.a.id, terraform_data.c.id]
}
resource "terraform_data" "c" { input = terraform_data.a.id }
module "m" {
  source     = "./m"
  depends_on = [terraform_data.b]
}
resource "terraform_data" "d" { input = module.m.constant }
resource "terraform_data" "e" { input = module.m }
check "k" {
  assert {
    condition     = terraform_data.d.id != ""
    error_message = "none"
  }
}
"#;

const CALLED: &str = r#"
resource "terraform_data" "inner" {}
output "constant" { value = 1 }
"#;

fn configuration(root: &str) -> Config {
    let files: BTreeMap<PathBuf, Arc<str>> =
        [("main.tf", root), ("m/main.tf", CALLED)].map(|(path, text)| (path.into(), text.into())).into();
    let (config, found) = config::load_from(&Embedded(&files), Path::new("."));
    assert!(!found.has_errors(), "{found:?}");
    config
}

fn state(objects: &[(&str, &[&str])]) -> Snapshot {
    let objects = objects.iter().map(|(addr, dependencies)| {
        let resource = |text: &&str| text.parse::<crate::addr::InstanceAddr>().unwrap().config();
        let record = ObjectRecord {
            provider: "provider[\"terraform.io/builtin/terraform\"]".to_owned(),
            schema_version: 0,
            status: ObjectStatus::Ready,
            attributes: serde_json::Value::Null.into(),
            sensitive: Vec::new(),
            dependencies: dependencies.iter().map(resource).collect(),
            create_before_destroy: false,
            row_version: 0,
        };
        (ObjectKey::current(addr.parse().unwrap()), record)
    });
    Snapshot { objects: objects.collect(), ..Snapshot::default() }
}

/// The edges as text, those of providers aside.
fn edges(diagram: &Diagram) -> Vec<String> {
    let name = |at: usize| diagram.vertices[at].name.as_str();
    let all = diagram.edges.iter().map(|&(from, to)| format!("{} -> {}", name(from), name(to)));
    all.filter(|it| !it.contains("provider[")).collect()
}

#[test]
fn resources_wait_for_resources_through_everything_else() {
    let config = configuration(ROOT);
    let diagram = resources(&config, &state(&[("terraform_data.gone[0]", &[]), ("terraform_data.gone[1]", &[])]));
    let names: Vec<&str> = diagram.vertices.iter().map(|it| it.name.as_str()).collect();
    let root = ["a", "b", "c", "d", "e", "gone"].map(|it| format!("terraform_data.{it}"));
    assert_eq!(names[..6], root);
    assert_eq!(names[6..], ["module.m.terraform_data.inner"]);
    assert_eq!(diagram.vertices[6].label, "terraform_data.inner");
    assert_eq!(diagram.vertices[6].module, "module.m");
    assert_eq!(
        edges(&diagram),
        [
            "terraform_data.b -> terraform_data.c",
            "terraform_data.c -> terraform_data.a",
            "terraform_data.d -> terraform_data.b",
            "terraform_data.e -> module.m.terraform_data.inner",
            "module.m.terraform_data.inner -> terraform_data.b",
        ]
    );
}

#[test]
fn a_plan_visits_everything() {
    let diagram = plan(&configuration(ROOT), &state(&[("terraform_data.gone", &[])]), Visit::Plan);
    assert_eq!(
        edges(&diagram),
        [
            "check.k (expand) -> check.k (report)",
            "check.k (expand) -> terraform_data.d (expand)",
            "local.used (expand) -> var.v (validation)",
            "module.m (close) -> module.m.output.constant (expand)",
            "module.m (close) -> module.m.terraform_data.inner (expand)",
            "module.m (expand) -> terraform_data.b (expand)",
            "module.m.output.constant (expand) -> module.m (expand)",
            "module.m.terraform_data.inner (expand) -> module.m (expand)",
            "root -> check.k (expand)",
            "terraform_data.a (expand) -> local.used (expand)",
            "terraform_data.b (expand) -> terraform_data.c (expand)",
            "terraform_data.c (expand) -> terraform_data.a (expand)",
            "terraform_data.d (expand) -> module.m.output.constant (expand)",
            "terraform_data.e (expand) -> module.m (close)",
            "var.v (validation) -> var.v",
        ]
    );
    let drawn = |shape| diagram.vertices.iter().filter(move |it| it.shape == Some(shape)).map(|it| it.name.as_str());
    assert_eq!(drawn(Shape::Diamond).collect::<Vec<_>>(), ["provider[\"terraform.io/builtin/terraform\"]"]);
    assert_eq!(drawn(Shape::Note).collect::<Vec<_>>(), ["var.v"]);
    assert!(drawn(Shape::Box).any(|it| it == "terraform_data.gone (orphan)"));
}

#[test]
fn users_are_destroyed_before_what_they_use() {
    let objects: [(&str, &[&str]); 4] = [
        ("terraform_data.a", &[]),
        ("terraform_data.b[0]", &["terraform_data.a"]),
        ("terraform_data.b[1]", &["terraform_data.a"]),
        ("module.m[0].terraform_data.inner", &["terraform_data.a", "terraform_data.b"]),
    ];
    let diagram = destroy(&configuration("output \"o\" { value = 1 }"), &state(&objects));
    assert_eq!(
        edges(&diagram),
        [
            "root -> output.o (expand)",
            "terraform_data.a (destroy) -> terraform_data.b (destroy)",
            "terraform_data.a (destroy) -> terraform_data.b (destroy)",
            "terraform_data.b (destroy) -> module.m.terraform_data.inner (destroy)",
            "terraform_data.b (destroy) -> module.m.terraform_data.inner (destroy)",
        ]
    );
}

#[test]
fn circles_are_drawn_too() {
    let circle = "resource \"terraform_data\" \"a\" { input = local.x }\nlocals { x = terraform_data.a.id }\n";
    let diagram = plan(&configuration(circle), &Snapshot::default(), Visit::Plan);
    let circular = Diagram { edges: diagram.circular_edges(), ..diagram };
    assert_eq!(
        edges(&circular),
        ["local.x (expand) -> terraform_data.a (expand)", "terraform_data.a (expand) -> local.x (expand)"]
    );
}
