//! Reviews of small plans: claims, runtime changes, rules over all objects, and the active server that leaves.

use plumb_engine::plan::Action;
use plumb_engine::provider::Existence;
use plumb_engine::store::ObjectKey;
use plumb_engine::value::{Type, Value, infer_json};
use serde_json::{Value as Json, json};

use super::*;

/// An object of a plan.
struct Object {
    key: ObjectKey,
    action: Action,
    recorded: Value,
    before: Value,
    after: Value,
}

fn value(json: &Json) -> Value {
    if json.is_null() { Value::null(Type::Dynamic) } else { infer_json(json) }
}

fn object(addr: &str, action: Action, before: &Json, after: &Json) -> Object {
    let key = ObjectKey::current(addr.parse().unwrap());
    Object { key, action, recorded: value(before), before: value(before), after: value(after) }
}

/// An object that stays as it is.
fn same(addr: &str, it: &Json) -> Object {
    object(addr, Action::NoOp, it, it)
}

fn made(addr: &str, it: &Json) -> Object {
    object(addr, Action::Create, &Json::Null, it)
}

fn reviewed(objects: &[Object]) -> Review {
    let objects: Vec<Reviewed<'_>> = objects
        .iter()
        .map(|it| Reviewed {
            object: &it.key,
            action: it.action,
            recorded: &it.recorded,
            before: &it.before,
            after: &it.after,
            replace_paths: &[],
            unfinished: None,
        })
        .collect();
    review(&ReviewInput { mode: PlanMode::Normal, objects: &objects })
}

fn said(objects: &[Object]) -> Vec<String> {
    reviewed(objects).diagnostics.iter().map(|it| format!("{}: {}", it.summary, it.detail)).collect()
}

fn server(n: u8) -> Json {
    json!({
        "name": format!("server{n}"), "instance_id": format!("i-{n}"), "eni_id": format!("eni-{n}"),
        "availability_zone": "ap-northeast-1a", "interconnect": format!("10.0.1{n}0.10"),
    })
}

fn cluster(servers: &[u8]) -> Json {
    let mut json = json!({ "name": "db", "server": servers.iter().map(|n| server(*n)).collect::<Vec<_>>() });
    let model: HaCluster = read_model(&infer_json(&json)).unwrap();
    json["definition"] = json!(serde_json::to_string(&model.cluster().unwrap()).unwrap());
    json
}

/// A group with a virtual address, an Elastic IP address and a name, active on a server.
fn group(servers: &[u8], active: &str, target: &str) -> Json {
    json!({
        "name": "failover1",
        "cluster": { "name": "db", "definition": cluster(servers)["definition"] },
        "startup": servers.iter().map(|n| format!("server{n}")).collect::<Vec<_>>(),
        "exclusive": "none",
        "virtual_ip": [{ "name": "v", "ip": "10.1.0.20", "vpc_id": "vpc-1", "route_table_ids": ["rtb-1"] }],
        "elastic_ip": [{ "name": "e", "allocation_id": "eipalloc-1" }],
        "dns": [{ "name": "d", "zone_id": "Z1", "record_name": "srv.hz1.local.", "delete_on_deactivate": true, "ttl": 60 }],
        "active_server": active, "epoch": 7, "state": "active",
        "targets": { "v/rtb-1": target, "e": active, "d": active },
    })
}

fn plain(active: &str) -> Json {
    group(&[1, 2], active, active)
}

fn pair(group: Object) -> Vec<Object> {
    vec![same("ha_cluster.db", &cluster(&[1, 2])), group]
}

#[test]
fn a_group_claims_what_follows_the_active_server() {
    let review = reviewed(&pair(same("ha_group.g", &plain("server1"))));
    let about: Vec<(&str, &str)> = review.claims.iter().map(|it| (&*it.type_name, &*it.attribute)).collect();
    let expected = [
        ("aws_route", "network_interface_id"),
        ("aws_eip_association", "network_interface_id"),
        ("aws_eip_association", "instance_id"),
        ("aws_route53_record", "records"),
        ("aws_route53_record", "records"),
        ("aws_route53_record", "records"),
    ];
    assert_eq!(about, expected);
    let route = &review.claims[0];
    assert_eq!(route.matches["destination_cidr_block"], Value::from("10.1.0.20/32"));
    assert_eq!(route.members["server2"], Value::from("eni-2"));
    assert_eq!((route.active.as_deref(), route.epoch, route.existence), (Some("server1"), 7, Existence::Configured));
    let record = &review.claims[3];
    assert_eq!(record.matches["name"], Value::from("srv.hz1.local"), "as the state has names");
    assert_eq!(record.members["server1"], Value::set(Type::String, vec!["10.0.110.10".into()]));
    assert_eq!(record.existence, Existence::Runtime, "it goes when the group stops");
}

#[test]
fn a_group_that_is_to_be_claims_without_knowing_who_is_active() {
    let review = reviewed(&pair(made("ha_group.g", &plain("server1"))));
    assert!(review.claims.iter().all(|it| it.active.is_none()), "nothing of it was read yet");
    assert_eq!(review.claims[0].members.len(), 2);
}

#[test]
fn a_confirmed_failover_is_a_runtime_change() {
    let mut group = same("ha_group.g", &plain("server2"));
    group.recorded = value(&plain("server1"));
    let review = reviewed(&pair(group));
    let [change] = review.changes.as_slice() else { panic!("{:?}", review.changes) };
    assert_eq!((change.from.as_deref(), change.to.as_deref()), (Some("server1"), Some("server2")));
    assert!(change.confirmed && review.diagnostics.is_empty() && review.drifted.is_empty());
}

#[test]
fn a_move_that_nobody_confirms_and_a_split_are_told_apart() {
    let with_state = |state: &str| {
        let mut json = group(&[1, 2], "server1", "server2");
        json["state"] = json!(state);
        reviewed(&pair(same("ha_group.g", &json)))
    };
    let unconfirmed = with_state("unconfirmed");
    assert!(!unconfirmed.diagnostics.has_errors());
    assert!(unconfirmed.diagnostics.iter().any(|it| it.detail.contains("plumb ha repair failover1 --to server1")));
    assert!(unconfirmed.claims.iter().all(|it| it.active.is_none()), "nothing is repaired to either");
    let partial = with_state("partial");
    assert!(partial.diagnostics.has_errors());
    assert!(partial.diagnostics.iter().any(|it| it.detail.contains("plumb ha repair failover1")));
}

#[test]
fn a_stranger_is_drift() {
    let mut foreign = same("ha_group.g", &group(&[1, 2], "server1", "eni-9"));
    foreign.recorded = value(&plain("server1"));
    let review = reviewed(&pair(foreign));
    let [drifted] = review.drifted.as_slice() else { panic!("{:?}", review.drifted) };
    assert_eq!(drifted.expected.get("active_server"), Some(&Value::from("server1")));
    let targets = drifted.expected.get("targets").unwrap();
    assert_eq!(targets.get("v/rtb-1"), Some(&Value::from("server1")), "as recorded: {targets:?}");
}

#[test]
fn what_leads_nowhere_is_reported_and_left_to_the_monitors() {
    let missing = said(&pair(same("ha_group.g", &group(&[1, 2], "server1", "none"))));
    assert!(missing[0].contains("v/rtb-1") && missing[0].contains("code 7"), "{missing:?}");
    let hole = said(&pair(same("ha_group.g", &group(&[1, 2], "server1", "blackhole (server1)"))));
    assert!(hole[0].starts_with("Route leads to a dead server"), "{hole:?}");
}

#[test]
fn a_virtual_address_lies_in_no_block_of_the_network() {
    let with = |block: &str| {
        let vpc = json!({ "cidr_block": "10.0.0.0/16" });
        let more = json!({ "cidr_block": block });
        let mut objects = pair(made("ha_group.g", &plain("server1")));
        objects.push(made("aws_vpc.main", &vpc));
        objects.push(made("aws_vpc_ipv4_cidr_block_association.more", &more));
        said(&objects)
    };
    assert!(with("10.2.0.0/16").is_empty());
    let secondary = with("10.1.0.0/16");
    assert!(secondary[0].contains("code 7") && secondary[0].contains("10.1.0.0/16"), "{secondary:?}");
}

#[test]
fn two_groups_own_nothing_together() {
    let mut objects = pair(made("ha_group.g", &plain("server1")));
    objects.push(made("ha_group.h", &plain("server1")));
    let found = said(&objects);
    for what in
        ["virtual address 10.1.0.20", "Elastic IP address eipalloc-1", "record srv.hz1.local. of Z1", "name failover1"]
    {
        assert!(found.iter().any(|it| it.contains(what)), "{what}: {found:?}");
    }
}

#[test]
fn exclusive_groups_with_one_server_in_common_are_warned_of() {
    let full = |name: &str, ip: &str| {
        let mut json = plain("server1");
        (json["name"], json["exclusive"], json["virtual_ip"][0]["ip"]) = (json!(name), json!("full"), json!(ip));
        (json["elastic_ip"], json["dns"]) = (json!([]), json!([]));
        json
    };
    let mut objects = pair(made("ha_group.g", &full("g", "10.1.0.20")));
    objects.push(made("ha_group.h", &full("h", "10.1.0.21")));
    assert!(said(&objects)[0].starts_with("Exclusive groups share a server"));
}

#[test]
fn members_interfaces_let_foreign_packets_pass() {
    let with = |check: bool| {
        let eni = json!({ "private_ips": ["10.0.120.10"], "source_dest_check": check });
        let mut objects = pair(made("ha_group.g", &plain("server1")));
        objects.push(made("aws_network_interface.b", &eni));
        said(&objects)
    };
    assert!(with(false).is_empty());
    assert!(with(true)[0].contains("source_dest_check = false"));
}

#[test]
fn records_lie_in_their_zone_and_networks_resolve_them() {
    let with = |zone: &str, support: bool| {
        let mut objects = pair(made("ha_group.g", &plain("server1")));
        objects.push(made("aws_route53_zone.z", &json!({ "name": zone, "zone_id": "Z1" })));
        objects.push(made("aws_vpc.main", &json!({ "cidr_block": "10.0.0.0/16", "enable_dns_support": support })));
        said(&objects)
    };
    assert!(with("hz1.local", true).is_empty());
    assert!(with("hz2.local", true)[0].contains("Write \"srv.hz2.local.\"."));
    assert!(with("srv.hz1.local", true)[0].starts_with("Record has the name of its zone"));
    assert!(with("hz1.local", false)[0].contains("enable_dns_support = true"));
}

#[test]
fn groups_name_servers_of_their_cluster() {
    let mut json = plain("server1");
    json["startup"] = json!(["server1", "server3"]);
    json["dns"][0]["addresses"] = json!({ "server2": "10.0.0.2" });
    let found = said(&pair(made("ha_group.g", &json))).join("\n");
    assert!(found.contains("\"server3\"") && found.contains("has server1, server2"), "{found}");
    assert!(found.contains("has nothing for server1"), "{found}");
}

/// A plan in which the cluster goes from servers 1 and 2 to others.
fn leaving(active: &str, servers: &[u8], more: Vec<Object>) -> Review {
    let mut objects = vec![
        object("ha_cluster.db", Action::Update, &cluster(&[1, 2]), &cluster(servers)),
        object("ha_group.g", Action::Update, &plain(active), &group(servers, active, active)),
    ];
    objects.extend(more);
    reviewed(&objects)
}

#[test]
fn the_group_moves_before_its_server_goes() {
    let review = leaving("server1", &[2], Vec::new());
    let adjusted: Vec<(&str, &Value)> = review.adjustments.iter().map(|it| (&*it.attribute, &it.value)).collect();
    assert_eq!(adjusted[0], ("active_server", &Value::from("server2")));
    assert!(!review.diagnostics.has_errors());
    assert!(leaving("server2", &[2], Vec::new()).adjustments.is_empty(), "the other one may go");
}

#[test]
fn without_a_server_to_move_to_the_plan_is_refused() {
    let review = leaving("server1", &[3], Vec::new());
    assert!(review.diagnostics.has_errors() && review.adjustments.is_empty());
    assert!(review.diagnostics.iter().any(|it| it.detail.contains("allow_outage")));
    let gone = object("aws_instance.b", Action::Delete, &json!({ "id": "i-2" }), &Json::Null);
    assert!(leaving("server1", &[2], vec![gone]).diagnostics.has_errors(), "the destination goes too");
}

#[test]
fn an_active_server_that_is_replaced_is_moved_away_from_by_hand() {
    let replaced = object("aws_instance.a", Action::DeleteThenCreate, &json!({ "id": "i-1" }), &json!({ "id": "i-1" }));
    let review = leaving("server1", &[1, 2], vec![replaced]);
    assert!(review.diagnostics.has_errors());
    assert!(review.diagnostics.iter().any(|it| it.detail.contains("create_before_destroy")));
}
