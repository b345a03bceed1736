//! The steps of an update: below its block in the plan, as JSON, and while they are done.

use plumb_engine::events::StepEvent;
use plumb_engine::provider::{ChangeSteps, PlannedStep};
use serde_json::{Value as Json, json};

use super::paint::Paint;
use super::progress::duration;

/// The steps below the block of their change: what is done, to what, and how long it usually takes.
pub fn section(steps: &ChangeSteps, paint: Paint) -> String {
    let (count, left) = (steps.steps.len(), steps.remaining().len());
    let title = match steps.done {
        0 => format!("Steps to {}: {count}, about {}", steps.goal, about(steps.expected_seconds())),
        _ => format!("Steps to {}: {left} of {count} are left, about {}", steps.goal, about(steps.expected_seconds())),
    };
    let widths = (
        steps.steps.iter().map(|it| it.title.chars().count()).max().unwrap_or(0),
        steps.steps.iter().map(|it| it.target.chars().count()).max().unwrap_or(0),
        count.to_string().len(),
    );
    let lines = steps.steps.iter().enumerate().map(|(at, it)| line(at, it, at < steps.done, widths, paint));
    format!("\n\n    {}\n{}", paint.bold(&title), lines.collect::<Vec<_>>().join("\n"))
}

fn line(at: usize, step: &PlannedStep, done: bool, widths: (usize, usize, usize), paint: Paint) -> String {
    let (title, target, number) = widths;
    let time = if done { "done".to_owned() } else { about(step.expected_seconds) };
    let text = format!("{:>number$}. {:<title$}  {:<target$}  {time}", at + 1, step.title, step.target);
    format!("      {}", if done { paint.dim(&text) } else { text })
}

/// A time as people say it: `20 s`, `5 min`, `1 h 30 min`.
pub fn about(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60);
    match (seconds, minutes / 60, minutes % 60) {
        (0..=59, ..) => format!("{seconds} s"),
        (_, 0, minutes) => format!("{minutes} min"),
        (_, hours, 0) => format!("{hours} h"),
        (_, hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The steps in the plan document.
pub fn json(steps: &ChangeSteps) -> Json {
    let list = steps.steps.iter().enumerate().map(|(at, it)| {
        json!({
            "id": it.id,
            "title": it.title,
            "target": it.target,
            "expected_seconds": it.expected_seconds,
            "done": at < steps.done,
        })
    });
    json!({ "goal": steps.goal, "expected_seconds": steps.expected_seconds(), "list": list.collect::<Vec<_>>() })
}

/// What happens to a step, behind its number.
pub fn said(step: &PlannedStep, what: StepEvent<'_>) -> String {
    let (title, target) = (&step.title, &step.target);
    match what {
        StepEvent::Start => format!("{title} ({target})... [about {}]", about(step.expected_seconds)),
        StepEvent::Note(text) => text.to_owned(),
        StepEvent::Done { elapsed } => format!("{title} ({target}): done after {}", duration(elapsed)),
        StepEvent::Failed { elapsed } => format!("{title} ({target}): failed after {}", duration(elapsed)),
    }
}

/// What the stream tells of a step besides the message.
pub fn hook(resource: Json, step: &PlannedStep, (number, count): (usize, usize), what: StepEvent<'_>) -> Json {
    let mut json = json!({
        "resource": resource,
        "action": "update",
        "step": {
            "id": step.id, "title": step.title, "target": step.target, "number": number, "count": count,
            "expected_seconds": step.expected_seconds,
        },
    });
    if let StepEvent::Done { elapsed } | StepEvent::Failed { elapsed } = what {
        json["elapsed_seconds"] = json!(elapsed.as_secs());
    }
    json
}

/// The stream's word for what happens to a step.
pub fn event_type(what: StepEvent<'_>) -> &'static str {
    match what {
        StepEvent::Start => "step_start",
        StepEvent::Note(_) => "step_progress",
        StepEvent::Done { .. } => "step_complete",
        StepEvent::Failed { .. } => "step_errored",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(done: usize) -> ChangeSteps {
        let step = |id: &str, title: &str, expected_seconds| PlannedStep {
            id: id.into(),
            title: title.into(),
            target: format!("group {id}"),
            expected_seconds,
        };
        let steps = vec![step("a", "stop", 300), step("bc", "start one node", 5400), step("d", "verify", 20)];
        ChangeSteps { goal: "upgrade to 9.2.3".into(), steps, done }
    }

    #[test]
    fn each_step_is_a_line() {
        let want = "\n\n    Steps to upgrade to 9.2.3: 3, about 1 h 36 min\n      1. stop            group a   5 min\n      \
            2. start one node  group bc  1 h 30 min\n      3. verify          group d   20 s";
        assert_eq!(section(&steps(0), Paint::new(false)), want);
        let text = section(&steps(2), Paint::new(false));
        assert!(text.contains("1 of 3 are left, about 20 s\n      1. stop            group a   done\n"), "{text}");
    }

    #[test]
    fn times_are_as_people_say_them() {
        for (seconds, want) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (5401, "1 h 31 min")] {
            assert_eq!(about(seconds), want);
        }
    }

    #[test]
    fn json_tells_what_is_done() {
        let document = json(&steps(1));
        assert_eq!(document["list"][0]["done"], true);
        assert_eq!(document["list"][1]["target"], "group bc");
        assert_eq!((&document["goal"], &document["expected_seconds"]), (&json!("upgrade to 9.2.3"), &json!(5420)));
    }
}
