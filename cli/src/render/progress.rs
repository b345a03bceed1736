//! Events as lines of text.

use std::time::Duration;

use plumb_engine::events::{EphemeralStep, Event};
use plumb_engine::plan::Action;
use plumb_engine::store::ObjectKey;

/// The lines for an event: one for each object that it is about.
///
/// Atlantis cuts everything up to the last "Refreshing state..." off a plan, so nothing else may be worded like it.
pub fn lines(event: &Event<'_>) -> Vec<String> {
    match event {
        Event::RefreshStart { objects } => {
            objects.iter().map(|(object, id)| format!("{object}: Refreshing state... [id={id}]")).collect()
        }
        Event::RefreshDone { objects } => {
            objects.iter().map(|(object, id)| format!("{object}: Refresh complete [id={id}]")).collect()
        }
        Event::ReadStart { addr } => vec![format!("{addr}: Reading...")],
        Event::ReadDone { addr, id, elapsed } => {
            vec![format!("{addr}: Read complete after {}{}", duration(*elapsed), id_suffix(Some(id)))]
        }
        Event::EphemeralStart { addr, step } => vec![format!("{addr}: {}...", stepping(*step))],
        Event::EphemeralDone { addr, step, elapsed, succeeded } => {
            let end = if *succeeded { "complete" } else { "errored" };
            vec![format!("{addr}: {} {end} after {}", stepping(*step), duration(*elapsed))]
        }
        Event::OperationStart { object, action, id } => vec![start(object, *action, *id)],
        Event::OperationProgress { object, action, id, elapsed } => {
            let id = id.map(|id| format!("id={id}, ")).unwrap_or_default();
            vec![format!("{object}: Still {}... [{id}{} elapsed]", doing(*action), clock(*elapsed))]
        }
        Event::OperationDone { object, action, id, elapsed } => {
            let id = if *action == Action::Delete { None } else { *id };
            vec![format!("{object}: {} complete after {}{}", done(*action), duration(*elapsed), id_suffix(id))]
        }
        Event::OperationFailed { object, action, elapsed } => {
            vec![format!("{object}: {} errored after {}", done(*action), duration(*elapsed))]
        }
        Event::Step { object, step, number, count, what } => {
            vec![format!("{object}: Step {number}/{count}: {}", super::steps::said(step, *what))]
        }
        Event::ProvisionStart { addr, provisioner } => vec![format!("{addr}: Provisioning with '{provisioner}'...")],
        Event::ProvisionDone { addr, provisioner, succeeded } => {
            let end = if *succeeded { "complete" } else { "errored" };
            vec![format!("{addr}: ({provisioner}) Provisioning {end}")]
        }
        Event::ProvisionOutput { addr, provisioner, line } => vec![format!("{addr} ({provisioner}): {line}")],
        Event::Waiting { reason } => vec![(*reason).to_owned()],
        Event::Stopping { running } => vec![format!(
            "Stopping: nothing new is started, and {running} running operation{} waited for. Interrupt once more to \
             leave at once; the journal keeps what is under way.",
            if *running == 1 { " is" } else { "s are" }
        )],
    }
}

/// What is being done, as the line says that is redrawn while it lasts: `aws_vpc.main: Creating... [00m10s elapsed]`.
pub fn live(object: &ObjectKey, action: Action, id: Option<&str>, elapsed: Duration) -> String {
    format!("{} [{} elapsed]", start(object, action, id), clock(elapsed))
}

fn start(object: &ObjectKey, action: Action, id: Option<&str>) -> String {
    let word = doing(action);
    let word = word[..1].to_uppercase() + &word[1..];
    format!("{object}: {word}...{}", id_suffix(id))
}

fn id_suffix(id: Option<&str>) -> String {
    id.filter(|id| !id.is_empty()).map(|id| format!(" [id={id}]")).unwrap_or_default()
}

fn stepping(step: EphemeralStep) -> &'static str {
    match step {
        EphemeralStep::Open => "Opening",
        EphemeralStep::Close => "Closing",
    }
}

fn doing(action: Action) -> &'static str {
    match action {
        Action::Create | Action::CreateThenDelete | Action::DeleteThenCreate => "creating",
        Action::Update => "modifying",
        Action::Delete => "destroying",
        Action::Read => "reading",
        Action::Forget => "forgetting",
        Action::NoOp => "importing",
    }
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create | Action::CreateThenDelete | Action::DeleteThenCreate => "Creation",
        Action::Update => "Modifications",
        Action::Delete => "Destruction",
        Action::Read => "Read",
        Action::Forget => "Forgetting",
        Action::NoOp => "Import",
    }
}

/// Time in whole seconds: `2s`, `1m5s`, `1h0m0s`.
pub fn duration(time: Duration) -> String {
    let seconds = (time + Duration::from_millis(500)).as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

/// Time of fixed width: `00m10s`.
fn clock(time: Duration) -> String {
    format!("{:02}m{:02}s", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ObjectKey {
        ObjectKey::current("aws_vpc.main".parse().unwrap())
    }

    #[test]
    fn lines_are_those_that_wrappers_know() {
        let object = key();
        let (ten, two) = (Duration::from_secs(10), Duration::from_secs(2));
        let objects = [(object.clone(), "vpc-1".to_owned())];
        let action = Action::Create;
        for (event, want) in [
            (Event::RefreshStart { objects: &objects }, "aws_vpc.main: Refreshing state... [id=vpc-1]"),
            (Event::OperationStart { object: &object, action, id: None }, "aws_vpc.main: Creating..."),
            (
                Event::OperationProgress { object: &object, action, id: None, elapsed: ten },
                "aws_vpc.main: Still creating... [00m10s elapsed]",
            ),
            (
                Event::OperationDone { object: &object, action, id: Some("vpc-1"), elapsed: two },
                "aws_vpc.main: Creation complete after 2s [id=vpc-1]",
            ),
            (
                Event::OperationProgress { object: &object, action: Action::Update, id: Some("v"), elapsed: ten * 7 },
                "aws_vpc.main: Still modifying... [id=v, 01m10s elapsed]",
            ),
            (
                Event::OperationDone { object: &object, action: Action::Delete, id: Some("v"), elapsed: two },
                "aws_vpc.main: Destruction complete after 2s",
            ),
        ] {
            assert_eq!(lines(&event), [want]);
        }
        let deposed = ObjectKey { deposed: Some("ce35c53c".into()), ..object };
        let event = Event::OperationStart { object: &deposed, action: Action::Delete, id: Some("v") };
        assert_eq!(lines(&event), ["aws_vpc.main (deposed object ce35c53c): Destroying... [id=v]"]);
    }

    #[test]
    fn durations_are_whole_seconds() {
        assert_eq!(duration(Duration::from_millis(499)), "0s");
        assert_eq!(duration(Duration::from_millis(1500)), "2s");
        assert_eq!(duration(Duration::from_secs(65)), "1m5s");
        assert_eq!(duration(Duration::from_secs(3600)), "1h0m0s");
    }
}
