//! Whole plans as text.

use plumb_engine::plan::{Action, Plan, PlanMode};
use plumb_engine::value::{Type, Value};

use super::fixture::*;
use crate::render::{plan as rendered, state_show};

fn text(plan: &Plan) -> String {
    rendered::plan(plan, view(&providers()))
}

fn object() -> Value {
    thing([("id", "t-1".into()), ("name", "web".into())])
}

#[test]
fn changes_with_outputs() {
    let mut it = plan(vec![
        change(Action::Create, none(), thing([("id", unknown(Type::String)), ("name", "web".into())])),
        change(Action::NoOp, object(), object()),
    ]);
    it.outputs = [
        ("gone".into(), output(Action::Delete, "x".into(), Value::null(Type::String))),
        ("id".into(), output(Action::Create, Value::null(Type::String), unknown(Type::String))),
        ("list".into(), output(Action::Update, strings(&["a", "b"]), strings(&["a", "c"]))),
        ("same".into(), output(Action::NoOp, "x".into(), "x".into())),
        ("secret".into(), {
            let mut secret = output(Action::Update, "a".into(), "b".into());
            secret.sensitive = true;
            secret
        }),
    ]
    .into();
    insta::assert_snapshot!(text(&it), @r#"
    Plumb compared the configuration with the real infrastructure and made the
    following execution plan. Resource actions are indicated with the following
    symbols:
      + create

    Terraform will perform the following actions:

      # aws_thing.a will be created
      + resource "aws_thing" "a" {
          + id   = (known after apply)
          + name = "web"
        }

    Plan: 1 to add, 0 to change, 0 to destroy.

    Changes to Outputs:
      - gone   = "x" -> null
      + id     = (known after apply)
      ~ list   = [
            "a",
          ~ "b" -> "c",
        ]
      ~ secret = (sensitive value)
    "#);
}

#[test]
fn only_outputs_change() {
    let mut it = plan(Vec::new());
    it.outputs = [("z".into(), output(Action::Update, 1_i64.into(), 2_i64.into()))].into();
    insta::assert_snapshot!(text(&it), @r#"
    Changes to Outputs:
      ~ z = 1 -> 2

    Applying this plan stores the new output values in the state and changes
    nothing else.
    "#);
}

#[test]
fn nothing_to_do() {
    let mut it = plan(vec![change(Action::NoOp, object(), object())]);
    insta::assert_snapshot!(text(&it), @r#"
    No changes. Your infrastructure matches the configuration.

    Plumb has compared your real infrastructure against your configuration and
    found no differences, so no changes are needed.
    "#);
    it.mode = PlanMode::Destroy;
    assert!(text(&it).starts_with("\nNo changes. No objects need to be destroyed.\n"));
    it.mode = PlanMode::RefreshOnly;
    assert!(text(&it).starts_with("\nNo changes. Your infrastructure still matches the configuration.\n"));
}

#[test]
fn drift_stands_before_the_changes() {
    let mut it = plan(vec![change(Action::Update, object().with("name", "hand".into()), object())]);
    it.drift = vec![drift(object(), object().with("name", "hand".into()))];
    insta::assert_snapshot!(text(&it), @r#"
    Note: Objects have changed outside of Terraform

    The following objects are no longer as the last apply left them, which may
    have led to parts of this plan:

      # aws_thing.a has changed
      ~ resource "aws_thing" "a" {
            id   = "t-1"
          ~ name = "web" -> "hand"
        }


    Unless you have made equivalent changes to your configuration, or told plumb
    with ignore_changes to leave these attributes alone, the following plan may
    undo or answer these changes.

    ─────────────────────────────────────────────────────────────────────────────

    Plumb compared the configuration with the real infrastructure and made the
    following execution plan. Resource actions are indicated with the following
    symbols:
      ~ update in-place

    Terraform will perform the following actions:

      # aws_thing.a will be updated in-place
      ~ resource "aws_thing" "a" {
            id   = "t-1"
          ~ name = "hand" -> "web"
        }

    Plan: 0 to add, 1 to change, 0 to destroy.
    "#);
}

#[test]
fn drift_without_changes() {
    let mut it = plan(Vec::new());
    it.mode = PlanMode::RefreshOnly;
    it.drift = vec![drift(object(), none())];
    insta::assert_snapshot!(text(&it), @r#"
    Note: Objects have changed outside of Terraform

    The following objects are no longer as the last apply left them, which may
    have led to parts of this plan:

      # aws_thing.a has been deleted
      - resource "aws_thing" "a" {
          - id   = "t-1" -> null
          - name = "web" -> null
        }


    This is a refresh-only plan: nothing is done to undo these changes. If they
    were expected, apply it to record them in the state; no object is touched by
    that.
    "#);
    it.mode = PlanMode::Normal;
    assert!(text(&it).contains("\nNo changes. Your infrastructure matches the configuration.\n"));
}

#[test]
fn a_plan_that_failed_says_so() {
    let mut it = plan(vec![change(Action::Delete, object(), none())]);
    it.errored = true;
    assert!(text(&it).contains("\nThese actions were planned before a problem was met:\n"));
    it.changes.clear();
    assert!(text(&it).contains("Planning failed."));
}

#[test]
fn a_group_that_has_moved_is_told_above_that_there_is_nothing_to_do() {
    let mut it = plan(vec![change(Action::NoOp, object(), object())]);
    it.runtime_changes = vec![plumb_engine::provider::RuntimeChange {
        object: plumb_engine::store::ObjectKey::current("ha_group.db".parse().unwrap()),
        attribute: "active_server".into(),
        owner: "ha_group.db".parse().unwrap(),
        from: Some("server1".into()),
        to: Some("server2".into()),
        epoch: 7,
        confirmed: true,
    }];
    let said = text(&it);
    let (told, rest) = said.split_once("ha_group.db: active server1 → server2 (epoch 7)").expect("it is told");
    assert!(told.contains("Runtime changed.") && rest.contains("No changes."), "{said}");
    assert!(crate::render::runtime::alone(&it));
    let json = crate::render::json_plan::document(&it, serde_json::json!({}), &providers());
    assert_eq!(json["runtime_changes"][0]["to"], "server2");
    assert_eq!(json["applyable"], false);
}

#[test]
fn the_way_on_names_the_plan_file() {
    let providers = providers();
    assert!(rendered::next_step(Some("p.bin"), view(&providers)).contains("\nSaved the plan to: p.bin\n"));
    assert!(rendered::next_step(None, view(&providers)).contains("-out was not given"));
}

#[test]
fn drift_as_a_list() {
    let after = object().with("name", "hand".into()).with("tags", map(&[("k", "v")])).with("password", "p".into());
    let all = [drift(object(), after), drift(object(), none())];
    let providers = providers();
    insta::assert_snapshot!(crate::render::drift::text(&all, view(&providers)), @r#"
    aws_thing.a [id=t-1]
      name: "web" → "hand"
      password: (none) → (sensitive value)
      tags: (none) → {"k":"v"}
    aws_thing.a [id=t-1]: deleted

    Drift: 2 objects have changed since the last apply.
    "#);
    let mut drifted = plan(Vec::new());
    drifted.drift = all[..1].to_vec();
    let document = crate::render::drift::document(&drifted, view(&providers));
    insta::assert_snapshot!(format!("{document:#}"), @r#"
    {
      "format_version": "1.0",
      "timestamp": "2026-01-01T00:00:00Z",
      "drifted": true,
      "objects": [
        {
          "address": "aws_thing.a",
          "type": "aws_thing",
          "name": "a",
          "provider_name": "registry.terraform.io/hashicorp/aws",
          "id": "t-1",
          "action": "update",
          "differences": [
            {
              "path": "name",
              "was": "web",
              "is": "hand",
              "sensitive": false
            },
            {
              "path": "password",
              "was": null,
              "is": null,
              "sensitive": true
            },
            {
              "path": "tags",
              "was": null,
              "is": {
                "k": "v"
              },
              "sensitive": false
            }
          ]
        }
      ],
      "runtime_changes": []
    }
    "#);
}

#[test]
fn a_stored_object_is_shown_without_markers() {
    use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus};
    let record = ObjectRecord {
        provider: PROVIDER.into(),
        schema_version: 1,
        status: ObjectStatus::Tainted,
        attributes: serde_json::json!({
            "id": "t-1", "name": "web", "password": "p", "zones": ["a"], "tags": {"Name": "web"},
            "input": {"value": {"a": [1]}, "type": ["object", {"a": ["tuple", ["number"]]}]},
            "ingress": [{"port": 443, "cidrs": ["x"], "note": null}],
        })
        .into(),
        sensitive: Vec::new(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        row_version: 1,
    };
    let key = ObjectKey::current("aws_thing.a[0]".parse().unwrap());
    let providers = providers();
    insta::assert_snapshot!(state_show::object(&key, &record, view(&providers)), @r#"
    # aws_thing.a[0]: (tainted)
    resource "aws_thing" "a" {
        id       = "t-1"
        input    = {
            a = [
                1,
            ]
        }
        name     = "web"
        password = (sensitive value)
        tags     = {
            "Name" = "web"
        }
        zones    = [
            "a",
        ]

        ingress {
            cidrs = [
                "x",
            ]
            port  = 443
        }
    }
    "#);
}
