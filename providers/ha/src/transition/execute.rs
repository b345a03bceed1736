//! Steps to writes: intent, send under the last epoch, read back, result.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::time::{Instant, sleep};

use super::Manager;
use super::guard::Guard;
use crate::address::{Live, Op, call_failed};
use crate::arbiter::Lease;
use crate::cloud::patient::repeat;
use crate::cloud::{CloudError, ErrorKind, Receipt};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{ActivationFailed, FinalAction, ResourceKind};
use crate::journal::{Entry, Step, StepState, Transition};
use crate::moment::Moment;

/// How many route tables are changed at once.
const CONCURRENCY: usize = 8;
/// How often a write is looked for before it counts as not done.
const LOOKS: u32 = 6;
/// Pause between two looks, which grows with each.
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// Pause between two looks at an instance that is stopping.
const STOP_PAUSE: Duration = Duration::from_secs(5);

/// Why execution ended early.
#[derive(Debug)]
pub(super) enum Halt {
    /// The journal cannot be written: nothing more may be done, not even be recorded.
    Journal(Trouble),
    /// Somebody else has the group by now.
    Superseded(Trouble),
    /// A step could not be done.
    Failed(Trouble),
    /// All but the record is done, and Route 53 does not answer: it is finished later.
    Pending(Trouble),
}

/// What a write led to.
struct Sent {
    seq: usize,
    result: Result<Receipt, CloudError>,
}

impl Manager<'_> {
    /// Carries out the steps of a transition that `wanted` says, in order. How many were done.
    pub(super) async fn carry_out(
        &self,
        transition: &Transition,
        lease: &Lease,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<usize, Halt> {
        let mut done = 0;
        let mut failed: Option<Trouble> = None;
        for batch in batches(&transition.steps) {
            let seqs: Vec<usize> = batch.filter(|seq| wanted(*seq)).collect();
            let Some(first) = seqs.first() else { continue };
            let count = seqs.len();
            match self.batch(transition, lease, seqs.clone()).await {
                Ok(()) => done += count,
                Err(Halt::Failed(trouble)) if self.goes_on(&transition.steps[*first]) => {
                    failed.get_or_insert(trouble);
                }
                Err(halt) => return Err(halt),
            }
        }
        failed.map_or(Ok(done), |trouble| Err(Halt::Failed(trouble)))
    }

    fn goes_on(&self, step: &Step) -> bool {
        match &step.op {
            Op::StopInstance { .. } => self.cluster.forced_stop.as_ref().is_some_and(|it| !it.required),
            op => self.group.resource(&step.resource).is_some_and(|it| match op.lets_go() {
                true => it.deactivation.action == FinalAction::None,
                false => it.activation.action == ActivationFailed::GoOn,
            }),
        }
    }

    /// Writes of one resource that may be sent at once, repeated as the resource's settings say.
    async fn batch(&self, transition: &Transition, lease: &Lease, mut open: Vec<usize>) -> Result<(), Halt> {
        let first = &transition.steps[open[0]];
        let resource = self.group.resource(&first.resource);
        let retries =
            resource.map_or(0, |it| if first.op.lets_go() { it.deactivation.retry } else { it.activation.retry });
        let mut failures: Vec<(usize, CloudError)> = Vec::new();
        for attempt in 0..=retries {
            let guard = Guard::new(self.arbiter, lease);
            for seq in &open {
                let entry = Entry::Intent { at: Moment::now(), id: transition.id.clone(), seq: *seq, attempt };
                self.record(&entry)?;
            }
            let send = |seq: usize| {
                let (step, guard) = (&transition.steps[seq], &guard);
                async move { Sent { seq, result: self.send(step, guard).await } }
            };
            let sent: Vec<Sent> = futures::stream::iter(open).map(send).buffered(CONCURRENCY).collect().await;
            if guard.is_lost() {
                return Err(Halt::Superseded(self.superseded(lease).await));
            }
            let again = self.settle(transition, sent, &mut failures).await?;
            open = again.iter().map(|(seq, _)| *seq).collect();
            if open.is_empty() || attempt == retries {
                failures.extend(again);
                break;
            }
        }
        for (seq, error) in &failures {
            self.ended(transition, *seq, StepState::Failed, Some(error), None)?;
        }
        if failures.is_empty() { Ok(()) } else { Err(self.failure(transition, &failures)) }
    }

    async fn send(&self, step: &Step, guard: &Guard<'_>) -> Result<Receipt, CloudError> {
        let attempts = AtomicU32::new(0);
        let guarded = || async {
            let is_repetition = attempts.fetch_add(1, Ordering::Relaxed) > 0;
            if step.op.is_unconditional() {
                guard.still_ours(is_repetition).await?;
            }
            match (&step.op, self.hosts) {
                (Op::Host { server, resource, action }, Some(hosts)) => {
                    let refused = |reason: String| CloudError::new(ErrorKind::Invalid, "Host", None, reason);
                    hosts.act(server, resource, *action).await.map(|()| Receipt::default()).map_err(refused)
                }
                (op, _) => op.send(self.cloud).await,
            }
        };
        repeat(self.patience, &step.op.target(), guarded).await
    }

    /// Reads back, records what is done, and tells what may be sent again. What is done counts as done whatever the
    /// answer to the write was.
    async fn settle(
        &self,
        transition: &Transition,
        mut sent: Vec<Sent>,
        failures: &mut Vec<(usize, CloudError)>,
    ) -> Result<Vec<(usize, CloudError)>, Halt> {
        let mut seen: Vec<(usize, Option<Live>)> = Vec::new();
        let stop = sent.iter().any(|it| matches!(transition.steps[it.seq].op, Op::StopInstance { .. }));
        let limit = self.cluster.forced_stop.as_ref().map_or(Duration::ZERO, |it| it.timeout);
        let end = Instant::now() + limit;
        for look in 1.. {
            let steps: Vec<&Step> = sent.iter().map(|it| &transition.steps[it.seq]).collect();
            let live = self.read(&steps).await;
            let mut left = Vec::new();
            // A read that fails has had all its time already.
            let readable = live.iter().any(Result::is_ok);
            for (it, live) in sent.into_iter().zip(live) {
                match live {
                    Ok(Some(live)) if transition.steps[it.seq].op.is_done(&live) => {
                        let receipt = it.result.as_ref().ok();
                        self.ended(transition, it.seq, StepState::Done, None, receipt)?;
                    }
                    // The server said that it is done, and says no more.
                    Ok(None) if it.result.is_ok() => self.ended(transition, it.seq, StepState::Done, None, None)?,
                    live => {
                        seen.push((it.seq, live.ok().flatten()));
                        left.push(it);
                    }
                }
            }
            sent = left;
            // What was refused for good will not appear.
            let hope = sent.iter().any(|it| it.result.as_ref().map_or_else(|it| it.kind.is_transient(), |_| true));
            let over = if stop { Instant::now() >= end } else { look >= LOOKS };
            if sent.is_empty() || !hope || !readable || over {
                break;
            }
            sleep(if stop { STOP_PAUSE } else { LOOK_PAUSE * look }).await;
        }
        let mut again = Vec::new();
        for it in sent {
            let found = seen.iter().rev().find(|(seq, _)| *seq == it.seq).and_then(|(_, live)| live.clone());
            let found = found.map_or_else(|| "nothing that could be read".to_owned(), |it| it.text());
            match it.result {
                Ok(_) => {
                    again.push((it.seq, CloudError::new(ErrorKind::Conflict, "ReadBack", Some("NotVisible"), found)))
                }
                Err(error) if error.kind.is_transient() => again.push((it.seq, error)),
                Err(error) => failures.push((it.seq, error)),
            }
        }
        Ok(again)
    }

    /// What is there where steps write; one call for all routes of a network.
    pub(super) async fn read(&self, steps: &[&Step]) -> Vec<Result<Option<Live>, CloudError>> {
        let mut live = Vec::new();
        let mut tables: Option<(String, Result<Vec<crate::cloud::RouteTable>, CloudError>)> = None;
        for step in steps {
            live.push(match (&step.op, self.hosts) {
                (Op::ReplaceRoute { vpc, table, destination, .. }, _) => {
                    if tables.as_ref().is_none_or(|(of, _)| of != vpc) {
                        tables = Some((vpc.clone(), self.cloud.route_tables(vpc).await));
                    }
                    let all = tables.as_ref().map_or(&Ok(Vec::new()), |(_, all)| all).clone();
                    all.map(|all| {
                        let route = all.iter().find(|it| it.id == *table).and_then(|it| it.route(destination)).cloned();
                        Some(Live::Route { eni: route.and_then(|it| it.eni) })
                    })
                }
                (Op::Host { server, resource, .. }, Some(hosts)) => {
                    let facts = hosts.look(server).await;
                    Ok(facts.map(|it| Live::Host { active: it.active.contains(resource) }))
                }
                (op, _) => op.read(self.cloud).await,
            });
        }
        live
    }

    fn failure(&self, transition: &Transition, failures: &[(usize, CloudError)]) -> Halt {
        let (seq, error) = &failures[0];
        let step = &transition.steps[*seq];
        let resource = self.group.resource(&step.resource);
        let phase = if step.op.lets_go() { Phase::Deactivating } else { Phase::Activating };
        let trouble = |problem| Trouble::new(problem, phase, &step.resource);
        let denied = failures.iter().filter(|(_, it)| it.kind == ErrorKind::Denied);
        let denied: Vec<String> = denied.map(|(seq, _)| transition.steps[*seq].op.target()).collect();
        let found = match (&step.op, resource) {
            (Op::ReplaceRoute { .. }, _) if !denied.is_empty() => {
                let tables = denied.iter().filter_map(|it| it.split(' ').next()).collect::<Vec<_>>().join(", ");
                trouble(Problem::VipDenied).with("tables", tables).because(error.clone())
            }
            (Op::StopInstance { instance }, _) => {
                trouble(Problem::ForcedStopFailed).with("instance", instance).because(error.clone())
            }
            (Op::Host { server, .. }, _) => {
                trouble(Problem::Local).with("server", server).with("reason", error.message.clone())
            }
            (op, _) if error.code.as_deref() == Some("NotVisible") => {
                trouble(Problem::NotVisible).with("target", op.target()).with("found", error.message.clone())
            }
            (_, Some(resource)) => call_failed(resource, phase, error.clone()),
            (_, None) => trouble(Problem::VipCall).because(error.clone()),
        };
        let is_name = resource.is_some_and(|it| matches!(it.kind, ResourceKind::DnsRecord(_)));
        let last = transition.steps.iter().skip(*seq + 1).all(|it| it.resource == step.resource);
        if is_name && last && error.kind.is_transient() { Halt::Pending(found) } else { Halt::Failed(found) }
    }

    async fn superseded(&self, lease: &Lease) -> Trouble {
        let now = self.arbiter.current(&lease.group).await.ok().flatten();
        let (holder, newer) = now.map_or_else(|| ("somebody".to_owned(), 0), |it| (it.holder, it.epoch));
        let trouble = Trouble::new(Problem::Superseded, Phase::Activating, &self.group.name);
        trouble.with("epoch", lease.epoch.to_string()).with("holder", holder).with("newer", newer.to_string())
    }

    pub(super) fn record(&self, entry: &Entry) -> Result<(), Halt> {
        self.journal.append(entry).map_err(|error| {
            let trouble = Trouble::new(Problem::Journal, Phase::Activating, &self.group.name);
            Halt::Journal(trouble.with("reason", error.to_string()))
        })
    }

    pub(super) fn ended(
        &self,
        transition: &Transition,
        seq: usize,
        state: StepState,
        error: Option<&CloudError>,
        receipt: Option<&Receipt>,
    ) -> Result<(), Halt> {
        self.record(&Entry::Result {
            at: Moment::now(),
            id: transition.id.clone(),
            seq,
            state,
            code: error.and_then(|it| it.code.clone()),
            message: error.map(ToString::to_string),
            request_id: receipt.and_then(|it| it.request_id.clone()).or(error.and_then(|it| it.request_id.clone())),
        })
    }
}

/// Steps that belong together: neighbours that change routes of the same resource; each other one alone.
fn batches(steps: &[Step]) -> Vec<Range<usize>> {
    let together = |one: &Step, two: &Step| {
        let routes = matches!((&one.op, &two.op), (Op::ReplaceRoute { .. }, Op::ReplaceRoute { .. }));
        routes && one.resource == two.resource
    };
    let mut all: Vec<Range<usize>> = Vec::new();
    for (seq, step) in steps.iter().enumerate() {
        match all.last_mut() {
            Some(last) if together(&steps[last.start], step) => last.end = seq + 1,
            _ => all.push(seq..seq + 1),
        }
    }
    all
}
