//! `ha move`, `ha start`, `ha stop` and `ha repair`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use plumb_engine::diagnostic::Diagnostic;
use plumb_provider_ha::address::Holding;
use plumb_provider_ha::agent::event::Command;
use plumb_provider_ha::arbiter::Arbiter;
use plumb_provider_ha::arbiter::journaled::Journaled;
use plumb_provider_ha::cloud::patient::Patience;
use plumb_provider_ha::connect::{JOURNAL_VARIABLE, Region, journal_path};
use plumb_provider_ha::errors::{Language, Trouble};
use plumb_provider_ha::group::Exclusive;
use plumb_provider_ha::journal::{FileJournal, Kind, Outcome, TransitionRecord, recorded};
use plumb_provider_ha::status::{GroupStatus, Known, look_at, owner, unanimous};
use plumb_provider_ha::transition::{KeepLease, LeftAlone, Manager, Occupancy, Report, Request, targets};

use super::described::Described;
use super::told::{Told, tell};
use super::{arbiter, ask, described, diagnostic, history, language, unplaced};
use crate::args::{HaCommon, HaGroupArgs, HaMoveArgs};
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
    let since = Instant::now();
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
    let cloud = Region::of(&it.cluster).await.map_err(unplaced)?.within(&it.group);
    let arbiter = arbiter(&it.cluster, session).await?;
    let path = journal_path(session.environment.get(JOURNAL_VARIABLE).map(String::as_str));
    let journal = FileJournal::open(&path).map_err(|error| history::unreadable(&error.to_string()))?;
    let counted = Journaled::new(&journal);
    let manager = Manager {
        cluster: &it.cluster,
        group: &it.group,
        cloud: &*cloud,
        hosts: if wish.args.aws_only { Some(&LeftAlone) } else { None },
        arbiter: arbiter.as_deref().unwrap_or(&counted),
        journal: &journal,
        patience: Patience::within(it.group.call_timeout),
        by: who(),
        keep: KeepLease::No,
    };
    let neighbours =
        neighbours(&it, common, manager.arbiter, &manager.log().map_err(|it| unlogged(&it, language))?).await?;
    let result = carry_out(wish, &it, manager, &neighbours).await;
    let done = result.map_err(|error| error.into_failure(&it, language))?;
    let calls = cloud.sent() + arbiter.map_or(0, |it| it.calls());
    let told = Told { it: &it, done: &done, aws_only: wish.args.aws_only, calls, took: since.elapsed() };
    tell(&told, (common.json, language), ui);
    Ok(if done.report.is_done() { Exit::Success } else { Exit::Error })
}

fn unlogged(trouble: &Trouble, language: Language) -> Failure {
    diagnostic(trouble, "Unusable journal", language).into()
}

/// What has been done.
pub struct Done {
    /// What was asked for, or what of it was left from an earlier run.
    pub request: Request,
    /// How it went.
    pub report: Report,
    /// It in the journal; `None` where nothing was to do.
    pub record: Option<TransitionRecord>,
    /// What earlier runs had left open and was ended first.
    pub finished: Vec<TransitionRecord>,
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
    manager: Manager<'_>,
    neighbours: &Occupancy,
) -> Result<Done, Refusal> {
    // First what was interrupted: only then it is clear where the group is.
    let reports = manager.finish().await?;
    let log = manager.log()?;
    let record = |report: &Report| log.iter().find(|it| Some(&it.transition.id) == report.id.as_ref()).cloned();
    let finished: Vec<TransitionRecord> = reports.iter().filter_map(record).collect();
    if let (Some(report), Some(last)) = (reports.last(), finished.last())
        && wish.is_again(last)
    {
        let (report, record) = (report.clone(), Some(last.clone()));
        return Ok(Done { request: asked(last), report, record, finished: Vec::new() });
    }
    let known = Known { arbiter: Some(manager.arbiter), log: &log, applied: it.applied.as_ref() };
    let now = look_at(&it.cluster, &it.group, manager.cloud, known).await;
    let request = request(wish, it, (&now, neighbours))?;
    // Bringing AWS back to who has the group changes nothing on the servers.
    let recorded = owner(now.recorded.as_ref(), now.lease.as_ref()).flatten();
    let stays = request.kind == Kind::Repair && request.to == recorded;
    let manager = Manager { hosts: if stays { Some(&LeftAlone) } else { manager.hosts }, ..manager };
    let report = manager.run(&request).await?;
    let log = manager.log()?;
    let record = log.into_iter().find(|it| Some(&it.transition.id) == report.id.as_ref());
    Ok(Done { request, report, record, finished })
}

/// What a transition of the journal was asked to do.
fn asked(it: &TransitionRecord) -> Request {
    let it = &it.transition;
    let (from, to, reason) = (it.from.clone(), it.to.clone(), it.reason.clone());
    Request { kind: it.kind, from, to, reason, forced: it.forced }
}

impl Wish<'_> {
    /// Whether what was finished is what is asked for again: a second move would bring the group back.
    fn is_again(&self, last: &TransitionRecord) -> bool {
        let same = match self.verb {
            Verb::Move => last.transition.kind == Kind::Move,
            Verb::Start => last.transition.kind == Kind::Start,
            Verb::Stop => last.transition.kind == Kind::Stop,
            Verb::Repair => false,
        };
        same && last.outcome == Some(Outcome::Done)
            && self.to.is_none_or(|to| last.transition.to.as_deref() == Some(to))
    }
}

/// The groups of the same cluster by the server that has them.
async fn neighbours(
    it: &Described,
    common: &HaCommon,
    arbiter: &dyn Arbiter,
    log: &[TransitionRecord],
) -> Result<Occupancy, Failure> {
    let mut all = Occupancy::new();
    let others = described::groups(&common.state, None)?.into_iter();
    for other in others.filter(|other| other.cluster.name == it.cluster.name && other.group.name != it.group.name) {
        if it.group.exclusive == Exclusive::None && other.group.exclusive == Exclusive::None {
            continue;
        }
        let lease = arbiter.current(&other.key()).await.map_err(|error| {
            let detail =
                format!("Who has {} is not known, so nothing is known of who excludes whom: {error}.", other.key());
            Diagnostic::error("Failover group not changed", detail)
        })?;
        let recorded = recorded(log, &other.cluster.name, &other.group.name);
        let recorded = recorded.or_else(|| other.applied.clone().filter(|_| lease.is_none()));
        if let Some(server) = owner(recorded.as_ref(), lease.as_ref()).flatten() {
            all.entry(server).or_default().push(other.group.exclusive);
        }
    }
    Ok(all)
}

fn request(wish: &Wish<'_>, it: &Described, (now, neighbours): (&GroupStatus, &Occupancy)) -> Result<Request, Refusal> {
    let recorded = owner(now.recorded.as_ref(), now.lease.as_ref());
    let seen = unanimous(&now.resources);
    let active = recorded.clone().unwrap_or_else(|| seen.clone());
    let (kind, from, to) = match (wish.verb, active) {
        (Verb::Start, Some(server)) if recorded.is_some() && wish.to.is_none_or(|to| to != server) => {
            return Err(unclear(format!("it is active on {server}. Use \"plumb ha move\" to move it.")));
        }
        (Verb::Start, active) => (Kind::Start, None, Some(target(wish, it, (None, active), neighbours)?)),
        (Verb::Move, None) => {
            return Err(unclear("it is active nowhere. Use \"plumb ha start\" to start it.".to_owned()));
        }
        (Verb::Move, Some(from)) => match seen.filter(|it| *it != from) {
            // Who is named has the right to it already: an earlier move has got that far and no further.
            Some(seen) if wish.to == Some(from.as_str()) => (Kind::Move, Some(seen), Some(from)),
            Some(seen) => {
                return Err(unclear(format!(
                    "it was recorded on {from}, and AWS has it on {seen}. Say with \"plumb ha repair --to\" which is right."
                )));
            }
            None => {
                let to = target(wish, it, (Some(&from), None), neighbours)?;
                (Kind::Move, Some(from), Some(to))
            }
        },
        (Verb::Stop, active) => (Kind::Stop, active, None),
        (Verb::Repair, active) => (Kind::Repair, None, Some(repaired(wish, now, active)?)),
    };
    let reason = reason(wish);
    Ok(Request { kind, from, to, reason, forced: wish.forced })
}

fn unclear(reason: String) -> Refusal {
    Refusal::Unclear(reason)
}

/// The server that is named, or the best one that does not have the group; where it was seen last comes first.
fn target(
    wish: &Wish<'_>,
    it: &Described,
    (from, last): (Option<&str>, Option<String>),
    neighbours: &Occupancy,
) -> Result<String, Refusal> {
    let unavailable: BTreeSet<String> = from.map(str::to_owned).into_iter().collect();
    let free = targets(&it.cluster, &it.group, &unavailable, neighbours);
    let alone = targets(&it.cluster, &it.group, &unavailable, &BTreeMap::new());
    let excluded = |server: &String| alone.contains(server) && !free.contains(server);
    if let Some(to) = wish.to.map(str::to_owned) {
        // One that is no candidate at all is refused by the plan of the transition, with the reason.
        return if excluded(&to) { Err(unclear(format!("{}.", exclusive(&to)))) } else { Ok(to) };
    }
    let last = last.filter(|it| free.contains(it));
    last.or_else(|| free.first().cloned()).ok_or_else(|| match alone.iter().find(|it| excluded(it)) {
        Some(server) => unclear(format!("no server is left for it: {}.", exclusive(server))),
        None => unclear("its startup list has no other server.".to_owned()),
    })
}

fn exclusive(server: &str) -> String {
    format!("{server} has another group, and \"exclusive\" keeps the two apart; move or stop that one first")
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumb_provider_ha::group::{Cluster, Group, Server};
    use plumb_provider_ha::journal::Recorded;
    use plumb_provider_ha::moment::Moment;
    use plumb_provider_ha::status::{ResourceStatus, Verdict};

    use super::*;
    use crate::args::{self, Command, HaCommand};

    fn described() -> Described {
        let zone = "ap-northeast-1a";
        let servers = vec![
            Server::new("server1", "i-1", "eni-1", zone, [10, 0, 1, 10].into()),
            Server::new("server2", "i-2", "eni-2", zone, [10, 0, 2, 10].into()),
        ];
        let group = Group::new("failover1", "db", &["server1", "server2"], Vec::new());
        Described { cluster: Cluster::new("db", servers), group, applied: None }
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
            strangers: BTreeMap::new(),
            zones: Vec::new(),
            transitions: Vec::new(),
            at: Moment::EPOCH,
        }
    }

    type Asked = Result<(Kind, Option<String>, Option<String>), String>;

    fn asked(line: &str, now: &GroupStatus) -> Asked {
        beside(line, now, (Exclusive::None, &Occupancy::new()))
    }

    fn beside(line: &str, now: &GroupStatus, (exclusive, neighbours): (Exclusive, &Occupancy)) -> Asked {
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
        let mut it = described();
        it.group.exclusive = exclusive;
        match request(&Wish { verb, to: to.as_deref(), forced, args }, &it, (now, neighbours)) {
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
        let begun = asked("ha move failover1 -to server2", &now(Some("server2"), Some("server1")));
        assert_eq!(begun, Ok((Kind::Move, name("server1"), name("server2"))), "what was begun goes on");
    }

    #[test]
    fn exclusive_groups_are_not_moved_together() {
        let at_first = now(Some("server1"), Some("server1"));
        let neighbours = Occupancy::from([("server2".to_owned(), vec![Exclusive::None])]);
        let full = |line| beside(line, &at_first, (Exclusive::Full, &neighbours));
        assert!(full("ha move failover1").unwrap_err().contains("server2 has another group"));
        assert!(full("ha move failover1 -to server2").unwrap_err().contains("keeps the two apart"));
        let normal = beside("ha move failover1", &at_first, (Exclusive::Normal, &neighbours));
        assert_eq!(normal, Ok((Kind::Move, name("server1"), name("server2"))), "better with others than nowhere");
        let start = beside("ha start failover1", &now(Some("-"), Some("server2")), (Exclusive::Full, &neighbours));
        assert_eq!(start, Ok((Kind::Start, None, name("server1"))));
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
