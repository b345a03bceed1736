//! Checks of an instance's configuration, and what is planned beyond its schema.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::PlannedChange;
use plumb_engine::value::{Type, Value};

use crate::client::Aws;
use crate::ec2::template_reference::unsettle;
use crate::wire::{Check, Tags, plan as planning};

/// Most bytes of user data.
const USER_DATA: usize = 16_384;

/// What AWS would refuse.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut check = Check::of(config);
    check.one_of("instance_initiated_shutdown_behavior", &["stop", "terminate"]);
    check.one_of("tenancy", &["default", "dedicated", "host"]);
    let count = |name: &str| config.get(name).and_then(Value::as_slice).map(<[Value]>::len);
    if count("launch_template") == Some(0) {
        for name in ["ami", "instance_type"] {
            if check.is_set(name) == Some(false) {
                check.error(name, "is missing. Set it, or have a launch template give it.");
            }
        }
    }
    if let Some(size) = check.text("user_data").map(str::len).filter(|it| *it > USER_DATA) {
        check.error(
            "user_data",
            format!("has {size} bytes; AWS takes at most {USER_DATA}. Fetch what is large at boot."),
        );
    }
    let mut found = check.found();
    found.extend(interfaces(config));
    found.extend(volume_tags(config));
    found
}

/// Arguments that belong to a network interface stand at the interface where it exists already.
fn interfaces(config: &Value) -> Vec<Diagnostic> {
    const OF_INTERFACE: [&str; 8] = [
        "associate_public_ip_address",
        "ipv6_address_count",
        "ipv6_addresses",
        "private_ip",
        "secondary_private_ips",
        "security_groups",
        "subnet_id",
        "vpc_security_group_ids",
    ];
    let set = |name: &str| config.get(name).is_some_and(|it| !it.is_null());
    let has = |name: &str| config.get(name).and_then(Value::as_slice).is_some_and(|it| !it.is_empty());
    let blocks = ["network_interface", "primary_network_interface"];
    let Some(block) = blocks.into_iter().find(|it| has(it)) else { return Vec::new() };
    let wrong = OF_INTERFACE.into_iter().filter(|it| set(it));
    let detail = |name: &str| {
        format!("\"{name}\" belongs to the network interface that a \"{block}\" block names. Set it there.")
    };
    wrong.map(|it| Diagnostic::error("Conflicting configuration arguments", detail(it))).collect()
}

fn volume_tags(config: &Value) -> Option<Diagnostic> {
    let tagged = |name: &str| {
        let blocks = config.get(name).and_then(Value::as_slice).unwrap_or_default();
        blocks.iter().any(|it| it.get("tags").is_some_and(|it| !it.is_null()))
    };
    let both = config.get("volume_tags").is_some_and(|it| !it.is_null())
        && (tagged("root_block_device") || tagged("ebs_block_device"));
    let detail = "Volumes have their tags either from \"volume_tags\" or from \"tags\" of their own blocks.";
    both.then(|| Diagnostic::error("Conflicting configuration arguments", detail))
}

/// What an update replaces, what follows from other attributes, and the tags of volumes.
pub(super) fn plan(change: &mut PlannedChange, client: Option<&Aws>) {
    if change.planned.is_null() {
        return;
    }
    plan_volume_tags(change, client);
    if change.prior.is_null() {
        return;
    }
    plan_template(change);
    let changes = |name: &str| planning::changes(change, name);
    let user_data = changes("user_data") || changes("user_data_base64");
    let replaces = change.planned.get("user_data_replace_on_change").and_then(Value::as_bool) == Some(true);
    for name in ["user_data", "user_data_base64", "instance_market_options", "launch_template"] {
        if planning::changes(change, name) && (replaces || !name.starts_with("user_data")) {
            planning::replace(change, name);
        }
    }
    // A stopped instance gives its public address back, unless it is an elastic one.
    let stops = ["instance_type", "user_data", "user_data_base64", "private_dns_name_options"];
    if user_data || stops.iter().any(|name| planning::changes(change, name)) {
        planning::follow(change, &stops, &["public_ip", "public_dns", "instance_state"]);
    }
    planning::follow(change, &["private_dns_name_options"], &["private_dns"]);
    // Another type has other defaults.
    planning::follow(change, &["instance_type"], &["cpu_options"]);
}

fn plan_template(change: &mut PlannedChange) {
    let Some(planned) = change.planned.get("launch_template").cloned() else { return };
    let (prior, config) = (change.prior.get("launch_template"), change.config.get("launch_template"));
    let settled = unsettle(prior, config, &planned, ("id", "name"));
    change.planned = change.planned.clone().with("launch_template", settled);
}

/// All tags of the volumes whose blocks the configuration has.
fn plan_volume_tags(change: &mut PlannedChange, client: Option<&Aws>) {
    let by_instance = change.config.get("volume_tags").is_some_and(|it| !it.is_null());
    let changed = planning::changes(change, "volume_tags");
    for name in ["root_block_device", "ebs_block_device"] {
        let declared = change.config.get(name).and_then(Value::as_slice).is_some_and(|it| !it.is_empty());
        if !declared && !changed {
            continue;
        }
        let Some(planned) = change.planned.get(name).cloned() else { continue };
        let of_block = |block: &Value| match (by_instance, client) {
            (false, Some(aws)) => merged(aws.default_tags(), block.get("tags")),
            (true, _) if !changed && !change.prior.is_null() => block.get("tags_all").cloned(),
            _ => None,
        };
        let block = |block: &Value| {
            let all = of_block(block).unwrap_or_else(|| Value::unknown(Type::map(Type::String)));
            block.clone().with("tags_all", all)
        };
        let Some(blocks) = planned.as_slice() else { continue };
        let blocks: Vec<Value> = blocks.iter().map(block).collect();
        let value = match planned.ty() {
            Type::List(ty) => Value::list((*ty).clone(), blocks),
            Type::Set(ty) => Value::set((*ty).clone(), blocks),
            _ => continue,
        };
        change.planned = change.planned.clone().with(name, value);
    }
}

/// `None` where the tags are not known.
fn merged(defaults: &Tags, tags: Option<&Value>) -> Option<Value> {
    let tags = tags.filter(|it| !it.is_unknown());
    tags?;
    let own = tags.and_then(Value::as_map).into_iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
    let defaults = defaults.iter().map(|(key, value)| (key.as_str().into(), Value::from(value.as_str())));
    Some(Value::map(Type::String, defaults.chain(own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, Value)]) -> Value {
        let none = || Value::list(Type::object([("tags", Type::map(Type::String))]), Vec::new());
        let base = Value::object([
            ("ami", Value::from("ami-1")),
            ("instance_type", Value::from("t3.micro")),
            ("launch_template", none()),
            ("network_interface", none()),
            ("subnet_id", Value::null(Type::String)),
            ("volume_tags", Value::null(Type::map(Type::String))),
            ("root_block_device", none()),
        ]);
        pairs.iter().fold(base, |config, (name, value)| config.with(name, value.clone()))
    }

    #[test]
    fn image_and_type_or_a_template() {
        assert!(validate(&config(&[])).is_empty());
        let null = || Value::null(Type::String);
        assert_eq!(validate(&config(&[("ami", null()), ("instance_type", null())])).len(), 2);
        let template = Value::object([("id", Value::from("lt-1"))]);
        let template = Value::list(template.ty(), vec![template]);
        assert!(validate(&config(&[("ami", null()), ("launch_template", template)])).is_empty());
    }

    #[test]
    fn arguments_of_an_existing_interface() {
        let block = Value::object([("network_interface_id", Value::from("eni-1"))]);
        let blocks = Value::set(block.ty(), vec![block]);
        let wrong = config(&[("network_interface", blocks), ("subnet_id", "subnet-1".into())]);
        assert!(validate(&wrong).iter().next().unwrap().detail.contains("\"subnet_id\" belongs"));
    }

    #[test]
    fn volume_tags_once() {
        let tags = || Value::map(Type::String, [("a".into(), Value::from("b"))]);
        let block = Value::object([("tags", tags())]);
        let blocks = Value::list(block.ty(), vec![block]);
        let wrong = config(&[("volume_tags", tags()), ("root_block_device", blocks)]);
        assert!(validate(&wrong).has_errors());
    }
}
