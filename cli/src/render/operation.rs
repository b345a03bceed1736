//! What is done to one object, in words: markers, comments above a change, lines of progress.

use anstyle::AnsiColor;
use plumb_engine::addr::{InstanceAddr, InstanceKey, Mode};
use plumb_engine::plan::{Action, Drift, Reason, ResourceChange};

use super::Paint;

/// Actions in the order in which a plan explains their markers.
pub const LEGEND: [Action; 7] = [
    Action::Create,
    Action::Update,
    Action::Delete,
    Action::DeleteThenCreate,
    Action::CreateThenDelete,
    Action::Read,
    Action::Forget,
];

/// The four columns in front of a changed object.
pub fn symbol(action: Action, paint: Paint) -> String {
    let (plus, minus) = (paint.color(AnsiColor::Green, "+"), paint.color(AnsiColor::Red, "-"));
    match action {
        Action::NoOp => "    ".into(),
        Action::Create => format!("  {plus} "),
        Action::Read => format!(" {} ", paint.color(AnsiColor::Cyan, "<=")),
        Action::Update => format!("  {} ", paint.color(AnsiColor::Yellow, "~")),
        Action::DeleteThenCreate => format!("{minus}/{plus} "),
        Action::CreateThenDelete => format!("{plus}/{minus} "),
        Action::Delete => format!("  {minus} "),
        Action::Forget => format!("  {} ", paint.color(AnsiColor::Red, ".")),
    }
}

/// What a marker means.
pub fn meaning(action: Action) -> &'static str {
    match action {
        Action::NoOp => "leave as it is",
        Action::Create => "create",
        Action::Read => "read (data resources)",
        Action::Update => "update in-place",
        Action::DeleteThenCreate => "destroy and then create replacement",
        Action::CreateThenDelete => "create replacement and then destroy",
        Action::Delete => "destroy",
        Action::Forget => "forget",
    }
}

/// `resource "aws_vpc" "main"`.
pub fn header(addr: &InstanceAddr) -> String {
    let keyword = match addr.resource.mode {
        Mode::Managed => "resource",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    };
    format!("{keyword} \"{}\" \"{}\"", addr.resource.type_name, addr.resource.name)
}

/// The comment lines above a change: what happens to the object, and why.
///
/// Policies and pull-request tools match these words after `# ADDRESS`.
pub fn comment(change: &ResourceChange, paint: Paint) -> String {
    let object = paint.bold(&change.object.to_string());
    let replaced = paint.strong(AnsiColor::Red, "replaced");
    let destroyed = paint.strong(AnsiColor::Red, "destroyed");
    let what = match (change.action, change.reason) {
        (Action::Create, _) => format!("{object} will be created"),
        (Action::Read, _) => format!("{object} will be read during apply"),
        (Action::Update, _) => format!("{object} will be updated in-place"),
        (Action::DeleteThenCreate | Action::CreateThenDelete, reason) => match reason {
            Some(Reason::ReplaceBecauseTainted) => format!("{object} is tainted, so must be {replaced}"),
            Some(Reason::ReplaceByRequest) => format!("{object} will be {replaced}, as requested"),
            Some(Reason::ReplaceByTriggers) => {
                format!("{object} will be {replaced} due to changes in replace_triggered_by")
            }
            _ => format!("{object} must be {replaced}"),
        },
        (Action::Delete, _) => format!("{object} will be {destroyed}"),
        (Action::Forget, _) => format!("{object} will no longer be managed by plumb, but will not be destroyed"),
        (Action::NoOp, _) => match &change.moved_from {
            Some(from) => format!("{} has moved to {object}", paint.bold(&from.to_string())),
            None => format!("{object} will be imported"),
        },
    };
    let mut notes = Vec::new();
    notes.extend(change.reason.and_then(|reason| because(reason, &change.object.addr)));
    if change.object.deposed.is_some() && matches!(change.action, Action::Delete | Action::Forget) {
        notes.push("left over from a replacement that was not finished".into());
    }
    if let (Some(from), true) = (&change.moved_from, change.action != Action::NoOp) {
        notes.push(format!("moved from {from}"));
    }
    if let Some(id) = &change.importing
        && (change.action != Action::NoOp || change.moved_from.is_some())
    {
        notes.push(format!("imported from {id:?}"));
    }
    lines(&what, &notes)
}

/// The comment lines above an object that changed by itself.
pub fn drift_comment(drift: &Drift, action: Action, paint: Paint) -> String {
    let object = paint.bold(&drift.object.to_string());
    let what = match (action, &drift.moved_from) {
        (Action::Delete, _) => format!("{object} has been deleted"),
        (Action::NoOp, Some(from)) => format!("{} has moved to {object}", paint.bold(&from.to_string())),
        _ => format!("{object} has changed"),
    };
    let moved = drift.moved_from.as_ref().filter(|_| action != Action::NoOp);
    lines(&what, &moved.map(|from| format!("moved from {from}")).into_iter().collect::<Vec<_>>())
}

fn lines(what: &str, notes: &[String]) -> String {
    let notes: String = notes.iter().map(|note| format!("  # ({note})\n")).collect();
    format!("  # {what}\n{notes}")
}

fn because(reason: Reason, addr: &InstanceAddr) -> Option<String> {
    Some(match reason {
        Reason::DeleteBecauseNoResourceConfig => format!("because {} is not in configuration", addr.resource()),
        Reason::DeleteBecauseNoModule => format!("because {} is not in configuration", addr.module),
        Reason::DeleteBecauseWrongRepetition => match addr.key {
            InstanceKey::None => "because resource uses count or for_each".into(),
            InstanceKey::Int(_) => "because resource does not use count".into(),
            InstanceKey::Str(_) => "because resource does not use for_each".into(),
        },
        Reason::DeleteBecauseCountIndex => format!("because index {} is out of range for count", addr.key),
        Reason::DeleteBecauseEachKey => format!("because key {} is not in for_each map", addr.key),
        Reason::DeleteBecauseEnabledFalse => "because enabled is false".into(),
        Reason::DeleteBecauseNoMoveTarget => "because the configuration does not have what it was moved to".into(),
        Reason::ReadBecauseConfigUnknown => "config refers to values not yet known".into(),
        Reason::ReadBecauseDependencyPending => "depends on a resource or a module with changes pending".into(),
        Reason::ReadBecauseCheckNested => "a check block reads it again during apply".into(),
        Reason::ReplaceBecauseTainted
        | Reason::ReplaceByRequest
        | Reason::ReplaceByTriggers
        | Reason::ReplaceBecauseCannotUpdate => return None,
    })
}
