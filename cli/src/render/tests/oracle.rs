//! Changes whose text the oracle printed, byte for byte but for the comment above the block.

use plumb_engine::plan::Action;
use plumb_engine::value::{Type, Value};
use serde_json::json;

use super::fixture::*;

fn block(before: serde_json::Value, after: serde_json::Value) -> String {
    let before = thing([("id", "x".into()), ("input", dynamic(before))]);
    let after = before.clone().with("input", dynamic(after));
    drawn(&change(Action::Update, before, after))
}

#[test]
fn dynamic_values() {
    let before = json!({
        "name": "x", "list": [1, 2, 3], "nested": {"a": true, "b": null, "c": "multi\nline\ntext\n"},
        "json": r#"{"a":1,"b":[1,2],"c":"x"}"#, "quoted key": 1, "empty_l": [], "empty_m": {}, "n": 1,
        "keep1": "a", "keep2": "b",
    });
    let after = json!({
        "name": "y", "list": [1, 3, 4], "nested": {"a": false, "d": null, "c": "multi\nlane\ntext\n"},
        "json": r#"{"a":2,"b":[1,3],"c":"x"}"#, "quoted key": 1, "empty_l": [1], "empty_m": {"x": 1}, "n": 2,
        "keep1": "a", "keep2": "b", "longlist": [1, 2, 3],
    });
    insta::assert_snapshot!(block(before, after), @r#"
      # aws_thing.a will be updated in-place
      ~ resource "aws_thing" "a" {
            id    = "x"
          ~ input = {
              ~ empty_l      = [
                  + 1,
                ]
              ~ empty_m      = {
                  + x = 1
                }
              ~ json         = jsonencode(
                  ~ {
                      ~ a = 1 -> 2
                      ~ b = [
                            1,
                          ~ 2 -> 3,
                        ]
                        # (1 unchanged attribute hidden)
                    }
                )
              ~ list         = [
                    1,
                  ~ 2 -> 3,
                  ~ 3 -> 4,
                ]
              + longlist     = [
                  + 1,
                  + 2,
                  + 3,
                ]
              ~ n            = 1 -> 2
              ~ name         = "x" -> "y"
              ~ nested       = {
                  ~ a = true -> false
                  - b = null
                  ~ c = <<-EOT
                        multi
                      - line
                      + lane
                        text
                    EOT
                  + d = null
                }
                # (3 unchanged attributes hidden)
            }
        }
    "#);
}

#[test]
fn sequences_and_types() {
    let before = json!({
        "t": ["a", "b", "c"], "j": r#"["a","b","c","d","e"]"#, "esc": "tab\t quote\" ${x} \u{1}", "f": 0.1,
        "big": 1, "ws": r#"{"a":1}"#, "o": {"id": "1", "name": "n", "tags": {"a": 1}, "z": 1}, "ty": "x",
        "objs": [{"a": 1, "b": 2}, {"a": 2, "b": 2}, {"a": 3, "b": 3}], "long": ["1", "2", "3", "4", "5"],
        "num": "5", "prim": "3", "m": "a\nb", "n2": [1, 2, 3, 4],
    });
    let after = json!({
        "t": ["z", "a", "b", "c"], "j": r#"["z","a","b","c","d","e"]"#, "esc": "tab\t quote\" ${x} \u{1} 2", "f": 0.2,
        "big": 1, "ws": r#"{ "a": 1}"#, "o": {"id": "1", "name": "n", "tags": {"a": 1}, "z": 2}, "ty": {"a": 1},
        "objs": [{"a": 1, "b": 2}, {"a": 3, "b": 3}], "long": ["1", "2", "3", "4", "6"],
        "num": 5, "prim": null, "m": "x", "n2": [1, 3, 4],
    });
    insta::assert_snapshot!(block(before, after), @r#"
      # aws_thing.a will be updated in-place
      ~ resource "aws_thing" "a" {
            id    = "x"
          ~ input = {
              ~ esc  = "tab\t quote\" ${x} \x01" -> "tab\t quote\" ${x} \x01 2"
              ~ f    = 0.1 -> 0.2
              ~ j    = jsonencode(
                  ~ [
                      + "z",
                        "a",
                        # (4 unchanged elements hidden)
                    ]
                )
              ~ long = [
                    # (3 unchanged elements hidden)
                    "4",
                  ~ "5" -> "6",
                ]
              ~ m    = <<-EOT
                  - a
                  - b
                  + x
                EOT
              ~ n2   = [
                    1,
                  - 2,
                    3,
                    # (1 unchanged element hidden)
                ]
              ~ num  = "5" -> 5
              ~ o    = {
                    id   = "1"
                    name = "n"
                    tags = {
                        a = 1
                    }
                  ~ z    = 1 -> 2
                }
              ~ objs = [
                    {
                        a = 1
                        b = 2
                    },
                  - {
                      - a = 2
                      - b = 2
                    },
                    {
                        a = 3
                        b = 3
                    },
                ]
              ~ prim = "3" -> null
              ~ t    = [
                  + "z",
                    "a",
                    # (2 unchanged elements hidden)
                ]
              ~ ty   = "x" -> {
                  + a = 1
                }
              ~ ws   = jsonencode( # whitespace changes
                    {
                        a = 1
                    }
                )
                # (1 unchanged attribute hidden)
            }
        }
    "#);
}

#[test]
fn what_is_there_gives_way_to_an_unknown() {
    let before = thing([("id", "x".into()), ("input", dynamic(json!({"a": 1, "j": "{\"k\":[1]}"})))]);
    let after = before.clone().with("input", unknown(Type::Dynamic)).with("name", "n".into());
    let it = change(Action::Update, before.with("name", Value::string("m")), after);
    insta::assert_snapshot!(drawn(&it), @r#"
      # aws_thing.a will be updated in-place
      ~ resource "aws_thing" "a" {
            id    = "x"
          ~ input = {
              - a = 1
              - j = jsonencode(
                    {
                      - k = [
                          - 1,
                        ]
                    }
                )
            } -> (known after apply)
          ~ name  = "m" -> "n"
        }
    "#);
}
