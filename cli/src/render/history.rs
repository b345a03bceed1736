//! Runs and their operations as text.

use jiff::{SpanTotal, Timestamp, Unit};
use plumb_engine::store::{OperationOutcome, OperationRecord, RunRecord, RunStatus};
use serde_json::Value as Json;

use super::table;

/// One line per run, latest first.
pub fn runs(runs: &[RunRecord]) -> String {
    if runs.is_empty() {
        return "No runs.\n".into();
    }
    let columns = ["Run", "Began", "Command", "Who", "Status", "Plan"].map(str::to_owned);
    let rows: Vec<Vec<Json>> = runs
        .iter()
        .map(|it| {
            let run = &it.run;
            let began = to_second(&it.began);
            [run.id.as_str(), &began, &run.command, &run.who, status(it), &run.summary].map(Json::from).to_vec()
        })
        .collect();
    table::text(&columns, &rows)
}

/// A run with its operations.
pub fn run(record: &RunRecord, operations: &[OperationRecord]) -> String {
    let run = &record.run;
    let mut lines = vec![("Run", run.id.clone()), ("Command", run.command.clone()), ("Who", run.who.clone())];
    if let Some(commit) = &run.commit {
        let text = match commit.strip_suffix('+') {
            Some(commit) => format!("{commit}, with changes that were not committed"),
            None => commit.clone(),
        };
        lines.push(("Commit", text));
    }
    lines.push(("Plan", run.summary.clone()));
    lines.push(("Began", record.began.clone()));
    if let Some(ended) = &record.ended {
        let took = seconds(&record.began, Some(ended)).map(|it| format!(" ({it:.1} s)")).unwrap_or_default();
        lines.push(("Ended", format!("{ended}{took}")));
    }
    lines.push(("Status", status(record).to_owned()));
    if let Some(outcome) = &record.outcome {
        lines.push(("API calls", outcome.calls.to_string()));
    }
    let mut text: String = lines.iter().map(|(name, value)| format!("{:<11}{value}\n", format!("{name}:"))).collect();
    if operations.is_empty() {
        return text + "\nThe run began no operations.\n";
    }
    let columns = ["Action", "Object", "Seconds", "Result"].map(str::to_owned);
    let rows: Vec<Vec<Json>> = operations.iter().flat_map(rows_of).collect();
    text += "\n";
    text + &table::text(&columns, &rows)
}

/// How long something took, in seconds to the millisecond.
pub fn seconds(began: &str, ended: Option<&str>) -> Option<f64> {
    let (began, ended): (Timestamp, Timestamp) = (began.parse().ok()?, ended?.parse().ok()?);
    (ended - began).total(SpanTotal::from(Unit::Second)).ok()
}

/// An operation, and below it each of its steps.
fn rows_of(record: &OperationRecord) -> Vec<Vec<Json>> {
    let steps = record.steps.iter().enumerate().map(|(at, it)| {
        let took = it.began.as_deref().and_then(|began| seconds(began, it.ended.as_deref()));
        let result = match &it.outcome {
            None if it.began.is_some() => "did not end".to_owned(),
            None => "not begun".to_owned(),
            Some(OperationOutcome::Done) if it.began.is_none() => "done by an earlier run".to_owned(),
            Some(OperationOutcome::Done) => "done".to_owned(),
            Some(OperationOutcome::Failed(error)) => format!("failed: {error}"),
        };
        let what = format!("{} ({})", it.step.title, it.step.target);
        vec![format!("step {}", at + 1).into(), what.into(), took.map_or(Json::Null, Json::from), result.into()]
    });
    std::iter::once(row(record)).chain(steps).collect()
}

fn row(record: &OperationRecord) -> Vec<Json> {
    let action = serde_json::to_value(record.action).unwrap_or_default();
    let took = seconds(&record.began, record.ended.as_deref()).map_or(Json::Null, Json::from);
    let mut result = match &record.outcome {
        None => "did not end".to_owned(),
        Some(OperationOutcome::Done) => "done".to_owned(),
        Some(OperationOutcome::Failed(error)) => format!("failed: {error}"),
    };
    if let Some(by) = &record.ended_by {
        result += &format!(" (found by run {by})");
    }
    vec![action, record.object.to_string().into(), took, result.into()]
}

fn status(record: &RunRecord) -> &'static str {
    match record.outcome.as_ref().map(|it| it.status) {
        None => "did not end",
        Some(RunStatus::Succeeded) => "succeeded",
        Some(RunStatus::Failed) => "failed",
        Some(RunStatus::Interrupted) => "interrupted",
    }
}

fn to_second(time: &str) -> String {
    time.split_once('.').map_or(time.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_engine::store::{ObjectKey, OperationAction, OperationId, Run, RunOutcome};

    fn record() -> RunRecord {
        RunRecord {
            run: Run {
                id: "r1".into(),
                command: "apply".into(),
                who: "me@here".into(),
                commit: Some("0badcafe+".into()),
                summary: "1 to add, 0 to change, 0 to destroy".into(),
            },
            began: "2026-01-02T03:04:05.000Z".into(),
            ended: Some("2026-01-02T03:04:07.250Z".into()),
            outcome: Some(RunOutcome { status: RunStatus::Failed, calls: 3 }),
            operations: 1,
        }
    }

    #[test]
    fn a_run_is_told_whole() {
        let operation = |outcome: Option<OperationOutcome>, ended: Option<&str>| OperationRecord {
            id: OperationId(1),
            object: ObjectKey::current("aws_vpc.main".parse().unwrap()),
            action: OperationAction::Create,
            began: "2026-01-02T03:04:05.000Z".into(),
            ended: ended.map(Into::into),
            ended_by: None,
            outcome,
            made: None,
            steps: Vec::new(),
        };
        let failed = operation(Some(OperationOutcome::Failed("no".into())), Some("2026-01-02T03:04:06.5Z"));
        let open = OperationRecord { ended_by: Some("r2".into()), ..operation(None, None) };
        let text = run(&record(), &[failed, open]);
        let want = "Run:       r1\nCommand:   apply\nWho:       me@here\n\
            Commit:    0badcafe, with changes that were not committed\n\
            Plan:      1 to add, 0 to change, 0 to destroy\nBegan:     2026-01-02T03:04:05.000Z\n\
            Ended:     2026-01-02T03:04:07.250Z (2.2 s)\nStatus:    failed\nAPI calls: 3\n\n\
            Action  Object        Seconds  Result\n------  ------------  -------  ---------------------------\n\
            create  aws_vpc.main      1.5  failed: no\ncreate  aws_vpc.main           did not end (found by run r2)\n";
        assert_eq!(text.lines().take(9).collect::<Vec<_>>(), want.lines().take(9).collect::<Vec<_>>());
        assert!(text.contains("create  aws_vpc.main      1.5  failed: no\n"), "{text}");
        assert!(text.ends_with("did not end (found by run r2)\n"), "{text}");
    }

    #[test]
    fn runs_are_lines() {
        assert_eq!(runs(&[]), "No runs.\n");
        let text = runs(&[RunRecord { ended: None, outcome: None, ..record() }]);
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with(
            "r1   2026-01-02T03:04:05Z  apply    me@here  did not end  1 to add, 0 to change, 0 to destroy\n"
        ));
    }
}
