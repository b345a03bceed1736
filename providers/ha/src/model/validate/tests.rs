//! Checks of single blocks: what is refused, and the fixed form that the message tells.

use std::sync::Arc;

use plumb_engine::provider::Provider;

use crate::model::testing::{object, provider, records};
use crate::provider::NoClouds;

/// Errors and warnings about a configuration, as `summary: detail`.
fn said(type_name: &str, json: &str) -> Vec<String> {
    let provider = provider(Arc::new(NoClouds), records());
    let config = object(&provider, type_name, &serde_json::from_str(json).unwrap());
    let found = provider.resource_type(type_name).unwrap().validate(&config);
    found.iter().map(|it| format!("{}: {}", it.summary, it.detail)).collect()
}

fn cluster(more: &str) -> Vec<String> {
    let server = |n: u8| {
        format!(
            r#"{{"name":"server{n}","instance_id":"i-{n}","eni_id":"eni-{n}","availability_zone":"a","interconnect":"10.0.110.{n}"}}"#
        )
    };
    said("ha_cluster", &format!(r#"{{"name":"db","server":[{},{}]{more}}}"#, server(1), server(2)))
}

fn group(resources: &str) -> Vec<String> {
    said("ha_group", &format!(r#"{{"name":"failover1","startup":["server1","server2"],{resources}}}"#))
}

fn vip(ip: &str) -> String {
    format!(r#""virtual_ip":[{{"name":"v","ip":"{ip}","vpc_id":"vpc-1","route_table_ids":["rtb-1"]}}]"#)
}

fn dns(name: &str, more: &str) -> Vec<String> {
    group(&format!(r#""dns":[{{"name":"d","zone_id":"Z1","record_name":"{name}"{more}}}]"#))
}

#[test]
fn a_right_cluster_needs_only_an_arbiter_to_be_silent() {
    assert_eq!(cluster(r#","arbiter":{"type":"dynamodb","table":"leases"}"#), Vec::<String>::new());
    let warned = cluster("");
    assert!(warned[0].starts_with("Cluster without an arbiter") && warned[0].contains("path between the servers"));
    assert!(cluster(r#","forced_stop":{"required":true}"#)[0].contains("only while the EC2 API answers"));
}

#[test]
fn two_servers_share_neither_interface_nor_name() {
    let server = |name: &str, eni: &str, ip: &str| {
        format!(
            r#"{{"name":"{name}","instance_id":"{ip}","eni_id":"{eni}","availability_zone":"a","interconnect":"{ip}"}}"#
        )
    };
    let both = |a: String, b: String| {
        said("ha_cluster", &format!(r#"{{"name":"db","arbiter":{{"table":"t"}},"server":[{a},{b}]}}"#)).join("\n")
    };
    let same = both(server("server1", "eni-1", "10.0.0.1"), server("server2", "eni-1", "10.0.0.2"));
    assert!(same.contains("\"server1\"") && same.contains("\"server2\"") && same.contains("eni-1"), "{same}");
    assert!(
        both(server("server1", "eni-1", "10.0.0.1"), server("server1", "eni-2", "10.0.0.2"))
            .contains("told by their names")
    );
    let none = both(server("server1", "eni-1", "10.0.0.1"), server("server2", "", "10.0.0.2"));
    assert!(none.contains("server2 has no network interface"), "{none}");
    let upper = both(server("Server1", "eni-1", "10.0.0.1"), server("server2", "eni-2", "10.0.0.2"));
    assert!(upper.contains("Write \"server1\"."), "{upper}");
}

#[test]
fn arbiters_need_their_store_and_no_password() {
    let arbiter = |json: &str| cluster(&format!(r#","arbiter":{json}"#)).join("\n");
    assert!(arbiter(r#"{"type":"dynamodb"}"#).contains("\"arbiter.table\" must be set"));
    assert!(arbiter(r#"{"type":"s3"}"#).contains("\"arbiter.bucket\" must be set"));
    assert!(arbiter(r#"{"type":"zookeeper"}"#).contains("\"dynamodb\", \"s3\", \"postgresql\""));
    assert!(arbiter(r#"{"type":"postgresql","connection":"postgres://ha:secret@db/ha"}"#).contains("PGPASSWORD"));
    assert_eq!(arbiter(r#"{"type":"postgresql","connection":"postgres://ha@db/ha"}"#), "");
}

#[test]
fn silence_is_longer_than_two_heartbeats() {
    let said = cluster(r#","arbiter":{"table":"t"},"heartbeat":{"interval":3,"timeout":5}"#).join("\n");
    assert!(said.contains("Write 6 or more."), "{said}");
}

#[test]
fn a_virtual_address_is_an_address_and_nothing_else() {
    assert_eq!(group(&vip("10.1.0.20")), Vec::<String>::new());
    assert!(group(&vip("10.1.0.20/32"))[0].contains("Write \"10.1.0.20\"."));
    assert!(group(&vip("10.1.0.20/24"))[0].contains("always have the prefix /32"));
    assert!(group(&vip("10.1.0"))[0].contains("no IPv4 address"));
    let none = group(r#""virtual_ip":[{"name":"v","ip":"10.1.0.20","vpc_id":"vpc-1","route_table_ids":[]}]"#);
    assert!(none[0].contains("nobody could reach the address"));
}

#[test]
fn names_are_in_lower_case_and_end_with_a_dot() {
    assert_eq!(dns("srv.hz1.local.", ""), Vec::<String>::new());
    for wrong in ["SRV.hz1.local.", "srv.hz1.local", "SRV.hz1.local"] {
        assert!(dns(wrong, "")[0].contains("Write \"srv.hz1.local.\"."), "{wrong}");
    }
    assert!(dns("srv..local.", "")[0].contains("no fully qualified domain name"));
}

#[test]
fn a_name_is_looked_at_after_it_has_reached_everybody() {
    let early = dns("srv.hz1.local.", r#","monitor":{"start_delay":60}"#).join("\n");
    assert!(early.contains("Write more than 60; 300 is the default."), "{early}");
    assert_eq!(dns("srv.hz1.local.", r#","monitor":{"start_delay":61}"#), Vec::<String>::new());
    assert!(dns("srv.hz1.local.", r#","ttl":3600"#)[0].starts_with("Clients follow late"));
    assert!(dns("srv.hz1.local.", r#","ttl":-1"#)[0].contains("0 to 2147483647"));
}

#[test]
fn a_monitor_that_acts_on_maintenance_is_warned_of() {
    assert!(
        dns("srv.hz1.local.", r#","monitor":{"mode":"recover"}"#)[0]
            .starts_with("Monitor acts on endpoint maintenance")
    );
    assert!(dns("srv.hz1.local.", r#","monitor":{"mode":"2"}"#)[0].contains("\"ignore\", \"warn\", \"recover\""));
}

#[test]
fn resources_have_names_and_an_order() {
    let exec = |name: &str, after: &str| format!(r#"{{"name":"{name}","start":["a"],"stop":["b"],"after":[{after}]}}"#);
    let with = |a: String, b: String| group(&format!(r#""exec":[{a},{b}]"#)).join("\n");
    assert_eq!(with(exec("a", ""), exec("b", "\"a\"")), "");
    assert!(with(exec("a", ""), exec("a", "")).contains("told by their names"));
    assert!(with(exec("a", "\"c\""), exec("b", "")).contains("but the group has a, b."));
    assert!(with(exec("a", "\"b\""), exec("b", "\"a\"")).contains("a → b → a"));
    assert!(with(exec("a", "\"a\""), exec("b", "")).contains("the resource itself"));
    assert!(group(r#""call_timeout":100"#)[0].starts_with("Empty failover group"));
}

#[test]
fn counts_and_times_have_limits() {
    let said = group(&format!(r#""call_timeout":1000,"start":"yes",{}"#, vip("10.1.0.20"))).join("\n");
    assert!(said.contains("\"call_timeout\" is 1000; it takes 1 to 999."), "{said}");
    assert!(said.contains("\"start\" is \"yes\"; it takes \"auto\", \"manual\"."), "{said}");
    let twice = said_of_startup(r#"["server1","server1"]"#);
    assert!(twice.contains("\"server1\" twice"), "{twice}");
}

fn said_of_startup(json: &str) -> String {
    said("ha_group", &format!(r#"{{"name":"g","startup":{json},{}}}"#, vip("10.1.0.20"))).join("\n")
}
