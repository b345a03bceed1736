//! The format against a file that Terraform wrote, and what is refused.

use plumb_engine::store::ObjectStatus;
use serde_json::{Value as Json, json};

use super::*;

/// Written by Terraform 1.11.4.
const ORACLE: &str = include_str!("oracle.tfstate");

const OPTIONS: ExportOptions<'_> = ExportOptions { terraform_version: "1.11.4", types: &|_| None };

fn minimal(resource: &Json) -> String {
    json!({"version": 4, "serial": 1, "lineage": "l", "resources": [resource]}).to_string()
}

fn resource(instance: &Json) -> Json {
    json!({"mode": "managed", "type": "aws_vpc", "name": "main",
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [instance]})
}

#[test]
fn what_terraform_wrote_comes_back_byte_for_byte() {
    let snapshot = parse(ORACLE).unwrap();
    assert_eq!((snapshot.serial, snapshot.objects.len()), (9, 8));
    let tainted = snapshot.objects.iter().find(|(key, _)| key.to_string() == "terraform_data.taint").unwrap().1;
    assert_eq!(tainted.status, ObjectStatus::Tainted);
    assert_eq!(tainted.dependencies[0].to_string(), "module.m.data.terraform_remote_state.x");
    let ours = serde_json::to_string_pretty(&export(&snapshot, &OPTIONS).unwrap()).unwrap();

    let mut expected: Json = serde_json::from_str(ORACLE).unwrap();
    expected["check_results"] = Json::Null;
    expected["resources"].as_array_mut().unwrap().retain(|it| it["instances"] != json!([]));
    assert_eq!(ours, serde_json::to_string_pretty(&expected).unwrap());
}

#[test]
fn every_field_survives_the_way_out_and_back() {
    let instance = |key: Json, deposed: Json| {
        json!({"index_key": key, "deposed": deposed, "status": "tainted", "schema_version": 3,
            "attributes": {"password": "x", "disk": [{"key": "y"}], "tags": {"a": "b"}},
            "sensitive_attributes": [
                [{"type": "get_attr", "value": "disk"}, {"type": "index", "value": {"value": 0, "type": "number"}},
                 {"type": "get_attr", "value": "key"}],
                [{"type": "get_attr", "value": "tags"}, {"type": "index", "value": {"value": "a", "type": "string"}}],
            ],
            "dependencies": ["module.a.aws_subnet.b"], "create_before_destroy": true})
    };
    let mut resource = resource(&instance(json!("k"), json!(null)));
    resource["module"] = json!("module.a[\"x.y\"].module.b[1]");
    resource["instances"].as_array_mut().unwrap().push(instance(json!("k"), json!("0badcafe")));
    resource["instances"].as_array_mut().unwrap().push(instance(json!("l"), json!(null)));
    let first = export(&parse(&minimal(&resource)).unwrap(), &OPTIONS).unwrap();
    assert_eq!(first["resources"][0]["instances"].as_array().unwrap().len(), 3);
    assert_eq!(first["resources"][0]["module"], resource["module"]);
    let sensitive = &first["resources"][0]["instances"][1]["sensitive_attributes"];
    assert_eq!(*sensitive, resource["instances"][1]["sensitive_attributes"]);
    let second = export(&parse(&first.to_string()).unwrap(), &OPTIONS).unwrap();
    assert_eq!(first, second);
}

#[test]
fn what_is_no_such_state_is_refused_with_a_reason() {
    let instance = json!({"schema_version": 0, "attributes": {}});
    let with = |field: &str, value: Json| {
        let mut changed = resource(&instance);
        changed[field] = value;
        minimal(&changed)
    };
    let mut flat = instance.clone();
    flat["attributes"] = json!(null);
    let cases = [
        ("{".to_owned(), "EOF while parsing"),
        ("{}".to_owned(), "no version"),
        (json!({"version": 3}).to_string(), "version 3; any command"),
        (json!({"version": 5}).to_string(), "version 5"),
        (json!({"version": 4, "lineage": "l"}).to_string(), "missing field `serial`"),
        (with("module", json!("net")), "\"net\" is not an address"),
        (with("mode", json!("list")), "\"list\" is no mode"),
        (with("provider", json!("provider.aws")), "replace-provider"),
        (with("instances", json!([instance, instance])), "it has aws_vpc.main twice"),
        (minimal(&resource(&flat)), "no attributes in the form"),
    ];
    for (text, reason) in cases {
        let error = parse(&text).unwrap_err();
        assert!(error.reason.contains(reason), "{text}: {error}");
    }
}
