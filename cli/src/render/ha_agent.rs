//! What the agent of this server says of a group, as text.

use anstyle::AnsiColor;
use plumb_provider_ha::agent::report::{AgentReport, GroupReport, MonitorReport, PeerReport};

use super::Paint;

/// The lines below the group's own.
pub fn report(it: &AgentReport, group: &str, paint: Paint) -> String {
    let Some(of) = it.groups.get(group) else { return String::new() };
    let mut out = format!("  agent of {}: {}\n", it.server, state(it, of, paint));
    if let Some(reason) = &of.failed {
        out += &format!("    {}\n", paint.color(AnsiColor::Red, reason));
    }
    let names = of.resources.keys().chain(of.monitors.keys()).chain(it.servers.keys());
    let width = names.map(String::len).max().unwrap_or(0);
    for (name, local) in &of.resources {
        let seen = of.monitors.get(name).map(|it| format!("  {}", monitor(it, paint))).unwrap_or_default();
        out += &format!("    {name:width$}  {local}{seen}\n");
    }
    for (name, it) in of.monitors.iter().filter(|(name, _)| !of.resources.contains_key(*name)) {
        out += &format!("    {name:width$}  {}\n", monitor(it, paint));
    }
    for (name, it) in &it.servers {
        out += &format!("    {name:width$}  {}\n", peer(it, paint));
    }
    out
}

fn state(it: &AgentReport, of: &GroupReport, paint: Paint) -> String {
    let mut text = format!("{}, epoch {}", of.state, of.epoch);
    if let Some(left) = of.lease_seconds_left {
        text += &format!(", lease for another {left} s");
    }
    if of.degraded {
        text += &format!(", {}", paint.color(AnsiColor::Red, "a part is missing"));
    }
    if it.cut_off {
        text += &format!(", {}", paint.color(AnsiColor::Red, "this server is cut off"));
    }
    text
}

fn monitor(it: &MonitorReport, paint: Paint) -> String {
    let Some(age) = it.seconds_ago else { return paint.dim("not looked at yet") };
    let word = if it.result == "fine" { "ok" } else { &it.result };
    let what = it.message.as_ref().map_or_else(|| word.to_owned(), |message| format!("{word}: {message}"));
    let times = if it.errors > 0 { format!(", {} in a row", it.errors) } else { String::new() };
    let text = format!("{what} ({age} s ago{times})");
    if it.errors > 0 { paint.color(AnsiColor::Red, &text) } else { text }
}

fn peer(it: &PeerReport, paint: Paint) -> String {
    let heard = it.heard_seconds_ago.map_or_else(|| "never heard".to_owned(), |age| format!("heard {age} s ago"));
    match it.presence.as_str() {
        "alive" => heard,
        "silent" => paint.color(AnsiColor::Red, &format!("silent, {heard}")),
        other => paint.dim(&format!("{other}, {heard}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_on_one_screen() {
        let looked = |result: &str, message: Option<&str>, errors| MonitorReport {
            result: result.into(),
            seconds_ago: Some(12),
            message: message.map(str::to_owned),
            errors,
        };
        let group = GroupReport {
            state: "active".into(),
            epoch: 7,
            lease_seconds_left: Some(24),
            resources: [("app".into(), "active".into()), ("vip".into(), "active".into())].into(),
            monitors: [
                ("app".into(), looked("error", Some("exit status: 1"), 2)),
                ("vip".into(), looked("fine", None, 0)),
                ("az".into(), MonitorReport { seconds_ago: None, ..looked("", None, 0) }),
            ]
            .into(),
            failed: None,
            degraded: false,
        };
        let silent = PeerReport { presence: "silent".into(), heard_seconds_ago: Some(40) };
        let it = AgentReport {
            cluster: "db".into(),
            server: "server2".into(),
            cut_off: true,
            servers: [("server1".into(), silent)].into(),
            groups: [("failover1".into(), group)].into(),
        };
        insta::assert_snapshot!(report(&it, "failover1", Paint::PLAIN), @r"
          agent of server2: active, epoch 7, lease for another 24 s, this server is cut off
            app      active  error: exit status: 1 (12 s ago, 2 in a row)
            vip      active  ok (12 s ago)
            az       not looked at yet
            server1  silent, heard 40 s ago
        ");
        assert_eq!(report(&it, "other", Paint::PLAIN), "");
        assert!(!it.is_well("failover1") && it.is_well("other"));
    }
}
