//! Single changes as text.

use plumb_engine::plan::{Action, Reason};
use plumb_engine::value::{Marks, Path, Type, Value};

use super::fixture::*;

#[test]
fn create() {
    let after = thing([
        ("id", unknown(Type::String)),
        ("arn", unknown(Type::String)),
        ("name", "web".into()),
        ("size", 3.into_value()),
        ("password", "secret".into()),
        ("zones", strings(&["a", "b"])),
        ("tags", map(&[("Name", "web"), ("team", "x")])),
        ("ingress", Value::set(rule_type(), vec![rule_block(443, &["0.0.0.0/0"])])),
    ]);
    insta::assert_snapshot!(drawn(&change(Action::Create, none(), after)), @r#"
    # aws_thing.a will be created
    + resource "aws_thing" "a" {
        + arn      = (known after apply)
        + id       = (known after apply)
        + name     = "web"
        + password = (sensitive value)
        + size     = 3
        + tags     = {
            + "Name" = "web"
            + "team" = "x"
          }
        + zones    = [
            + "a",
            + "b",
          ]

        + ingress {
            + cidrs = [
                + "0.0.0.0/0",
              ]
            + port  = 443
          }
      }
    "#);
}

#[test]
fn update() {
    let before = thing([
        ("id", "t-1".into()),
        ("name", "web".into()),
        ("size", 3.into_value()),
        ("enabled", true.into()),
        ("zones", strings(&["a", "b", "c", "d", "e"])),
        ("groups", string_set(&["x", "y"])),
        ("tags", map(&[("Name", "web"), ("team", "x")])),
        ("options", map(&[("a", "1"), ("b", "2"), ("c", "3")])),
    ]);
    let after = before
        .clone()
        .with("size", 4.into_value())
        .with("enabled", Value::null(Type::Bool))
        .with("arn", unknown(Type::String))
        .with("zones", strings(&["a", "b", "c", "new", "d", "e"]))
        .with("groups", string_set(&["y", "z"]))
        .with("options", map(&[("a", "1"), ("b", "changed"), ("d", "4")]));
    insta::assert_snapshot!(drawn(&change(Action::Update, before, after)), @r#"
    # aws_thing.a will be updated in-place
    ~ resource "aws_thing" "a" {
        + arn     = (known after apply)
        - enabled = true -> null
        ~ groups  = [
            - "x",
            + "z",
              # (1 unchanged element hidden)
          ]
          id      = "t-1"
          name    = "web"
        ~ options = {
            ~ "b" = "2" -> "changed"
            - "c" = "3"
            + "d" = "4"
              # (1 unchanged element hidden)
          }
        ~ size    = 3 -> 4
          tags    = {
              "Name" = "web"
              "team" = "x"
          }
        ~ zones   = [
              # (2 unchanged elements hidden)
              "c",
            + "new",
              "d",
              # (1 unchanged element hidden)
          ]
      }
    "#);
}

#[test]
fn replace_in_both_orders() {
    let before = thing([("id", "t-1".into()), ("name", "web".into()), ("cidr_block", "10.0.0.0/16".into())]);
    let after = before.clone().with("id", unknown(Type::String)).with("cidr_block", "10.1.0.0/16".into());
    let mut it = change(Action::DeleteThenCreate, before, after);
    it.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    it.replace_paths = vec![Path::root().name("cidr_block")];
    insta::assert_snapshot!(drawn(&it), @r#"
      # aws_thing.a must be replaced
    -/+ resource "aws_thing" "a" {
          ~ cidr_block = "10.0.0.0/16" -> "10.1.0.0/16" # forces replacement
          ~ id         = "t-1" -> (known after apply)
            name       = "web"
        }
    "#);
    it.action = Action::CreateThenDelete;
    assert!(drawn(&it).contains("\n+/- resource \"aws_thing\" \"a\" {\n"));
}

#[test]
fn every_reason_of_a_replacement_has_its_words() {
    let object = || thing([("id", "t-1".into())]);
    for (reason, want) in [
        (Reason::ReplaceBecauseTainted, "  # aws_thing.a is tainted, so must be replaced\n"),
        (Reason::ReplaceByRequest, "  # aws_thing.a will be replaced, as requested\n"),
        (Reason::ReplaceByTriggers, "  # aws_thing.a will be replaced due to changes in replace_triggered_by\n"),
    ] {
        let mut it = change(Action::DeleteThenCreate, object(), object());
        it.reason = Some(reason);
        assert!(drawn(&it).starts_with(want), "{}", drawn(&it));
    }
}

#[test]
fn destroy() {
    let before = thing([
        ("id", "t-1".into()),
        ("name", "web".into()),
        ("password", "secret".into()),
        ("zones", strings(&["a"])),
        ("tags", map(&[])),
        ("disk", Value::list(rule_type(), vec![rule_block(1, &[])])),
    ]);
    let mut it = change(Action::Delete, before, none());
    it.reason = Some(Reason::DeleteBecauseNoResourceConfig);
    insta::assert_snapshot!(drawn(&it), @r#"
    # aws_thing.a will be destroyed
    # (because aws_thing.a is not in configuration)
    - resource "aws_thing" "a" {
        - id       = "t-1" -> null
        - name     = "web" -> null
        - password = (sensitive value) -> null
        - tags     = {} -> null
        - zones    = [
            - "a",
          ] -> null

        - disk {
            - cidrs = [] -> null
            - port  = 1 -> null
          }
      }
    "#);
}

#[test]
fn every_reason_of_a_delete_has_its_words() {
    for (address, reason, want) in [
        ("aws_thing.a[1]", Reason::DeleteBecauseCountIndex, "(because index [1] is out of range for count)"),
        ("aws_thing.a[\"k\"]", Reason::DeleteBecauseEachKey, "(because key [\"k\"] is not in for_each map)"),
        ("aws_thing.a", Reason::DeleteBecauseWrongRepetition, "(because resource uses count or for_each)"),
        ("module.m.aws_thing.a", Reason::DeleteBecauseNoModule, "(because module.m is not in configuration)"),
    ] {
        let mut it = change(Action::Delete, thing([("id", "t".into())]), none());
        it.object.addr = address.parse().unwrap();
        it.reason = Some(reason);
        assert!(drawn(&it).starts_with(&format!("  # {address} will be destroyed\n  # {want}\n")), "{}", drawn(&it));
    }
}

#[test]
fn a_deposed_object_is_named() {
    let mut it = change(Action::Delete, thing([("id", "t-1".into())]), none());
    it.object.deposed = Some("0a1b2c3d".into());
    insta::assert_snapshot!(drawn(&it), @r#"
    # aws_thing.a (deposed object 0a1b2c3d) will be destroyed
    # (left over from a replacement that was not finished)
    - resource "aws_thing" "a" {
        - id = "t-1" -> null
      }
    "#);
}

#[test]
fn import_move_and_forget() {
    let object = || thing([("id", "t-1".into()), ("name", "web".into()), ("size", 1.into_value())]);
    let mut imported = change(Action::NoOp, object(), object());
    imported.importing = Some("t-1".into());
    insta::assert_snapshot!(drawn(&imported), @r#"
    # aws_thing.a will be imported
      resource "aws_thing" "a" {
          id   = "t-1"
          name = "web"
          size = 1
      }
    "#);
    imported.action = Action::Update;
    imported.moved_from = Some("aws_thing.old".parse().unwrap());
    imported.after = object().with("size", 2.into_value());
    insta::assert_snapshot!(drawn(&imported), @r#"
    # aws_thing.a will be updated in-place
    # (moved from aws_thing.old)
    # (imported from "t-1")
    ~ resource "aws_thing" "a" {
          id   = "t-1"
          name = "web"
        ~ size = 1 -> 2
      }
    "#);
    let mut moved = change(Action::NoOp, object(), object());
    moved.moved_from = Some("aws_thing.old".parse().unwrap());
    insta::assert_snapshot!(drawn(&moved), @r#"
    # aws_thing.old has moved to aws_thing.a
      resource "aws_thing" "a" {
          id   = "t-1"
          name = "web"
          # (1 unchanged attribute hidden)
      }
    "#);
    insta::assert_snapshot!(drawn(&change(Action::Forget, object(), none())), @r#"
      # aws_thing.a will no longer be managed by plumb, but will not be destroyed
      . resource "aws_thing" "a" {
            id   = "t-1"
            name = "web"
            # (1 unchanged attribute hidden)
        }
    "#);
}

#[test]
fn data_is_read_during_apply() {
    let after = Value::object([("id", unknown(Type::String)), ("owner", "self".into())]);
    let mut it = change(Action::Read, Value::null(after.ty()), after);
    it.object.addr = "data.aws_ami.node".parse().unwrap();
    it.reason = Some(Reason::ReadBecauseConfigUnknown);
    insta::assert_snapshot!(drawn(&it), @r#"
     # data.aws_ami.node will be read during apply
     # (config refers to values not yet known)
    <= data "aws_ami" "node" {
         + id    = (known after apply)
         + owner = "self"
       }
    "#);
}

#[test]
fn nested_blocks() {
    let before = thing([
        ("id", "t-1".into()),
        ("ingress", Value::set(rule_type(), vec![rule_block(22, &["a"]), rule_block(80, &["b"])])),
        ("disk", Value::list(rule_type(), vec![rule_block(1, &["x"]), rule_block(2, &["y"])])),
        ("timeouts", rule_block(5, &[])),
    ]);
    let after = before
        .clone()
        .with("ingress", Value::set(rule_type(), vec![rule_block(80, &["b"]), rule_block(443, &["c"])]))
        .with("disk", Value::list(rule_type(), vec![rule_block(1, &["x"]), rule_block(3, &["y"])]));
    let mut it = change(Action::Update, before, after);
    it.replace_paths = vec![Path::root().name("disk").index(1).name("port")];
    insta::assert_snapshot!(drawn(&it), @r#"
    # aws_thing.a will be updated in-place
    ~ resource "aws_thing" "a" {
          id = "t-1"

        ~ disk {
            ~ port  = 2 -> 3 # forces replacement
              # (1 unchanged attribute hidden)
          }

        - ingress {
            - cidrs = [
                - "a",
              ] -> null
            - port  = 22 -> null
          }
        + ingress {
            + cidrs = [
                + "c",
              ]
            + port  = 443
          }

          # (3 unchanged blocks hidden)
      }
    "#);
}

#[test]
fn blocks_that_are_not_known_yet() {
    let before = thing([("id", "t-1".into())]);
    let after = before.clone().with("disk", unknown(Type::list(rule_type())));
    insta::assert_snapshot!(drawn(&change(Action::Update, before, after)), @r#"
    # aws_thing.a will be updated in-place
    ~ resource "aws_thing" "a" {
          id = "t-1"

        + disk (known after apply)
      }
    "#);
}

#[test]
fn sensitive_values_are_never_drawn() {
    let before = thing([
        ("id", "t-1".into()),
        ("password", "old-secret".into()),
        ("name", "plain".into()),
        ("tags", map(&[("k", "v")])),
        ("zones", strings(&["hidden-zone"]).marked(Marks::SENSITIVE)),
    ]);
    let after = before
        .clone()
        .with("password", "new-secret".into())
        .with("name", Value::string("plain").marked(Marks::SENSITIVE))
        .with("zones", strings(&["hidden-zone"]))
        .with("tags", Value::map(Type::String, [("k".into(), Value::string("hidden-tag").marked(Marks::SENSITIVE))]));
    let text = drawn(&change(Action::Update, before, after));
    assert!(!text.contains("secret") && !text.contains("hidden-"), "{text}");
    insta::assert_snapshot!(text, @r#"
    # aws_thing.a will be updated in-place
    ~ resource "aws_thing" "a" {
          id       = "t-1"
          # Warning: this value becomes sensitive and is no longer shown after the apply. The value itself stays.
        ~ name     = (sensitive value)
        ~ password = (sensitive value)
        ~ tags     = {
              # Warning: this value becomes sensitive and is no longer shown after the apply.
            ~ "k" = (sensitive value)
          }
          # Warning: this value is no longer sensitive and is shown from the apply on. The value itself stays.
        ~ zones    = (sensitive value)
      }
    "#);
}

#[test]
fn texts_of_several_lines_and_json() {
    let before = thing([
        ("id", "t-1".into()),
        ("user_data", "#!/bin/sh\nset -e\nrun a\n".into()),
        ("policy", r#"{"Version":"1","Statement":[{"Action":"a"}]}"#.into()),
    ]);
    let after = before
        .clone()
        .with("user_data", "#!/bin/sh\nset -e\nrun b\ndone\n".into())
        .with("policy", r#"{"Version":"1","Statement":[{"Action":"a"},{"Action":"b"}]}"#.into());
    insta::assert_snapshot!(drawn(&change(Action::Update, before, after)), @r#"
    # aws_thing.a will be updated in-place
    ~ resource "aws_thing" "a" {
          id        = "t-1"
        ~ policy    = jsonencode(
            ~ {
                ~ Statement = [
                      {
                          Action = "a"
                      },
                    + {
                        + Action = "b"
                      },
                  ]
                  # (1 unchanged attribute hidden)
              }
          )
        ~ user_data = <<-EOT
              #!/bin/sh
              set -e
            - run a
            + run b
            + done
          EOT
      }
    "#);
}

#[test]
fn json_that_is_only_spelled_differently() {
    let before = thing([("id", "t-1".into()), ("policy", r#"{"a":1}"#.into())]);
    let after = before.clone().with("policy", r#"{ "a": 1 }"#.into());
    insta::assert_snapshot!(drawn(&change(Action::Update, before, after)), @r#"
    # aws_thing.a will be updated in-place
    ~ resource "aws_thing" "a" {
          id     = "t-1"
        ~ policy = jsonencode( # whitespace changes
              {
                  a = 1
              }
          )
      }
    "#);
}

trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        self.into()
    }
}
