//! Failover groups as text: where they are, how they are, what happened.

use anstyle::AnsiColor;
use plumb_provider_ha::address::{Holding, Look};
use plumb_provider_ha::errors::Language;
use plumb_provider_ha::journal::{Outcome, StepState, TransitionRecord};
use plumb_provider_ha::moment::Moment;
use plumb_provider_ha::status::{GroupStatus, ResourceStatus, Verdict};

use super::Paint;

/// A group as a person wants to see it in the middle of the night: the verdict first.
pub fn status(it: &GroupStatus, language: Language, paint: Paint) -> String {
    let (word, color, rest) = verdict(&it.verdict, &it.group);
    let since = it.recorded.as_ref().and_then(|it| it.since);
    let since = since.map(|since| format!(", since {since}, {}", ago(since, it.at)));
    let mut out = format!("{}  {}", paint.bold(&format!("{}/{}", it.cluster, it.group)), paint.strong(color, word));
    out += &format!("{rest}  (epoch {}{})\n", it.epoch(), since.unwrap_or_default());
    if let Some(lease) = it.lease.as_ref().filter(|lease| !lease.holder.is_empty()) {
        out += &match lease.has_expired(it.at) {
            false => format!("  lease: {} until {}\n", lease.holder, lease.expires),
            true => format!("  lease: nobody holds it; {} had it last\n", lease.holder),
        };
    }
    let width = it.resources.iter().map(|it| it.name.len()).chain(it.zones.iter().map(|it| it.server.len())).max();
    let width = width.unwrap_or(0);
    for resource in &it.resources {
        let look = resource.look.as_ref().map(|it| format!("  {}", look(it, language, paint))).unwrap_or_default();
        out += &format!("  {:width$}  {:11}  {}{look}\n", resource.name, resource.type_name, held(resource, language));
    }
    for (eni, whose) in &it.strangers {
        out += &format!("  {}\n", paint.color(AnsiColor::Red, &format!("{eni} is of {whose}")));
    }
    for zone in &it.zones {
        let look = look(&zone.look, language, paint);
        out += &format!("  {:width$}  {:11}  {}  {look}\n", zone.server, "zone", zone.zone);
    }
    for transition in it.transitions.iter().take(3) {
        out += &format!("  {}\n", paint.dim(&line(transition)));
    }
    out
}

/// A span of time in the largest unit that tells enough.
fn ago(since: Moment, now: Moment) -> String {
    let seconds = since.age(now).as_secs();
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

fn verdict(verdict: &Verdict, group: &str) -> (&'static str, AnsiColor, String) {
    match verdict {
        Verdict::Active { server } => ("ACTIVE", AnsiColor::Green, format!(" on {server}")),
        Verdict::Stopped { remains } if remains.is_empty() => ("STOPPED", AnsiColor::Yellow, String::new()),
        Verdict::Stopped { remains } => {
            ("STOPPED", AnsiColor::Yellow, format!("; still leads to its last server: {}", remains.join(", ")))
        }
        Verdict::Elsewhere { recorded, server } => {
            let was = recorded.as_deref().map_or_else(|| "nothing recorded".to_owned(), |it| format!("recorded: {it}"));
            let hint = format!("\"plumb ha repair {group} --to {server}\" takes it over");
            ("UNCONFIRMED", AnsiColor::Yellow, format!(" on {server} ({was}); {hint}"))
        }
        Verdict::Split => {
            let hint = format!("; \"plumb ha repair {group}\" brings its parts together");
            ("SPLIT", AnsiColor::Red, hint)
        }
        Verdict::Foreign => {
            let hint = format!("; \"plumb ha repair {group}\" takes its parts back from who is no member");
            ("FOREIGN", AnsiColor::Red, hint)
        }
        Verdict::Underway => {
            let hint = format!("; \"plumb ha repair {group}\" finishes what was interrupted");
            ("UNFINISHED", AnsiColor::Red, hint)
        }
        Verdict::Unknown => ("UNKNOWN", AnsiColor::Red, String::new()),
    }
}

fn held(resource: &ResourceStatus, language: Language) -> String {
    match &resource.holding {
        Ok(Holding::Member { server }) => server.clone(),
        Ok(Holding::Nobody) => "nobody".to_owned(),
        Ok(Holding::Foreign { what }) => format!("foreign: {what}"),
        Ok(Holding::Several { parts }) => format!("split: {parts}"),
        Ok(Holding::Unknown) => "known to the servers only".to_owned(),
        Err(trouble) => trouble.message(language),
    }
}

fn look(look: &Look, language: Language, paint: Paint) -> String {
    let said = look.trouble().map(|it| it.message(language)).unwrap_or_default();
    match look {
        Look::Fine => paint.color(AnsiColor::Green, "ok"),
        Look::TooEarly => paint.dim("not looked at yet"),
        Look::Ignored(_) => paint.dim(&format!("no answer, ignored: {said}")),
        Look::Warning(_) => paint.color(AnsiColor::Yellow, &format!("warning: {said}")),
        Look::Error(_) => paint.color(AnsiColor::Red, &format!("error: {said}")),
    }
}

/// Transitions, the oldest first, with their steps where those are asked for.
pub fn history(all: &[TransitionRecord], steps: bool, paint: Paint) -> String {
    if all.is_empty() {
        return "The journal has no transitions.\n".to_owned();
    }
    let mut out = String::new();
    for it in all {
        out += &format!("{}\n", line(it));
        if let Some(message) = &it.message {
            out += &format!("    {message}\n");
        }
        for (step, record) in it.transition.steps.iter().zip(&it.steps).filter(|_| steps) {
            let state = match record.state {
                Some(StepState::Done) => "done",
                Some(StepState::Failed) => "failed",
                Some(StepState::Undone) => "undone",
                Some(StepState::Unknown) => "unknown",
                None if record.attempts > 0 => "sent",
                None => "open",
            };
            let change = format!("{} → {}", step.before.text(), step.op.wanted());
            let request = record.request_id.as_ref().map(|id| paint.dim(&format!("  {id}"))).unwrap_or_default();
            out += &format!("    {:8} {}  {}: {change}{request}\n", state, step.resource, step.op.target());
        }
    }
    out
}

fn line(it: &TransitionRecord) -> String {
    let transition = &it.transition;
    let way = match (&transition.from, &transition.to) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (None, Some(to)) => format!("on {to}"),
        (Some(from), None) => format!("on {from}"),
        (None, None) => String::new(),
    };
    let outcome = it.outcome.map_or("unfinished", Outcome::word);
    let forced = if transition.forced { ", forced" } else { "" };
    format!(
        "{}  {}/{}  {} {way}  epoch {}  {outcome}{forced}  ({}, by {})",
        it.began,
        transition.cluster,
        transition.group,
        transition.kind.word(),
        transition.epoch,
        transition.reason,
        transition.by
    )
}

#[cfg(test)]
mod tests {
    use plumb_provider_ha::address::{Live, Op};
    use plumb_provider_ha::errors::{Phase, Problem, Trouble};
    use plumb_provider_ha::journal::{Entry, Kind, Recorded, Step, Transition, fold};

    use super::*;

    fn log() -> Vec<TransitionRecord> {
        let op = Op::Associate { allocation: "eipalloc-1".into(), eni: "eni-2".into() };
        let before = Live::Address { association: None, eni: Some("eni-1".into()) };
        let transition = Transition {
            id: "1".into(),
            cluster: "db".into(),
            group: "failover1".into(),
            kind: Kind::Move,
            from: Some("server1".into()),
            to: Some("server2".into()),
            epoch: 7,
            reason: "maintenance".into(),
            forced: false,
            by: "ann@desk".into(),
            steps: vec![Step { resource: "eip1".into(), op, before }],
        };
        let at = Moment::EPOCH;
        let done = Entry::Result {
            at,
            id: "1".into(),
            seq: 0,
            state: StepState::Done,
            code: None,
            message: None,
            request_id: Some("req-1".into()),
        };
        let end = Entry::Ended { at, id: "1".into(), outcome: Outcome::Done, message: None };
        fold(&[Entry::Began { at, transition }, done, end])
    }

    #[test]
    fn a_group_on_one_screen() {
        let trouble = Trouble::new(Problem::EipGone, Phase::Monitoring, "eip1").with("id", "eipalloc-1");
        let of = |name: &str, type_name: &'static str, look: Look| {
            let holding = Ok(Holding::Member { server: "server2".into() });
            ResourceStatus { name: name.into(), type_name, holding, look: Some(look) }
        };
        let it = GroupStatus {
            cluster: "db".into(),
            group: "failover1".into(),
            verdict: Verdict::Active { server: "server2".into() },
            recorded: Some(Recorded { server: Some("server2".into()), epoch: 7, since: Some(Moment::EPOCH) }),
            lease: None,
            resources: vec![
                of("vip1", "virtual_ip", Look::Fine),
                of("eip1", "elastic_ip", Look::Error(trouble.with("held", "no interface"))),
            ],
            strangers: [("eni-9".into(), "i-9 (Name=other)".into())].into(),
            zones: Vec::new(),
            transitions: log(),
            at: Moment::EPOCH,
        };
        insta::assert_snapshot!(status(&it, Language::English, Paint::PLAIN), @r"
        db/failover1  ACTIVE on server2  (epoch 7, since 1970-01-01T00:00:00.000Z, 0 s ago)
          vip1  virtual_ip   server2  ok
          eip1  elastic_ip   server2  error: Monitoring eip1 found an error. (7: The Elastic IP address is not on the server (allocation eipalloc-1, now on no interface))
          eni-9 is of i-9 (Name=other)
          1970-01-01T00:00:00.000Z  db/failover1  move server1 → server2  epoch 7  done  (maintenance, by ann@desk)
        ");
        assert!(!it.is_well());
    }

    #[test]
    fn history_with_steps() {
        insta::assert_snapshot!(history(&log(), true, Paint::PLAIN), @r"
        1970-01-01T00:00:00.000Z  db/failover1  move server1 → server2  epoch 7  done  (maintenance, by ann@desk)
            done     eip1  eipalloc-1: eni-1 → eni-2  req-1
        ");
        assert_eq!(history(&[], false, Paint::PLAIN), "The journal has no transitions.\n");
    }
}
