//! What is wrong with a cluster or a group by its own arguments; what is unknown is never wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::value::Value;

use super::check::Check;
use super::words;
use crate::group::defaults;

/// Kinds of blocks that are resources of a group.
pub(super) const RESOURCES: [&str; 5] = ["virtual_ip", "elastic_ip", "dns", "mirror_disk", "exec"];
/// A time to live that clients feel after a failover, in seconds.
const LONG_TTL: i64 = 60;

/// Checks of `ha_cluster`.
pub fn cluster(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    let check = Check::of(config, "");
    name(&mut found, &check, "name");
    servers(&mut found, &check);
    for it in check.blocks("network_partition") {
        it.one_of(&mut found, "type", words::PARTITION_TYPE);
        it.one_of(&mut found, "action", &words::all(words::ISOLATION));
        it.range(&mut found, "port", 1, 65535);
        it.range(&mut found, "interval", 1, 3600);
        it.range(&mut found, "timeout", 1, 3600);
    }
    for it in check.blocks("heartbeat") {
        it.range(&mut found, "interval", 1, 3600);
        let interval = it.number("interval").unwrap_or_else(|| seconds(defaults::HEARTBEAT_INTERVAL));
        let timeout = it.number("timeout").unwrap_or_else(|| seconds(defaults::HEARTBEAT_TIMEOUT));
        if timeout < 2 * interval {
            let detail = format!(
                "is {timeout}, less than twice the interval of {interval}: one lost heartbeat would count as a failure. \
                 Write {} or more.",
                2 * interval
            );
            found.push(it.error("timeout", detail));
        }
    }
    for it in check.blocks("forced_stop") {
        it.range(&mut found, "timeout", 1, 3600);
    }
    arbiter(&mut found, &check);
    found
}

fn servers(found: &mut Diagnostics, check: &Check<'_>) {
    let servers = check.blocks("server");
    unique(found, &servers, "name", "name", "Servers are told by their names.");
    unique(found, &servers, "eni_id", "network interface", "An address cannot lead to two servers at once.");
    unique(found, &servers, "interconnect", "address", "Each server has its own.");
    unique(found, &servers, "instance_id", "instance", "Each server is an instance of its own.");
    for it in &servers {
        name(found, it, "name");
        if it.text("eni_id").is_some_and(str::is_empty) {
            let server = it.text("name").unwrap_or("this server");
            found.push(
                it.error("eni_id", format!("is empty: {server} has no network interface that addresses can lead to.")),
            );
        }
        address(found, it, "interconnect");
    }
    if let [only] = servers.as_slice() {
        let detail = format!(
            "{} is the only server of the cluster, so there is none that could take over when it fails. Add a second \
             server block.",
            only.text("name").map_or_else(|| "The server".to_owned(), |it| format!("{it:?}"))
        );
        found.push(Diagnostic::warning("Cluster of one server", detail));
    }
}

fn arbiter(found: &mut Diagnostics, check: &Check<'_>) {
    let blocks = check.blocks("arbiter");
    for it in &blocks {
        it.one_of(found, "type", words::ARBITER_TYPE);
        it.range(found, "lease", 5, 3600);
        match it.text("type").unwrap_or("dynamodb") {
            "dynamodb" if it.known("type").is_some() || it.is_unset("type") => {
                it.needed(found, "table", "for an arbiter of type \"dynamodb\"");
            }
            "s3" => it.needed(found, "bucket", "for an arbiter of type \"s3\""),
            "postgresql" => it.needed(found, "connection", "for an arbiter of type \"postgresql\""),
            _ => {}
        }
        if it.text("connection").is_some_and(has_password) {
            let detail = "holds a password, and every server reads the definition of the cluster as it is. Leave the password \
                          out, and set PGPASSWORD for the agents.";
            found.push(it.error("connection", detail));
        }
    }
    let none = blocks.iter().all(|it| it.text("type") == Some("none"));
    if none {
        found.push(without_arbiter(!check.is_unset("forced_stop")));
    }
}

/// What partition check and forced stop cannot decide.
fn without_arbiter(forced_stop: bool) -> Diagnostic {
    let rest = if forced_stop {
        "The forced stop keeps the former active server from writing, but only while the EC2 API answers; when it does not, \
         there is no failover at all."
    } else {
        "When only the path between the servers is lost, both reach the host that they ask, and both would become active; a \
         server that was suspended and goes on may write after another has taken over. Without forced_stop nothing decides \
         these cases."
    };
    let detail = format!(
        "No store outside the servers says which of them may be active. {rest} Add an arbiter block, such as a DynamoDB \
         table."
    );
    Diagnostic::warning("Cluster without an arbiter", detail)
}

fn has_password(connection: &str) -> bool {
    let in_url = connection
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('@'))
        .is_some_and(|(user, _)| user.contains(':'));
    in_url || connection.split_whitespace().any(|it| it.starts_with("password="))
}

/// Checks of `ha_group`.
pub fn group(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    let check = Check::of(config, "");
    name(&mut found, &check, "name");
    check.one_of(&mut found, "start", &words::all(words::TRIGGER));
    check.one_of(&mut found, "failover", &words::all(words::TRIGGER));
    check.one_of(&mut found, "failback", &words::all(words::FAILBACK));
    check.one_of(&mut found, "exclusive", &words::all(words::EXCLUSIVE));
    check.range(&mut found, "call_timeout", 1, seconds(defaults::CALL_TIMEOUT_MAX));
    startup(&mut found, &check);
    resources(&mut found, &check);
    check.blocks("virtual_ip").iter().for_each(|it| virtual_ip(&mut found, it));
    check.blocks("dns").iter().for_each(|it| dns(&mut found, it));
    check.blocks("mirror_disk").iter().for_each(|it| mirror_disk(&mut found, it));
    for it in check.blocks("exec") {
        it.range(&mut found, "timeout", 1, 86400);
    }
    for it in check.blocks("az_monitor") {
        monitor(&mut found, &it);
        if it.text("mode") == Some("recover") && check.text("failback") == Some("auto") {
            let detail = "The group moves away when its availability zone is in trouble, and returns by itself: a zone that comes \
                          and goes moves it every time. Leave \"failback\" at \"manual\".";
            found.push(Diagnostic::warning("Group follows a flapping zone", detail));
        }
    }
    for it in check.blocks("flap_guard") {
        it.range(&mut found, "rewrites", 1, 1000);
        it.range(&mut found, "window", 1, 86400);
    }
    found
}

fn startup(found: &mut Diagnostics, check: &Check<'_>) {
    let mut seen = BTreeSet::new();
    for server in check.texts("startup") {
        if !seen.insert(server) {
            found.push(check.error(
                "startup",
                format!("names {server:?} twice; the order of its first place counts. Leave one out."),
            ));
        }
    }
}

/// Names of resources, their order, and the blocks that all kinds have.
fn resources(found: &mut Diagnostics, check: &Check<'_>) {
    let all: Vec<Check<'_>> = RESOURCES.iter().flat_map(|it| check.blocks(it)).collect();
    unique(found, &all, "name", "name", "Resources of a group are told by their names.");
    let unknown_blocks = RESOURCES.iter().any(|it| check.known(it).is_none() && !check.is_unset(it));
    let names: BTreeSet<&str> = all.iter().filter_map(|it| it.text("name")).collect();
    let mut after: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for it in &all {
        name(found, it, "name");
        for other in it.texts("after") {
            if Some(other) == it.text("name") {
                found.push(it.error("after", format!("names {other:?}, the resource itself. Leave it out.")));
            } else if !names.contains(other) && !unknown_blocks && all.iter().all(|it| it.text("name").is_some()) {
                let known: Vec<&str> = names.iter().copied().collect();
                found.push(it.error("after", format!("names {other:?}, but the group has {}.", known.join(", "))));
            }
        }
        if let Some(name) = it.text("name") {
            after.insert(name, it.texts("after"));
        }
        it.blocks("monitor").iter().for_each(|it| monitor(found, it));
        for it in it.blocks("activation") {
            it.range(found, "retry", 0, i64::from(defaults::COUNT_MAX));
            it.range(found, "failover", 0, i64::from(defaults::COUNT_MAX));
            it.one_of(found, "action", &words::all(words::ACTIVATION_FAILED));
        }
        for it in it.blocks("deactivation") {
            it.range(found, "retry", 0, i64::from(defaults::COUNT_MAX));
            it.one_of(found, "action", &words::all(words::FINAL_ACTION));
        }
    }
    if let Some(circle) = circle(&after) {
        let detail = format!(
            "These resources of the group wait for each other: {}. Leave out one \"after\".",
            circle.join(" → ")
        );
        found.push(Diagnostic::error("Cycle", detail));
    }
    if all.is_empty() && !unknown_blocks {
        let detail = "A group without resources has nothing that could be active. Add a virtual_ip, elastic_ip, dns, mirror_disk \
                      or exec block.";
        found.push(Diagnostic::error("Empty failover group", detail));
    }
}

/// Names that wait for each other, the first at both ends.
fn circle<'a>(after: &BTreeMap<&'a str, Vec<&'a str>>) -> Option<Vec<&'a str>> {
    fn visit<'a>(at: &'a str, after: &BTreeMap<&'a str, Vec<&'a str>>, path: &mut Vec<&'a str>) -> bool {
        if let Some(first) = path.iter().position(|it| *it == at) {
            path.drain(..first);
            path.push(at);
            return true;
        }
        path.push(at);
        let found = after.get(at).into_iter().flatten().any(|next| *next != at && visit(next, after, path));
        if !found {
            path.pop();
        }
        found
    }
    after.keys().find_map(|name| {
        let mut path = Vec::new();
        visit(name, after, &mut path).then_some(path)
    })
}

fn virtual_ip(found: &mut Diagnostics, check: &Check<'_>) {
    if let Some(ip) = check.text("ip") {
        match ip.split_once('/') {
            Some((address, _)) if address.parse::<Ipv4Addr>().is_ok() => {
                found.push(
                    check.error(
                        "ip",
                        format!("is \"{ip}\"; its routes always have the prefix /32. Write \"{address}\"."),
                    ),
                );
            }
            _ => address(found, check, "ip"),
        }
    }
    if check.known("route_table_ids").and_then(Value::as_slice).is_some_and(<[Value]>::is_empty) {
        let detail =
            "names no route table, so nobody could reach the address. Name the tables of all subnets with clients.";
        found.push(check.error("route_table_ids", detail));
    }
    distinct_interfaces(found, check);
}

fn distinct_interfaces(found: &mut Diagnostics, check: &Check<'_>) {
    let items = check.known("interfaces").and_then(Value::as_map);
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (server, eni) in items.into_iter().flatten().filter_map(|(server, eni)| Some((server, eni.as_str()?))) {
        if let Some(other) = seen.insert(eni, server) {
            let detail = format!("gives {other} and {server} the same interface {eni}. Each server needs its own.");
            found.push(check.error("interfaces", detail));
        }
    }
}

fn dns(found: &mut Diagnostics, check: &Check<'_>) {
    if let Some(text) = check.text("record_name")
        && let Some((wrong, fixed)) = misspelled(text)
    {
        found.push(check.error("record_name", format!("is \"{text}\", {wrong} (code 5). Write \"{fixed}\".")));
    }
    check.range(found, "ttl", 0, i64::from(defaults::DNS_TTL_MAX));
    if let Some(ttl) = check.number("ttl").filter(|it| *it > LONG_TTL) {
        let detail = format!(
            "Clients keep the address of {} for up to {ttl} seconds after a failover. With a \"ttl\" of {LONG_TTL} or less they \
             follow sooner.",
            check.text("record_name").unwrap_or("the name")
        );
        found.push(Diagnostic::warning("Clients follow late", detail));
    }
    address(found, check, "address");
    for (server, ip) in check.known("addresses").and_then(Value::as_map).into_iter().flatten() {
        if ip.as_str().is_some_and(|it| it.parse::<Ipv4Addr>().is_err()) {
            found.push(check.error("addresses", format!("has for {server} what is no IPv4 address.")));
        }
    }
    for it in check.blocks("monitor") {
        let propagation = seconds(defaults::DNS_PROPAGATION);
        if let Some(delay) = it.number("start_delay").filter(|it| *it <= propagation) {
            let detail = format!(
                "is {delay}, but Route 53 takes up to {propagation} seconds to bring a change to all its servers: the monitor \
                 would see errors (codes 7 and 9) that are none, and resolvers would remember that there is no such name. \
                 Write more than {propagation}; {} is the default.",
                seconds(defaults::DNS_START_DELAY)
            );
            found.push(it.error("start_delay", detail));
        }
    }
}

/// What is wrong with the name of a record, and the right form.
fn misspelled(text: &str) -> Option<(&'static str, String)> {
    let fixed = format!("{}.", text.trim_end_matches('.').to_lowercase());
    let label = |it: &str| {
        let right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*');
        !it.is_empty() && it.len() <= 63 && it.chars().all(right)
    };
    let labels: Vec<&str> = text.trim_end_matches('.').split('.').collect();
    if !labels.iter().copied().all(label) || labels.len() < 2 {
        return Some(("which is no fully qualified domain name", "srv.hz1.local.".to_owned()));
    }
    if text.chars().any(char::is_uppercase) {
        return Some(("which is not in lower case, as Route 53 keeps names", fixed));
    }
    (!text.ends_with('.')).then_some(("which does not end with a dot", fixed))
}

fn mirror_disk(found: &mut Diagnostics, check: &Check<'_>) {
    check.one_of(found, "mode", &words::all(words::MIRROR_MODE));
    check.range(found, "mount_timeout", 1, 3600);
    check.range(found, "unmount_timeout", 1, 3600);
    unique(found, &check.blocks("side"), "server", "server", "Each server has one side of the mirror.");
    if check.text("mode") == Some("async") {
        let detail = "With mode \"async\" a write is done before the other server has it, so the last writes before a failover may \
                      be lost. Leave \"mode\" out unless the time of a write across zones is worse than that.";
        found.push(Diagnostic::warning("Mirror may lose writes", detail));
    }
}

fn monitor(found: &mut Diagnostics, check: &Check<'_>) {
    check.one_of(found, "mode", &words::all(words::NO_ANSWER));
    check.range(found, "interval", 1, 86400);
    check.range(found, "timeout", 1, 86400);
    check.range(found, "retry", 0, i64::from(defaults::COUNT_MAX));
    check.range(found, "start_delay", 0, 86400);
    if check.text("mode") == Some("recover") {
        let detail = format!(
            "With {} = \"recover\" a maintenance of the AWS endpoint counts as a failure, and the group is restarted or moved \
             for it. \"ignore\" and \"warn\" still notice every other error.",
            check.at("mode")
        );
        found.push(Diagnostic::warning("Monitor acts on endpoint maintenance", detail));
    }
    for it in check.blocks("recovery") {
        it.one_of(found, "target", &words::all(words::RECOVERY_TARGET));
        it.one_of(found, "final_action", &words::all(words::FINAL_ACTION));
        it.range(found, "restarts", 0, i64::from(defaults::COUNT_MAX));
        it.range(found, "failovers", 0, i64::from(defaults::COUNT_MAX));
    }
}

/// No two blocks have the same text in an argument.
fn unique(found: &mut Diagnostics, blocks: &[Check<'_>], name: &str, what: &str, because: &str) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for it in blocks {
        let Some(text) = it.text(name).filter(|it| !it.is_empty()) else { continue };
        let here = label(it);
        if let Some(other) = seen.insert(text, here.clone()) {
            found
                .push(it.error(name, format!("is \"{text}\", which is the {what} of {other} too ({here}). {because}")));
        }
    }
}

/// How an error names a block: by its name, or else by its place.
fn label(check: &Check<'_>) -> String {
    match check.text("name").or_else(|| check.text("server")) {
        Some(name) => format!("{name:?}"),
        None => check.at("name").trim_end_matches(".name").to_owned(),
    }
}

fn name(found: &mut Diagnostics, check: &Check<'_>, argument: &str) {
    let right = |it: &str| {
        let first = it.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        first && it.len() <= 63 && it.chars().all(rest)
    };
    if let Some(text) = check.text(argument).filter(|it| !right(it)) {
        let fixed: String =
            text.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        let detail = format!(
            "is \"{text}\"; a name begins with a lower-case letter and has up to 63 lower-case letters, digits, - and _. Write \
             \"{fixed}\"."
        );
        found.push(check.error(argument, detail));
    }
}

fn address(found: &mut Diagnostics, check: &Check<'_>, argument: &str) {
    if let Some(text) = check.text(argument).filter(|it| it.parse::<Ipv4Addr>().is_err()) {
        found.push(check.error(argument, format!("is \"{text}\", which is no IPv4 address.")));
    }
}

fn seconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
