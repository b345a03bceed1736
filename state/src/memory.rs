//! The store that forgets: for tests of what stands above stores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plumb_engine::addr::Mode;
use plumb_engine::plan::CheckResult;
use plumb_engine::provider::ChangeSteps;
use plumb_engine::store::{
    Intent, Lease, LockRequest, ObjectKey, ObjectRecord, ObjectWrite, OpenOperation, OperationId, OperationOutcome,
    OutputRecord, Row, Run, RunOutcome, Snapshot, Store, StoreError,
};
use uuid::Uuid;

use crate::failure::{Held, foreign_run, lease_lost, move_onto, no_step, not_covered, not_open, nothing_to_move};
use crate::failure::{run_begun, run_not_begun};
use crate::options::Options;

type Result<T> = std::result::Result<T, StoreError>;

/// A state in memory. Clones share it, as several processes share a file.
#[derive(Clone)]
pub struct MemoryStore {
    options: Options,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    snapshot: Snapshot,
    row_version: u64,
    fence: u64,
    held: BTreeMap<String, Held>,
    runs: BTreeSet<String>,
    last_operation: i64,
    open: BTreeMap<OperationId, OpenOperation>,
    /// Steps of operations that have ended before their last step.
    left: BTreeMap<ObjectKey, ChangeSteps>,
}

impl MemoryStore {
    /// An empty state with a lineage of its own.
    pub fn new(options: Options) -> Self {
        Self::with(options, Snapshot { lineage: Uuid::new_v4().to_string(), ..Snapshot::default() })
    }

    /// A state that holds a snapshot already.
    pub fn with(options: Options, snapshot: Snapshot) -> Self {
        let row_version = snapshot.objects.values().map(|it| it.row_version).max().unwrap_or(0);
        let state = State { snapshot, row_version, ..State::default() };
        Self { options, state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, if the lease is the one that counts.
    fn fenced(&self, lease: &Lease) -> Result<MutexGuard<'_, State>> {
        let state = self.state();
        let holds = state.held.get(&lease.run).is_some_and(|it| it.is_of(lease));
        if holds { Ok(state) } else { Err(lease_lost(lease)) }
    }
}

impl State {
    /// Does all of the writes in order, or none.
    fn apply(&mut self, lease: &Lease, writes: &[ObjectWrite]) -> Result<()> {
        for write in writes {
            match write {
                ObjectWrite::Put(key, _) | ObjectWrite::Remove(key) => self.covered(lease, key)?,
                ObjectWrite::Move(from, to) => {
                    self.covered(lease, from)?;
                    self.covered(lease, to)?;
                }
            }
        }
        let mut undo = Vec::new();
        let result = writes.iter().try_for_each(|write| self.apply_one(write, &mut undo));
        if result.is_err() {
            for (key, record) in undo.into_iter().rev() {
                self.set(key, record);
            }
        } else if !undo.is_empty() {
            self.snapshot.serial += 1;
        }
        result
    }

    fn apply_one(&mut self, write: &ObjectWrite, undo: &mut Vec<(ObjectKey, Option<ObjectRecord>)>) -> Result<()> {
        match write {
            ObjectWrite::Put(key, record) => undo.push((key.clone(), self.put(key.clone(), (**record).clone()))),
            ObjectWrite::Remove(key) => {
                undo.extend(self.set(key.clone(), None).map(|old| (key.clone(), Some(old))));
            }
            ObjectWrite::Move(from, to) => {
                if !self.snapshot.objects.contains_key(from) {
                    return Err(nothing_to_move(from));
                }
                if self.snapshot.objects.contains_key(to) {
                    return Err(move_onto(to));
                }
                if let Some(record) = self.set(from.clone(), None) {
                    undo.push((from.clone(), Some(record.clone())));
                    undo.push((to.clone(), self.put(to.clone(), record)));
                    // Nothing undoes this: a move is refused before it is begun.
                    if let Some(steps) = self.left.remove(from) {
                        self.left.insert(to.clone(), steps);
                    }
                    for open in
                        self.open.values_mut().filter(|it| it.intent.object == *from && it.intent.steps.is_some())
                    {
                        open.intent.object = to.clone();
                    }
                }
            }
        }
        Ok(())
    }

    fn covered(&self, lease: &Lease, key: &ObjectKey) -> Result<()> {
        if key.addr.resource.mode == Mode::Data { Ok(()) } else { self.may_write(lease, &Row::instance(&key.addr)) }
    }

    fn may_write(&self, lease: &Lease, row: &Row) -> Result<()> {
        let may = self.held.get(&lease.run).is_some_and(|it| it.request.scope.may_write(row));
        if may { Ok(()) } else { Err(not_covered(row, lease)) }
    }

    /// The steps of an open operation, and the place of one of them.
    fn step(&mut self, operation: OperationId, step: &str) -> Result<(&mut ChangeSteps, usize)> {
        let steps = self.open.get_mut(&operation).and_then(|it| it.intent.steps.as_mut());
        let steps = steps.ok_or_else(|| no_step(operation, step))?;
        let at = steps.steps.iter().position(|it| &*it.id == step).ok_or_else(|| no_step(operation, step))?;
        Ok((steps, at))
    }

    /// Stores a record under a new row version; what was there before.
    fn put(&mut self, key: ObjectKey, record: ObjectRecord) -> Option<ObjectRecord> {
        self.row_version += 1;
        self.set(key, Some(ObjectRecord { row_version: self.row_version, ..record }))
    }

    fn set(&mut self, key: ObjectKey, record: Option<ObjectRecord>) -> Option<ObjectRecord> {
        match record {
            Some(record) => self.snapshot.objects.insert(key, record),
            None => self.snapshot.objects.remove(&key),
        }
    }
}

impl Store for MemoryStore {
    fn snapshot(&self) -> Result<Snapshot> {
        let state = self.state();
        let mut unfinished = state.left.clone();
        for it in state.open.values() {
            unfinished.extend(it.intent.steps.clone().map(|steps| (it.intent.object.clone(), steps)));
        }
        unfinished.retain(|_, steps| !steps.is_done());
        Ok(Snapshot { unfinished, ..state.snapshot.clone() })
    }

    fn lock(&self, request: &LockRequest) -> Result<Lease> {
        let now = (self.options.clock)();
        let mut state = self.state();
        let mut over = Vec::new();
        for (run, held) in &state.held {
            let same = (*run == request.run).then(Vec::new);
            let Some(rows) = held.request.scope.conflict(&request.scope).or(same) else { continue };
            if held.counts(now, &self.options) {
                return Err(held.refusal(rows));
            }
            over.push(run.clone());
        }
        state.held.retain(|run, _| !over.contains(run));
        state.fence += 1;
        let fence = state.fence;
        let expires = self.options.lease_end(now);
        state.held.insert(request.run.clone(), Held { request: request.clone(), fence, since: now, expires });
        Ok(Lease { run: request.run.clone(), fence })
    }

    fn renew(&self, lease: &Lease) -> Result<()> {
        let expires = self.options.lease_end((self.options.clock)());
        if let Some(held) = self.fenced(lease)?.held.get_mut(&lease.run) {
            held.expires = expires;
        }
        Ok(())
    }

    fn unlock(&self, lease: &Lease) -> Result<()> {
        self.state().held.retain(|_, held| !held.is_of(lease));
        Ok(())
    }

    fn force_unlock(&self, run: &str) -> Result<bool> {
        Ok(self.state().held.remove(run).is_some())
    }

    fn begin_run(&self, lease: &Lease, run: &Run) -> Result<()> {
        let mut state = self.fenced(lease)?;
        if run.id != lease.run {
            return Err(foreign_run(&run.id, lease));
        }
        if state.runs.insert(run.id.clone()) { Ok(()) } else { Err(run_begun(&run.id)) }
    }

    fn end_run(&self, lease: &Lease, _outcome: &RunOutcome) -> Result<()> {
        let state = self.fenced(lease)?;
        if state.runs.contains(&lease.run) { Ok(()) } else { Err(run_not_begun(&lease.run)) }
    }

    fn begin_operation(&self, lease: &Lease, intent: &Intent) -> Result<OperationId> {
        let mut state = self.fenced(lease)?;
        if !state.runs.contains(&lease.run) {
            return Err(run_not_begun(&lease.run));
        }
        state.covered(lease, &intent.object)?;
        if intent.steps.is_some() {
            state.left.remove(&intent.object);
        }
        state.last_operation += 1;
        let id = OperationId(state.last_operation);
        let operation = OpenOperation { id, run: lease.run.clone(), intent: intent.clone(), made: None, running: true };
        state.open.insert(id, operation);
        Ok(id)
    }

    fn operation_made(&self, lease: &Lease, operation: OperationId, id: &str) -> Result<()> {
        let mut state = self.fenced(lease)?;
        let open = state.open.get_mut(&operation).ok_or_else(|| not_open(operation))?;
        open.made = Some(id.to_owned());
        Ok(())
    }

    fn begin_step(&self, lease: &Lease, operation: OperationId, step: &str) -> Result<()> {
        let mut state = self.fenced(lease)?;
        state.step(operation, step).map(drop)
    }

    fn end_step(&self, lease: &Lease, operation: OperationId, step: &str, outcome: &OperationOutcome) -> Result<()> {
        let mut state = self.fenced(lease)?;
        let (steps, at) = state.step(operation, step)?;
        if *outcome == OperationOutcome::Done {
            steps.done = steps.done.max(at + 1);
        }
        Ok(())
    }

    fn end_operation(
        &self,
        lease: &Lease,
        operation: OperationId,
        outcome: &OperationOutcome,
        writes: &[ObjectWrite],
    ) -> Result<()> {
        let mut state = self.fenced(lease)?;
        if !state.open.contains_key(&operation) {
            return Err(not_open(operation));
        }
        state.apply(lease, writes)?;
        let Some(Intent { object, steps, .. }) = state.open.remove(&operation).map(|it| it.intent) else {
            return Ok(());
        };
        match steps {
            _ if *outcome == OperationOutcome::Done => drop(state.left.remove(&object)),
            Some(steps) if !steps.is_done() => drop(state.left.insert(object, steps)),
            _ => {}
        }
        Ok(())
    }

    fn open_operations(&self) -> Result<Vec<OpenOperation>> {
        let now = (self.options.clock)();
        let state = self.state();
        let running = |run: &str| state.held.get(run).is_some_and(|it| it.counts(now, &self.options));
        Ok(state.open.values().map(|it| OpenOperation { running: running(&it.run), ..it.clone() }).collect())
    }

    fn write_objects(&self, lease: &Lease, writes: &[ObjectWrite]) -> Result<()> {
        self.fenced(lease)?.apply(lease, writes)
    }

    fn write_outputs(&self, lease: &Lease, outputs: &BTreeMap<Arc<str>, Option<OutputRecord>>) -> Result<()> {
        let mut state = self.fenced(lease)?;
        for name in outputs.keys() {
            state.may_write(lease, &Row::output(name))?;
        }
        let before = state.snapshot.outputs.clone();
        for (name, output) in outputs {
            match output {
                Some(output) => state.snapshot.outputs.insert(name.clone(), output.clone()),
                None => state.snapshot.outputs.remove(name),
            };
        }
        state.snapshot.serial += u64::from(state.snapshot.outputs != before);
        Ok(())
    }

    fn write_checks(&self, lease: &Lease, checks: &[CheckResult]) -> Result<()> {
        self.fenced(lease)?.snapshot.checks = checks.to_vec();
        Ok(())
    }

    fn replace(&self, lease: &Lease, snapshot: &Snapshot) -> Result<()> {
        let mut state = self.fenced(lease)?;
        state.snapshot = Snapshot { objects: BTreeMap::new(), ..snapshot.clone() };
        for (key, record) in &snapshot.objects {
            state.put(key.clone(), record.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_stores_promise() {
        crate::conformance::all(&|options| Box::new(MemoryStore::new(options)));
    }

    #[test]
    fn clones_share_the_state() {
        let store = MemoryStore::new(Options::default());
        let other = store.clone();
        store.lock(&crate::conformance::request("r")).unwrap();
        assert!(matches!(other.lock(&crate::conformance::request("s")), Err(StoreError::Locked { .. })));
    }
}
