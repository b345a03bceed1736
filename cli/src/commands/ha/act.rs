//! `ha move`, `ha start`, `ha stop` and `ha repair`.

use std::collections::{BTreeMap, BTreeSet};

use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::address::Holding;
use plumb_provider_ha::agent::event::Command;
use plumb_provider_ha::arbiter::journaled::Journaled;
use plumb_provider_ha::cloud::Cloud;
use plumb_provider_ha::cloud::patient::Patience;
use plumb_provider_ha::connect::{self, JOURNAL_VARIABLE, journal_path};
use plumb_provider_ha::errors::{Language, Trouble};
use plumb_provider_ha::group::ResourceKind;
use plumb_provider_ha::journal::{FileJournal, Kind};
use plumb_provider_ha::status::{GroupStatus, owner, status, unanimous};
use plumb_provider_ha::transition::{KeepLease, Manager, Report, Request, targets};
use serde_json::json;

use super::described::Described;
use super::{ask, described, diagnostic, history, language};
use crate::args::{HaGroupArgs, HaMoveArgs};
use crate::lock::who;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// What is done with a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// From its server to another.
    Move,
    /// From nowhere to a server.
    Start,
    /// To nowhere.
    Stop,
    /// All parts to its owner.
    Repair,
}

/// What a person has asked for.
struct Wish<'a> {
    verb: Verb,
    to: Option<&'a str>,
    forced: bool,
    args: &'a HaGroupArgs,
}

/// Runs `ha move`, `ha start` or `ha repair`.
pub async fn run(verb: Verb, args: &HaMoveArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let wish = Wish { verb, to: args.to.as_deref(), forced: args.force, args: &args.group };
    grant(&wish, session, ui).await
}

/// Runs `ha stop`.
pub async fn stop(args: &HaGroupArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    grant(&Wish { verb: Verb::Stop, to: None, forced: false, args }, session, ui).await
}

async fn grant(wish: &Wish<'_>, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let common = &wish.args.common;
    let language = language(common.lang.as_deref(), session)?;
    let it = described::group(&common.state, &wish.args.group)?;
    if let Some(command) = command(wish, &it)
        && let Some(status) = ask::agent(&it, &command, session).await?
    {
        match common.json {
            true => ui.document(&status),
            false => ui.out(&format!("{}: done by the agent of this server.\n", it.key())),
        }
        return Ok(Exit::Success);
    }
    let failed = |diagnostics| Failure { diagnostics, ..Failure::default() };
    let cloud = connect::cloud(&it.cluster).await.map_err(failed)?;
    let password = session.environment.get("PGPASSWORD").map(String::as_str);
    let arbiter = connect::arbiter(&it.cluster, password).await.map_err(failed)?;
    let path = journal_path(session.environment.get(JOURNAL_VARIABLE).map(String::as_str));
    let journal = FileJournal::open(&path).map_err(|error| history::unreadable(&error.to_string()))?;
    let counted = Journaled::new(&journal);
    let manager = Manager {
        cluster: &it.cluster,
        group: &it.group,
        cloud: &*cloud,
        hosts: None,
        arbiter: arbiter.as_deref().unwrap_or(&counted),
        journal: &journal,
        patience: Patience::within(it.group.call_timeout),
        by: who(),
        keep: KeepLease::No,
    };
    let result = carry_out(wish, &it, &manager, &*cloud).await;
    let (request, report) = result.map_err(|error| error.into_failure(&it, language))?;
    show(&it, &request, &report, (common.json, language), ui);
    Ok(if report.is_done() { Exit::Success } else { Exit::Error })
}

/// What an agent is asked for; it repairs by itself.
fn command(wish: &Wish<'_>, it: &Described) -> Option<Command> {
    let (group, to, reason) = (it.group.name.clone(), wish.to.map(str::to_owned), reason(wish));
    match wish.verb {
        Verb::Move => Some(Command::Move { group, to, reason }),
        Verb::Start => Some(Command::Start { group, to, reason, forced: wish.forced }),
        Verb::Stop => Some(Command::Stop { group, reason }),
        Verb::Repair => None,
    }
}

fn reason(wish: &Wish<'_>) -> String {
    wish.args.reason.clone().unwrap_or_else(|| "asked for on the command line".to_owned())
}

/// Why nothing was done.
enum Refusal {
    Trouble(Box<Trouble>),
    Unclear(String),
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(Box::new(trouble))
    }
}

impl Refusal {
    fn into_failure(self, it: &Described, language: Language) -> Failure {
        match self {
            Self::Trouble(trouble) => diagnostic(&trouble, "Failover group not changed", language).into(),
            Self::Unclear(reason) => {
                Diagnostic::error("Failover group not changed", format!("{}: {reason}", it.key())).into()
            }
        }
    }
}

async fn carry_out(
    wish: &Wish<'_>,
    it: &Described,
    manager: &Manager<'_>,
    cloud: &dyn Cloud,
) -> Result<(Request, Report), Refusal> {
    // First what was interrupted: only then it is clear where the group is.
    manager.finish().await?;
    let now = status(&it.cluster, &it.group, cloud, Some(manager.arbiter), &manager.log()?).await;
    let request = request(wish, it, &now)?;
    let report = manager.run(&request).await?;
    Ok((request, report))
}

fn request(wish: &Wish<'_>, it: &Described, now: &GroupStatus) -> Result<Request, Refusal> {
    let recorded = owner(now.recorded.as_ref(), now.lease.as_ref());
    let seen = unanimous(&now.resources);
    let active = recorded.clone().unwrap_or_else(|| seen.clone());
    let (kind, from, to) = match (wish.verb, active) {
        (Verb::Start, Some(server)) if recorded.is_some() && wish.to.is_none_or(|to| to != server) => {
            return Err(unclear(format!("it is active on {server}. Use \"plumb ha move\" to move it.")));
        }
        (Verb::Start, active) => (Kind::Start, None, Some(target(wish, it, None, active)?)),
        (Verb::Move, None) => {
            return Err(unclear("it is active nowhere. Use \"plumb ha start\" to start it.".to_owned()));
        }
        (Verb::Move, Some(from)) => {
            if seen.as_ref().is_some_and(|it| *it != from) {
                return Err(unclear(format!(
                    "it was recorded on {from}, and AWS has it on {}. Say with \"plumb ha repair --to\" which is right.",
                    seen.unwrap_or_default()
                )));
            }
            let to = target(wish, it, Some(&from), None)?;
            (Kind::Move, Some(from), Some(to))
        }
        (Verb::Stop, active) => (Kind::Stop, active, None),
        (Verb::Repair, active) => (Kind::Repair, None, Some(repaired(wish, now, active)?)),
    };
    let reason = reason(wish);
    Ok(Request { kind, from, to, reason, forced: wish.forced })
}

fn unclear(reason: String) -> Refusal {
    Refusal::Unclear(reason)
}

/// The server that is named, or the best one that does not have the group.
fn target(wish: &Wish<'_>, it: &Described, from: Option<&str>, fallback: Option<String>) -> Result<String, Refusal> {
    if let Some(to) = wish.to {
        return Ok(to.to_owned());
    }
    if let Some(fallback) = fallback {
        return Ok(fallback);
    }
    let unavailable: BTreeSet<String> = from.map(str::to_owned).into_iter().collect();
    let found = targets(&it.cluster, &it.group, &unavailable, &BTreeMap::new()).into_iter().next();
    found.ok_or_else(|| unclear("its startup list has no other server.".to_owned()))
}

/// The owner that a repair brings everything to: named, recorded, or the only one that AWS tells.
fn repaired(wish: &Wish<'_>, now: &GroupStatus, active: Option<String>) -> Result<String, Refusal> {
    let named = wish.to.map(str::to_owned).or(active);
    named.ok_or_else(|| {
        let held = now.resources.iter().filter_map(|it| match &it.holding {
            Ok(Holding::Several { parts }) => Some(format!("{}: {parts}", it.name)),
            Ok(Holding::Foreign { what }) => Some(format!("{}: {what}", it.name)),
            Ok(Holding::Member { server }) => Some(format!("{} → {server}", it.name)),
            _ => None,
        });
        let held = held.collect::<Vec<_>>().join("; ");
        unclear(format!("nothing says which server owns it ({held}). Name the server with --to."))
    })
}

fn show(it: &Described, request: &Request, report: &Report, (json, language): (bool, Language), ui: &Ui) {
    if json {
        let troubles: Vec<_> = report.warnings.iter().chain(&report.trouble).map(|it| it.to_json(language)).collect();
        ui.document(&json!({
            "cluster": it.cluster.name,
            "group": it.group.name,
            "kind": request.kind,
            "from": request.from,
            "to": request.to,
            "report": report,
            "troubles": troubles,
        }));
        return;
    }
    for warning in &report.warnings {
        ui.diagnostics(&diagnostic(warning, "Failover group warns", language).into(), None);
    }
    if let Some(trouble) = &report.trouble {
        let summary = match report.outcome {
            None => "Failover group not finished",
            Some(_) => "Failover group not moved",
        };
        ui.diagnostics(&diagnostic(trouble, summary, language).into(), None);
        return;
    }
    let place = request.to.as_deref().map_or_else(|| "stopped".to_owned(), |to| format!("on {to}"));
    ui.out(&match report.id {
        None => format!("{} is {place} already (epoch {}); nothing was written.\n", it.key(), report.epoch),
        Some(_) => format!("{} is {place} (epoch {}, {} step(s)).\n", it.key(), report.epoch, report.done),
    });
    if it.group.resources.iter().any(|it| matches!(it.kind, ResourceKind::VirtualIp(_))) {
        ui.out(
            "This is the side of AWS. The virtual addresses on the servers' network cards are set and removed by the \
             agents there.\n",
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumb_provider_ha::group::{Arbiter, Cluster, Group, Heartbeat, PartitionCheck, Server};
    use plumb_provider_ha::journal::Recorded;
    use plumb_provider_ha::moment::Moment;
    use plumb_provider_ha::status::{ResourceStatus, Verdict};

    use super::*;
    use crate::args::{self, Command, HaCommand};

    fn described() -> Described {
        let server = |number: u8| Server {
            name: format!("server{number}"),
            instance_id: format!("i-{number}"),
            eni_id: format!("eni-{number}"),
            vpc_id: None,
            availability_zone: "ap-northeast-1a".into(),
            interconnect: [10, 0, number, 10].into(),
        };
        let cluster = Cluster {
            name: "db".into(),
            region: None,
            servers: vec![server(1), server(2)],
            partition: PartitionCheck::default(),
            heartbeat: Heartbeat::default(),
            arbiter: Arbiter::None,
            forced_stop: None,
        };
        Described { cluster, group: Group::new("failover1", "db", &["server1", "server2"], Vec::new()) }
    }

    /// What is recorded (`-` for a stopped group) and what AWS has.
    fn now(recorded: Option<&str>, seen: Option<&str>) -> GroupStatus {
        let server = recorded.map(|it| Some(it).filter(|it| *it != "-").map(str::to_owned));
        let holding = Ok(seen.map_or(Holding::Nobody, |it| Holding::Member { server: it.to_owned() }));
        GroupStatus {
            cluster: "db".into(),
            group: "failover1".into(),
            verdict: Verdict::Unknown,
            recorded: server.map(|server| Recorded { server, epoch: 3, since: None }),
            lease: None,
            resources: vec![ResourceStatus { name: "eip1".into(), type_name: "elastic_ip", holding, look: None }],
            zones: Vec::new(),
            transitions: Vec::new(),
            at: Moment::EPOCH,
        }
    }

    fn asked(line: &str, now: &GroupStatus) -> Result<(Kind, Option<String>, Option<String>), String> {
        let words = line.split(' ').map(str::to_owned).collect();
        let Ok(cli) = args::parse(words, &BTreeMap::new()) else { panic!("{line}") };
        let Some(Command::Ha(command)) = cli.command else { panic!("{line}") };
        let (verb, to, forced, args) = match &command {
            HaCommand::Move(it) => (Verb::Move, &it.to, it.force, &it.group),
            HaCommand::Start(it) => (Verb::Start, &it.to, it.force, &it.group),
            HaCommand::Repair(it) => (Verb::Repair, &it.to, it.force, &it.group),
            HaCommand::Stop(it) => (Verb::Stop, &None, false, it),
            _ => panic!("{line}"),
        };
        match request(&Wish { verb, to: to.as_deref(), forced, args }, &described(), now) {
            Ok(it) => Ok((it.kind, it.from, it.to)),
            Err(Refusal::Unclear(reason)) => Err(reason),
            Err(Refusal::Trouble(trouble)) => Err(trouble.to_string()),
        }
    }

    fn name(server: &str) -> Option<String> {
        Some(server.to_owned())
    }

    #[test]
    fn moves_go_from_the_recorded_server_to_the_next_one() {
        let at_first = now(Some("server1"), Some("server1"));
        assert_eq!(asked("ha move failover1", &at_first), Ok((Kind::Move, name("server1"), name("server2"))));
        let never_recorded = now(None, Some("server2"));
        assert_eq!(asked("ha move failover1", &never_recorded), Ok((Kind::Move, name("server2"), name("server1"))));
        assert!(asked("ha move failover1", &now(Some("-"), None)).unwrap_err().contains("ha start"));
        let torn = asked("ha move failover1 -to server2", &now(Some("server1"), Some("server2")));
        assert!(torn.unwrap_err().contains("ha repair"));
    }

    #[test]
    fn starts_stops_and_repairs() {
        let at_first = now(Some("server1"), Some("server1"));
        assert_eq!(asked("ha start failover1", &now(Some("-"), None)), Ok((Kind::Start, None, name("server1"))));
        assert!(asked("ha start failover1 -to server2", &at_first).unwrap_err().contains("ha move"));
        assert_eq!(asked("ha stop failover1", &at_first), Ok((Kind::Stop, name("server1"), None)));
        assert_eq!(asked("ha repair failover1", &at_first), Ok((Kind::Repair, None, name("server1"))));
        assert_eq!(asked("ha repair failover1 -to server2", &at_first), Ok((Kind::Repair, None, name("server2"))));
        assert!(asked("ha repair failover1", &now(None, None)).unwrap_err().contains("--to"));
    }
}
