//! What can be said of a configuration and of a change without asking anybody.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::{PlannedChange, parse_duration};
use plumb_engine::value::Value;

use super::Limit;
use crate::version::Version;

/// Checks a configuration; parts may be unknown.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let mut refuse = |summary: &str, detail: String| found.push(Diagnostic::error(summary, detail));
    if let Some(url) = text("base_url")
        && !["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
    {
        refuse("Invalid base URL", format!("\"{url}\" is no address such as https://wiki.example.com/confluence."));
    }
    if let Some(version) = text("version")
        && Version::parse(version).is_none()
    {
        refuse(
            "Invalid version",
            format!("\"{version}\" is no version of Confluence, which has three numbers: 9.2.3."),
        );
    }
    for (name, allowed) in [("upgrade_strategy", ["stop_all", "rolling"]), ("replace_nodes", ["never", "rolling"])] {
        if let Some(value) = text(name).filter(|it| !allowed.contains(it)) {
            refuse("Invalid value", format!("{name} is \"{}\" or \"{}\", not \"{value}\".", allowed[0], allowed[1]));
        }
    }
    if let Some(path) = text("health_path").filter(|it| !it.starts_with('/')) {
        refuse("Invalid path", format!("health_path begins with a slash, and \"{path}\" does not."));
    }
    let given = |name: &str| config.get(name).is_some_and(|it| !it.is_null());
    if given("password_wo") && !given("username") {
        refuse("Missing user name", "password_wo is the password of username, which is not set.".into());
    }
    for name in ["node_group", "synchrony_group"] {
        if let Some(group) = config.get(name).filter(|it| !it.is_null() && !it.is_unknown()) {
            sizes(name, group, &mut refuse);
        }
    }
    if let Some(database) = config.get("database").filter(|it| !it.is_null() && !it.is_unknown())
        && ["instance", "cluster"].iter().all(|it| database.get(it).is_none_or(Value::is_null))
    {
        refuse("Missing database", "The block database names an instance or a cluster.".into());
    }
    if let Some(limits) = config.get("limits").filter(|it| !it.is_null()) {
        for limit in [Limit::Backup, Limit::Drain, Limit::Stop, Limit::Start, Limit::Tasks, Limit::Poll] {
            let value = limits.get(limit.argument()).and_then(Value::as_str);
            if let Some(Err(reason)) = value.map(parse_duration) {
                refuse("Invalid time limit", format!("The limit \"{}\" {reason}.", limit.argument()));
            }
        }
    }
    found
}

fn sizes(name: &str, group: &Value, refuse: &mut impl FnMut(&str, String)) {
    let number = |name: &str| group.get(name).and_then(Value::as_number).and_then(|it| it.as_i64());
    let min = number("min_size").unwrap_or(1);
    if min < 0 || number("max_size").is_some_and(|max| max < min) {
        let max = number("max_size").map_or_else(|| "not set".into(), |it| it.to_string());
        let detail = format!(
            "In {name}, min_size is {min} and max_size is {max}. Sizes are those outside of an upgrade, at least 0, and \
             the smaller one first; for an upgrade the groups are emptied by the upgrade itself."
        );
        refuse("Invalid group sizes", detail);
    }
    let version = group.get("launch_template_version").is_some_and(|it| !it.is_null());
    if version && group.get("launch_template_id").is_none_or(Value::is_null) {
        let detail =
            format!("In {name}, launch_template_version is a version of launch_template_id, which is not set.");
        refuse("Missing launch template", detail);
    }
}

/// What a person should know of a change besides its difference.
pub(crate) fn plan(change: &mut PlannedChange) -> Diagnostics {
    if change.prior.is_null() {
        return Diagnostics::new();
    }
    let version = |object: &Value| object.get("version").and_then(Value::as_str).map(str::to_owned);
    if version(&change.prior) != version(&change.planned) || !template_changes(change, "node_group") {
        return Diagnostics::new();
    }
    let is_rolling = change.planned.get("replace_nodes").and_then(Value::as_str) == Some("rolling");
    let way = match (is_rolling, can_replace_nodes(&change.prior)) {
        (true, true) => return Diagnostics::new(),
        (true, false) => {
            "They are not replaced one by one, although replace_nodes is \"rolling\": that needs two nodes that are ACTIVE, \
             so that one serves meanwhile, and the login of a system administrator, who is told of them."
        }
        (false, _) => {
            "Set replace_nodes to \"rolling\" to have them replaced one by one, each behind a health gate, together with \
             this change; or terminate their machines one after the other."
        }
    };
    let running = instances(&change.prior);
    let of = if running.is_empty() { String::new() } else { format!(" ({})", running.join(", ")) };
    let detail = format!(
        "The launch template of the nodes changes and their version does not. Nodes that run{of} keep the user data that \
         they were made with until they are replaced; only new ones get the new template. {way}"
    );
    Diagnostic::warning("Nodes keep their old template", detail).into()
}

/// Whether the nodes of a cluster can give way one by one: never the last that serves.
pub(crate) fn can_replace_nodes(seen: &Value) -> bool {
    let nodes = seen.get("nodes").and_then(Value::as_slice).unwrap_or_default();
    nodes.iter().filter(|it| it.get("state").and_then(Value::as_str) == Some("ACTIVE")).count() >= 2
}

/// The machines of the nodes as they were last seen.
fn instances(seen: &Value) -> Vec<&str> {
    let nodes = seen.get("nodes").and_then(Value::as_slice).unwrap_or_default();
    let ids = nodes.iter().filter_map(|it| it.get("instance")?.as_str());
    ids.filter(|it| !it.is_empty()).collect()
}

/// Whether a change gives the machines of a group another template.
pub(crate) fn template_changes(change: &PlannedChange, group: &str) -> bool {
    let of = |object: &Value, name: &str| object.get(group).and_then(|it| it.get(name)).cloned();
    ["launch_template_id", "launch_template_version"].iter().any(|name| {
        let (before, after) = (of(&change.prior, name), of(&change.planned, name));
        match after {
            Some(after) if after.is_unknown() => true,
            Some(after) if !after.is_null() => before.as_ref() != Some(&after),
            _ => false,
        }
    })
}
