//! The store that forgets: for tests of what stands above stores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plumb_engine::store::{
    Intent, Lease, LockRequest, ObjectKey, ObjectRecord, ObjectWrite, OpenOperation, OperationId, OperationOutcome,
    OutputRecord, Run, RunOutcome, Snapshot, Store, StoreError,
};
use uuid::Uuid;

use crate::failure::{Held, foreign_run, lease_lost, move_onto, not_open, nothing_to_move, run_begun, run_not_begun};
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
    held: Option<Held>,
    runs: BTreeSet<String>,
    last_operation: i64,
    open: BTreeMap<OperationId, OpenOperation>,
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
        if state.held.as_ref().is_some_and(|it| it.is_of(lease)) { Ok(state) } else { Err(lease_lost(lease)) }
    }
}

impl State {
    /// Does all of the writes in order, or none.
    fn apply(&mut self, writes: &[ObjectWrite]) -> Result<()> {
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
                }
            }
        }
        Ok(())
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
        Ok(self.state().snapshot.clone())
    }

    fn lock(&self, request: &LockRequest) -> Result<Lease> {
        let now = (self.options.clock)();
        let mut state = self.state();
        if let Some(refusal) = state.held.as_ref().and_then(|it| it.refusal(now)) {
            return Err(refusal);
        }
        state.fence += 1;
        let fence = state.fence;
        let expires = self.options.lease_end(now);
        state.held = Some(Held { request: request.clone(), fence, since: now, expires });
        Ok(Lease { run: request.run.clone(), fence })
    }

    fn renew(&self, lease: &Lease) -> Result<()> {
        let expires = self.options.lease_end((self.options.clock)());
        if let Some(held) = &mut self.fenced(lease)?.held {
            held.expires = expires;
        }
        Ok(())
    }

    fn unlock(&self, lease: &Lease) -> Result<()> {
        self.state().held.take_if(|it| it.is_of(lease));
        Ok(())
    }

    fn force_unlock(&self, run: &str) -> Result<bool> {
        Ok(self.state().held.take_if(|it| it.request.run == run).is_some())
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
        state.last_operation += 1;
        let id = OperationId(state.last_operation);
        let operation = OpenOperation { id, run: lease.run.clone(), intent: intent.clone(), made: None };
        state.open.insert(id, operation);
        Ok(id)
    }

    fn operation_made(&self, lease: &Lease, operation: OperationId, id: &str) -> Result<()> {
        let mut state = self.fenced(lease)?;
        let open = state.open.get_mut(&operation).ok_or_else(|| not_open(operation))?;
        open.made = Some(id.to_owned());
        Ok(())
    }

    fn end_operation(
        &self,
        lease: &Lease,
        operation: OperationId,
        _outcome: &OperationOutcome,
        writes: &[ObjectWrite],
    ) -> Result<()> {
        let mut state = self.fenced(lease)?;
        if !state.open.contains_key(&operation) {
            return Err(not_open(operation));
        }
        state.apply(writes)?;
        state.open.remove(&operation);
        Ok(())
    }

    fn open_operations(&self) -> Result<Vec<OpenOperation>> {
        Ok(self.state().open.values().cloned().collect())
    }

    fn write_objects(&self, lease: &Lease, writes: &[ObjectWrite]) -> Result<()> {
        self.fenced(lease)?.apply(writes)
    }

    fn write_outputs(&self, lease: &Lease, outputs: &BTreeMap<Arc<str>, OutputRecord>) -> Result<()> {
        let mut state = self.fenced(lease)?;
        if state.snapshot.outputs != *outputs {
            state.snapshot.outputs.clone_from(outputs);
            state.snapshot.serial += 1;
        }
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
        let request = LockRequest { run: "r".into(), operation: "apply".into(), who: "me".into() };
        store.lock(&request).unwrap();
        assert!(matches!(other.lock(&request), Err(StoreError::Locked { .. })));
    }
}
