//! What a crash left open: it is finished, or undone where the new server cannot have the group any more.

use super::execute::Halt;
use super::{Manager, Report};
use crate::address::{Live, Op, check};
use crate::arbiter::Lease;
use crate::errors::{Phase, Problem, Trouble};
use crate::group::ResourceKind;
use crate::journal::{Entry, Outcome, Step, StepState, Transition, TransitionRecord};
use crate::moment::Moment;

/// What to do with a step that has no result.
enum Left {
    /// It is done; only the record is missing.
    Done,
    /// Its target is as it was: it is sent again.
    Open,
    /// Its target is as nobody of us made it.
    Foreign(Live),
}

impl Manager<'_> {
    /// Ends the transitions of this group that have no end. AWS is read anew for each; what the journal says of it is
    /// not believed.
    ///
    /// # Errors
    /// Something could not be read: then it stays open. Somebody else has changed a target: then it is closed as
    /// unknown, and a person must look.
    pub async fn finish(&self) -> Result<Vec<Report>, Trouble> {
        let mut reports = Vec::new();
        for open in self.log()?.into_iter().filter(|it| it.is_open() && self.is_ours(&it.transition)) {
            reports.push(self.finish_one(&open).await?);
        }
        Ok(reports)
    }

    fn is_ours(&self, transition: &Transition) -> bool {
        transition.cluster == self.cluster.name && transition.group == self.group.name
    }

    async fn finish_one(&self, open: &TransitionRecord) -> Result<Report, Trouble> {
        let transition = &open.transition;
        let unknown = |error: crate::arbiter::ArbiterError| {
            let trouble = Trouble::new(Problem::ArbiterUnknown, Phase::Activating, &self.group.name);
            trouble.with("reason", error.to_string())
        };
        let now = self.arbiter.current(&self.key()).await.map_err(unknown)?;
        if let Some(now) = now.filter(|it| it.epoch > transition.epoch && Some(&it.holder) != transition.to.as_ref()) {
            let trouble = Trouble::new(Problem::Superseded, Phase::Activating, &self.group.name)
                .with("epoch", transition.epoch.to_string())
                .with("holder", now.holder)
                .with("newer", now.epoch.to_string());
            return self.close(transition, Outcome::Superseded, Some(trouble), now.epoch);
        }
        let left = self.left(open).await?;
        if let Some((seq, live)) = left.iter().find_map(|(seq, it)| match it {
            Left::Foreign(live) => Some((*seq, live)),
            _ => None,
        }) {
            return self.give_up(transition, seq, live);
        }
        let lease = self.acquire(transition.to.as_deref()).await?;
        if let Some(reason) = self.is_unfit(transition).await {
            return match self.undo(open, &lease).await {
                Ok(()) => {
                    self.arbiter.release(&lease).await.ok();
                    self.close(transition, Outcome::Undone, Some(reason), lease.epoch)
                }
                Err(halt) => self.commit(transition, lease, Err(halt)).await,
            };
        }
        for (seq, _) in left.iter().filter(|(_, it)| matches!(it, Left::Done)) {
            if let Err(halt) = self.ended(transition, *seq, StepState::Done, None, None) {
                return self.commit(transition, lease, Err(halt)).await;
            }
        }
        let wanted = |seq: usize| left.iter().any(|(of, it)| *of == seq && matches!(it, Left::Open));
        let result = self.carry_out(transition, &lease, wanted).await;
        self.commit(transition, lease, result).await
    }

    /// The steps without a good end, and what AWS says of each.
    async fn left(&self, open: &TransitionRecord) -> Result<Vec<(usize, Left)>, Trouble> {
        let steps = open.transition.steps.iter().zip(&open.steps).enumerate();
        let undone = steps.filter(|(_, (_, record))| record.state != Some(StepState::Done));
        let undone: Vec<(usize, &Step)> = undone.map(|(seq, (step, _))| (seq, step)).collect();
        let live = self.read(&undone.iter().map(|(_, step)| *step).collect::<Vec<_>>()).await;
        let mut left = Vec::new();
        for ((seq, step), live) in undone.into_iter().zip(live) {
            let judged = match live.map_err(|error| self.unreadable(step, error))? {
                Some(live) if step.op.is_done(&live) => Left::Done,
                // An instance on its way down is nobody's doing but ours.
                _ if matches!(step.op, Op::StopInstance { .. }) => Left::Open,
                Some(live) if !live.same(&step.before) && step.before != Live::Unknown => Left::Foreign(live),
                // Servers do things as often as they are told, so what cannot be read is told again.
                _ => Left::Open,
            };
            left.push((seq, judged));
        }
        Ok(left)
    }

    /// Why the new server cannot have the group, if that is sure.
    async fn is_unfit(&self, transition: &Transition) -> Option<Trouble> {
        let to = transition.to.as_deref()?;
        let Some(server) = self.cluster.server(to) else {
            let trouble = Trouble::new(Problem::NoTarget, Phase::Activating, &self.group.name);
            return Some(trouble.with("reason", format!("{to} is no longer a member")));
        };
        for resource in &self.group.resources {
            let Err(trouble) = check(resource, server, self.cloud).await else { continue };
            if trouble.cause.as_ref().is_none_or(|it| !it.kind.is_transient()) {
                return Some(trouble);
            }
        }
        None
    }

    /// Brings back what was there before, last step first. A disk that the new server may have written is never taken
    /// back to an older copy.
    async fn undo(&self, open: &TransitionRecord, lease: &Lease) -> Result<(), Halt> {
        let steps = &open.transition.steps;
        let is_disk = |step: &Step| {
            let resource = self.group.resource(&step.resource);
            resource.is_some_and(|it| matches!(it.kind, ResourceKind::MirrorDisk(_)))
        };
        let written = steps.iter().zip(&open.steps).find(|(step, it)| it.attempts > 0 && is_disk(step));
        if let Some((step, _)) = written {
            let trouble = Trouble::new(Problem::MaybeActiveElsewhere, Phase::Activating, &step.resource);
            let server = open.transition.to.clone().unwrap_or_default();
            let reason = "it may have written to the disk, and the other copy is older";
            return Err(Halt::Failed(trouble.with("server", server).with("reason", reason)));
        }
        for (seq, step) in steps.iter().enumerate().rev() {
            let live = self.read(&[step]).await.pop().unwrap_or(Ok(None));
            let live = live.map_err(|error| Halt::Failed(self.unreadable(step, error)))?;
            let changed = live.is_none_or(|it| step.op.is_done(&it) && !it.same(&step.before));
            let back: Option<Op> = step.op.undo(&step.before).filter(|_| changed && open.steps[seq].attempts > 0);
            if let Some(op) = back {
                let back = Transition { steps: vec![Step { op, ..step.clone() }], ..open.transition.clone() };
                self.carry_back(&back, lease).await?;
                self.ended(&open.transition, seq, StepState::Undone, None, None)?;
            }
        }
        Ok(())
    }

    /// Sends a single write of an undo. Its intent is the open transition itself: what is found half-way is undone again.
    async fn carry_back(&self, back: &Transition, lease: &Lease) -> Result<(), Halt> {
        let step = &back.steps[0];
        if step.op.is_unconditional()
            && let Err(error) = self.arbiter.renew(lease).await
        {
            let trouble = Trouble::new(Problem::ArbiterUnknown, Phase::Activating, &self.group.name);
            return Err(Halt::Superseded(trouble.with("reason", error.to_string())));
        }
        let sent = match (&step.op, self.hosts) {
            (Op::Host { server, resource, action }, Some(hosts)) => hosts.act(server, resource, *action).await,
            (op, _) => op.send(self.cloud).await.map(|_| ()).map_err(|error| error.to_string()),
        };
        sent.map_err(|reason| {
            let trouble = Trouble::new(Problem::NotVisible, Phase::Activating, &step.resource);
            Halt::Failed(trouble.with("target", step.op.target()).with("found", reason))
        })
    }

    fn give_up(&self, transition: &Transition, seq: usize, live: &Live) -> Result<Report, Trouble> {
        let step = &transition.steps[seq];
        let trouble = Trouble::new(Problem::ThirdParty, Phase::Activating, &step.resource)
            .with("target", step.op.target())
            .with("found", live.text())
            .with("before", step.before.text())
            .with("wanted", step.op.wanted());
        if let Err(Halt::Journal(trouble)) = self.ended(transition, seq, StepState::Unknown, None, None) {
            return Err(trouble);
        }
        self.close(transition, Outcome::Unknown, Some(trouble.clone()), transition.epoch)?;
        Err(trouble)
    }

    fn close(
        &self,
        transition: &Transition,
        outcome: Outcome,
        trouble: Option<Trouble>,
        epoch: u64,
    ) -> Result<Report, Trouble> {
        let message = trouble.as_ref().map(ToString::to_string);
        let ended = Entry::Ended { at: Moment::now(), id: transition.id.clone(), outcome, message };
        if let Err(Halt::Journal(trouble)) = self.record(&ended) {
            return Err(trouble);
        }
        let ended = Report::ended(Some(transition.id.clone()), epoch, Some(outcome));
        Ok(Report { trouble, ..ended })
    }
}
