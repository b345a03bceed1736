//! The end of a process at a chosen boundary: before or after any call, before or after any commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use plumb_engine::apply::Stop;
use plumb_engine::plan::CheckResult;
use plumb_engine::store::{
    Intent, Lease, LockRequest, ObjectWrite, OpenOperation, OperationId, OperationOutcome, OutputRecord, Run,
    RunOutcome, Snapshot, Store, StoreError,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{Notify, watch};

/// How long a process has left, and what goes wrong in the meantime.
pub struct Doom {
    /// Boundaries that it has passed.
    passed: AtomicU64,
    end: Fate,
    stop: watch::Sender<Stop>,
    dead: AtomicBool,
    died: Notify,
    dice: Mutex<SmallRng>,
    /// How often something goes wrong, in percent.
    faults: u32,
    /// What goes wrong with the next call of a name.
    script: Mutex<Vec<(&'static str, Fault)>>,
}

/// When a process comes to its end, in boundaries that it passes before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fate {
    /// It is killed.
    pub killed: Option<u64>,
    /// A person asks it to stop.
    pub stopped: Option<u64>,
}

/// What a process that dies inside a commit unwinds with.
pub struct Died;

/// What goes wrong with a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// It is refused.
    Refused,
    /// It is never sent, and nobody knows.
    Unsent,
    /// It is done, and the answer is lost.
    Unheard,
}

impl Doom {
    /// A process with its fate, and the faults that it meets on the way.
    pub fn new(end: Fate, (seed, faults): (u64, u32)) -> Arc<Self> {
        Arc::new(Self {
            passed: AtomicU64::new(0),
            end,
            stop: watch::Sender::new(Stop::Go),
            dead: AtomicBool::new(false),
            died: Notify::new(),
            dice: Mutex::new(SmallRng::seed_from_u64(seed)),
            faults,
            script: Mutex::default(),
        })
    }

    /// A process of whose calls these go wrong, the first of each name first.
    pub fn scripted(script: &[(&'static str, Fault)]) -> Arc<Self> {
        let doom = Self::new(Fate::default(), (0, 0));
        *doom.script.lock().unwrap() = script.to_vec();
        doom
    }

    /// Whether a person wants it to stop.
    pub fn stop(&self) -> watch::Receiver<Stop> {
        self.stop.subscribe()
    }

    /// Resolves when the process has died.
    pub async fn death(&self) {
        self.died.notified().await;
    }

    /// A boundary; whether the process lives beyond it.
    fn pass(&self) -> bool {
        let passed = Some(self.passed.fetch_add(1, Ordering::Relaxed));
        if passed == self.end.killed && !self.dead.swap(true, Ordering::Relaxed) {
            self.died.notify_one();
        }
        if passed == self.end.stopped {
            self.stop.send_replace(Stop::Gently);
        }
        !self.dead.load(Ordering::Relaxed)
    }

    /// A boundary beside a call: who does not live beyond it never goes on.
    pub async fn call(&self) {
        if !self.pass() {
            std::future::pending::<()>().await;
        }
    }

    fn commit(&self) {
        if !self.pass() {
            std::panic::resume_unwind(Box::new(Died));
        }
    }

    /// What goes wrong with the next call, which has this name.
    pub fn fault(&self, name: &str) -> Fault {
        let mut script = self.script.lock().unwrap();
        if let Some(at) = script.iter().position(|(call, _)| *call == name) {
            return script.remove(at).1;
        }
        let mut dice = self.dice.lock().unwrap();
        if dice.random_range(0..100) >= self.faults {
            return Fault::None;
        }
        [Fault::Refused, Fault::Unsent, Fault::Unheard][dice.random_range(0..3)]
    }

    /// Whether the next commit fails.
    fn is_full(&self) -> bool {
        self.faults > 0 && self.dice.lock().unwrap().random_range(0..400) < self.faults
    }
}

/// A store that is used by a process which may die.
pub struct Doomed<'a> {
    pub store: &'a dyn Store,
    pub doom: Arc<Doom>,
}

impl Doomed<'_> {
    fn commit<T>(&self, work: impl FnOnce(&dyn Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.doom.commit();
        if self.doom.is_full() {
            return Err(StoreError::Storage { action: "writing".into(), reason: "the disk is full".into() });
        }
        let done = work(self.store);
        self.doom.commit();
        done
    }
}

impl Store for Doomed<'_> {
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.store.snapshot()
    }

    fn lock(&self, request: &LockRequest) -> Result<Lease, StoreError> {
        self.commit(|it| it.lock(request))
    }

    fn renew(&self, lease: &Lease) -> Result<(), StoreError> {
        self.commit(|it| it.renew(lease))
    }

    fn unlock(&self, lease: &Lease) -> Result<(), StoreError> {
        self.commit(|it| it.unlock(lease))
    }

    fn force_unlock(&self, run: &str) -> Result<bool, StoreError> {
        self.commit(|it| it.force_unlock(run))
    }

    fn begin_run(&self, lease: &Lease, run: &Run) -> Result<(), StoreError> {
        self.commit(|it| it.begin_run(lease, run))
    }

    fn end_run(&self, lease: &Lease, outcome: &RunOutcome) -> Result<(), StoreError> {
        self.commit(|it| it.end_run(lease, outcome))
    }

    fn begin_operation(&self, lease: &Lease, intent: &Intent) -> Result<OperationId, StoreError> {
        self.commit(|it| it.begin_operation(lease, intent))
    }

    fn operation_made(&self, lease: &Lease, operation: OperationId, id: &str) -> Result<(), StoreError> {
        self.commit(|it| it.operation_made(lease, operation, id))
    }

    fn begin_step(&self, lease: &Lease, operation: OperationId, step: &str) -> Result<(), StoreError> {
        self.commit(|it| it.begin_step(lease, operation, step))
    }

    fn end_step(
        &self,
        lease: &Lease,
        operation: OperationId,
        step: &str,
        outcome: &OperationOutcome,
    ) -> Result<(), StoreError> {
        self.commit(|it| it.end_step(lease, operation, step, outcome))
    }

    fn end_operation(
        &self,
        lease: &Lease,
        operation: OperationId,
        outcome: &OperationOutcome,
        writes: &[ObjectWrite],
    ) -> Result<(), StoreError> {
        self.commit(|it| it.end_operation(lease, operation, outcome, writes))
    }

    fn open_operations(&self) -> Result<Vec<OpenOperation>, StoreError> {
        self.store.open_operations()
    }

    fn write_objects(&self, lease: &Lease, writes: &[ObjectWrite]) -> Result<(), StoreError> {
        self.commit(|it| it.write_objects(lease, writes))
    }

    fn write_outputs(
        &self,
        lease: &Lease,
        outputs: &BTreeMap<Arc<str>, Option<OutputRecord>>,
    ) -> Result<(), StoreError> {
        self.commit(|it| it.write_outputs(lease, outputs))
    }

    fn write_checks(&self, lease: &Lease, checks: &[CheckResult]) -> Result<(), StoreError> {
        self.commit(|it| it.write_checks(lease, checks))
    }

    fn replace(&self, lease: &Lease, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.commit(|it| it.replace(lease, snapshot))
    }
}
