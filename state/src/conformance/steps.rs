//! What any store must do with the steps of an update.

use std::collections::BTreeMap;

use plumb_engine::provider::{ChangeSteps, PlannedStep};
use plumb_engine::store::{Intent, ObjectWrite, OperationAction, OperationOutcome};

use super::{Make, conflict, current, intent, put, read, start};
use crate::options::Options;

/// Steps are known with the operation, and what is left of them until something else is done to the object.
///
/// # Panics
/// When a promise is broken.
pub fn remembers_the_steps_of_an_update(make: Make<'_>) {
    let store = make(Options::default());
    let lease = start(&*store, "r");
    let step = |id: &str| PlannedStep { id: id.into(), title: "do".into(), target: id.into(), expected_seconds: 60 };
    let steps = ChangeSteps { goal: "g".into(), steps: ["a", "b", "c"].map(step).to_vec(), done: 1 };
    let update = Intent { action: OperationAction::Update, steps: Some(steps.clone()), ..intent("a") };
    let left = |done: usize| BTreeMap::from([(current("a"), ChangeSteps { done, ..steps.clone() })]);
    let operation = store.begin_operation(&lease, &update).expect("begins");
    assert_eq!(store.open_operations().expect("reads").remove(0).intent, update);
    assert_eq!(read(&*store).unfinished, left(1));
    conflict(store.begin_step(&lease, operation, "z"));
    store.begin_step(&lease, operation, "b").expect("begins");
    store.end_step(&lease, operation, "b", &OperationOutcome::Done).expect("ends");
    assert_eq!(read(&*store).unfinished, left(2));
    store.begin_step(&lease, operation, "c").expect("begins");
    let failed = OperationOutcome::Failed("no".into());
    store.end_step(&lease, operation, "c", &failed).expect("ends");
    store.end_operation(&lease, operation, &failed, &[]).expect("ends");
    conflict(store.begin_step(&lease, operation, "c"));
    conflict(store.end_step(&lease, operation, "c", &OperationOutcome::Done));
    assert_eq!(read(&*store).unfinished, left(2));
    let again = Intent { steps: Some(left(2).remove(&current("a")).expect("is left")), ..update };
    let operation = store.begin_operation(&lease, &again).expect("begins");
    store.begin_step(&lease, operation, "c").expect("begins");
    store.end_step(&lease, operation, "c", &OperationOutcome::Done).expect("ends");
    assert_eq!(read(&*store).unfinished, BTreeMap::new());
    store.end_operation(&lease, operation, &OperationOutcome::Done, &[]).expect("ends");
    let operation = store.begin_operation(&lease, &again).expect("begins");
    store.end_operation(&lease, operation, &failed, &[]).expect("ends");
    assert_eq!(read(&*store).unfinished, left(2));
    let other = store.begin_operation(&lease, &intent("a")).expect("begins");
    store.end_operation(&lease, other, &failed, &[]).expect("ends");
    assert_eq!(read(&*store).unfinished, left(2));
    let other = store.begin_operation(&lease, &intent("a")).expect("begins");
    store.end_operation(&lease, other, &OperationOutcome::Done, &[]).expect("ends");
    assert_eq!(read(&*store).unfinished, BTreeMap::new());
}

/// An object that is moved takes the steps with it that its change has left.
///
/// # Panics
/// When a promise is broken.
pub fn moves_the_steps_with_their_object(make: Make<'_>) {
    let store = make(Options::default());
    let lease = start(&*store, "r");
    let step = |id: &str| PlannedStep { id: id.into(), title: "do".into(), target: id.into(), expected_seconds: 60 };
    let steps = ChangeSteps { goal: "g".into(), steps: ["a", "b"].map(step).to_vec(), done: 0 };
    let update = Intent { action: OperationAction::Update, steps: Some(steps.clone()), ..intent("a") };
    store.write_objects(&lease, &[put("a", 1)]).expect("writes");
    let operation = store.begin_operation(&lease, &update).expect("begins");
    store.begin_step(&lease, operation, "a").expect("begins");
    store.end_step(&lease, operation, "a", &OperationOutcome::Done).expect("ends");
    let failed = OperationOutcome::Failed("no".into());
    store.end_operation(&lease, operation, &failed, &[]).expect("ends");
    store.write_objects(&lease, &[ObjectWrite::Move(current("a"), current("b"))]).expect("moves");
    let left = ChangeSteps { done: 1, ..steps };
    assert_eq!(read(&*store).unfinished, BTreeMap::from([(current("b"), left.clone())]));
    let again = Intent { steps: Some(left), object: current("b"), ..update };
    let operation = store.begin_operation(&lease, &again).expect("begins");
    store.begin_step(&lease, operation, "b").expect("begins");
    store.end_step(&lease, operation, "b", &OperationOutcome::Done).expect("ends");
    store.end_operation(&lease, operation, &OperationOutcome::Done, &[]).expect("ends");
    assert_eq!(read(&*store).unfinished, BTreeMap::new());
}
