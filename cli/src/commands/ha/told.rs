//! What is told of a transition when it has ended.

use std::time::Duration;

use indexmap::IndexMap;
use plumb_provider_ha::address::Op;
use plumb_provider_ha::errors::Language;
use plumb_provider_ha::group::{FinalAction, ResourceKind};
use plumb_provider_ha::journal::{Kind, Step, StepState, TransitionRecord};
use serde_json::json;

use super::act::Done;
use super::described::Described;
use super::diagnostic;
use crate::ui::Ui;

/// A transition with what it has taken.
pub struct Told<'a> {
    /// The group.
    pub it: &'a Described,
    /// What was done.
    pub done: &'a Done,
    /// Whether the servers were left alone.
    pub aws_only: bool,
    /// API calls that were sent.
    pub calls: u64,
    /// How long it has taken.
    pub took: Duration,
}

/// Tells it: as a document, or for people.
pub fn tell(told: &Told<'_>, (json, language): (bool, Language), ui: &Ui) {
    let Told { it, done: Done { request, report, finished, .. }, .. } = told;
    if json {
        let troubles: Vec<_> = report.warnings.iter().chain(&report.trouble).map(|it| it.to_json(language)).collect();
        ui.document(&json!({
            "cluster": it.cluster.name,
            "group": it.group.name,
            "kind": request.kind,
            "from": request.from,
            "to": request.to,
            "report": report,
            "finished": finished,
            "troubles": troubles,
            "calls": told.calls,
            "seconds": told.took.as_secs_f64(),
        }));
        return;
    }
    for warning in &report.warnings {
        ui.diagnostics(&diagnostic(warning, "Failover group warns", language).into(), None);
    }
    let before: String = finished.iter().map(|it| format!("Finished first: {}.\n", way(it))).collect();
    ui.out(&before);
    if let Some(trouble) = &report.trouble {
        ui.out(&told.failed());
        let summary = if report.outcome.is_none() { "Failover group not finished" } else { "Failover group not moved" };
        ui.diagnostics(&diagnostic(trouble, summary, language).into(), None);
        return;
    }
    ui.out(&told.text());
}

/// A transition of the journal in one line.
fn way(it: &TransitionRecord) -> String {
    let transition = &it.transition;
    let place = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{} {} → {} of epoch {}, begun {}, which was interrupted",
        transition.kind.word(),
        place(&transition.from),
        place(&transition.to),
        transition.epoch,
        it.began
    )
}

impl Told<'_> {
    /// What was done, for people.
    fn text(&self) -> String {
        let Self { it, done: Done { request, report, record, .. }, .. } = self;
        let key = it.key();
        let server = request.to.clone().unwrap_or_default();
        if report.id.is_none() {
            let place = if server.is_empty() { "stopped".to_owned() } else { format!("on {server}") };
            return format!("{key} is {place} already (epoch {}); nothing was written.\n", report.epoch);
        }
        let what = match (request.kind, &request.from) {
            (Kind::Stop, Some(from)) => format!("stopped, was on {from}"),
            (Kind::Stop, None) => "stopped".to_owned(),
            (Kind::Move | Kind::Failover, Some(from)) => format!("moved: {from} → {server}"),
            (Kind::Repair | Kind::Recover, _) => format!("repaired: all of it is on {server}"),
            _ => format!("started on {server}"),
        };
        let mut out = format!("{key} {what}  (epoch {})\n", report.epoch);
        out += &record.as_ref().map(written).unwrap_or_default();
        out += &self.cost();
        out += &self.on_servers();
        out
    }

    /// How far it came, for people.
    fn failed(&self) -> String {
        let Done { report, record, .. } = self.done;
        let mut out = record.as_ref().map(written).unwrap_or_default();
        if let (Some(action), Some(from)) = (report.final_action, &self.done.request.from) {
            let word = match action {
                FinalAction::None => "nothing",
                FinalAction::StopGroup => "stop_group",
                FinalAction::StopAgent => "stop_agent",
                FinalAction::Shutdown => "shutdown",
                FinalAction::Reboot => "reboot",
            };
            out += &format!(
                "{from} could not let go. The group's settings say {word:?} for that: its agent does so; where none runs, \
                 it is for you to do before another server takes over.\n"
            );
        }
        out
    }

    fn cost(&self) -> String {
        let done =
            self.done.record.iter().flat_map(|it| &it.steps).filter(|it| it.state == Some(StepState::Done)).count();
        let writes = if done == 1 { "1 write".to_owned() } else { format!("{done} writes") };
        format!("{writes} in {:.1} s, {} API calls.\n", self.took.as_secs_f64(), self.calls)
    }

    /// What is not on AWS.
    fn on_servers(&self) -> String {
        let group = &self.it.group;
        let is_local = |it: &&plumb_provider_ha::group::Resource| {
            matches!(it.kind, ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_))
        };
        let local: Vec<&str> = group.resources.iter().filter(is_local).map(|it| it.name.as_str()).collect();
        let is_address = |it: &&plumb_provider_ha::group::Resource| matches!(it.kind, ResourceKind::VirtualIp(_));
        let addresses: Vec<&str> = group.resources.iter().filter(is_address).map(|it| it.name.as_str()).collect();
        let mut out = String::new();
        if self.aws_only && !local.is_empty() {
            out += &format!(
                "Left alone on the servers: {}. Stop them on the old server and start them on the new one, or start the \
                 agents.\n",
                local.join(", ")
            );
        }
        if !addresses.is_empty() {
            out += &format!(
                "The address of {} on the network card is set and removed by the agents of the servers.\n",
                addresses.join(", ")
            );
        }
        out
    }
}

/// What was written, a line per resource.
fn written(it: &TransitionRecord) -> String {
    let mut by_resource: IndexMap<&str, Vec<(&Step, Option<StepState>)>> = IndexMap::new();
    for (step, record) in it.transition.steps.iter().zip(&it.steps) {
        by_resource.entry(step.resource.as_str()).or_default().push((step, record.state));
    }
    let width = by_resource.keys().map(|it| it.len()).max().unwrap_or_default();
    let mut out = String::new();
    for (resource, steps) in by_resource {
        let done = steps.iter().filter(|(_, state)| *state == Some(StepState::Done)).count();
        let left = if done == steps.len() { String::new() } else { format!("  NOT DONE: {}", steps.len() - done) };
        let (first, _) = steps[0];
        let line = match &first.op {
            Op::ReplaceRoute { destination, .. } => {
                let routes = if done == 1 { "1 route".to_owned() } else { format!("{done} routes") };
                format!("{routes} {destination} → {}", first.op.wanted())
            }
            op => format!("{}: {} → {}", op.target(), first.before.text(), op.wanted()),
        };
        out += &format!("  {resource:width$}  {line}{left}\n");
    }
    out
}
