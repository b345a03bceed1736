//! Transitions from request to report: preflight, lease, plan, steps, commit.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::execute::Halt;
use super::{Facts, KeepLease, Manager, Report, Request, plan};
use crate::address::{call_failed, check, observe};
use crate::arbiter::{ArbiterError, Claim, Lease};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{ActivationFailed, FinalAction, Resource, defaults};
use crate::journal::{Entry, Kind, Outcome, Step, Transition, TransitionRecord, fold, recorded, rewrites};
use crate::moment::Moment;

impl Manager<'_> {
    /// Does what is asked for, after what an earlier run has left open is finished.
    ///
    /// # Errors
    /// It must not or cannot be done, and nothing was changed. What fails later is in the report.
    pub async fn run(&self, request: &Request) -> Result<Report, Trouble> {
        self.finish().await?;
        let warnings = self.preflight(request).await?;
        let facts = self.facts(request).await?;
        let steps = plan(self.cluster, self.group, request, &facts)?;
        let last = recorded(&self.log()?, &self.cluster.name, &self.group.name);
        if let Some(last) = last.filter(|it| steps.is_empty() && it.server == request.to) {
            let outcome = Some(Outcome::Done);
            return Ok(Report { warnings, ..Report::ended(None, last.epoch, outcome) });
        }
        let lease = self.acquire(request.to.as_deref()).await?;
        // Between the reading and the lease somebody else may have been at work; what is decided now is decided alone.
        let planned = match self.facts(request).await {
            Ok(facts) => plan(self.cluster, self.group, request, &facts),
            Err(trouble) => Err(trouble),
        };
        let steps = match planned {
            Ok(steps) => steps,
            Err(trouble) => {
                let holder = request.from.clone().unwrap_or_default();
                self.arbiter.release(&Lease { holder, ..lease }).await.ok();
                return Err(trouble);
            }
        };
        let report = self.perform(request, steps, lease, warnings).await?;
        self.after_failure(request, report).await
    }

    /// Moves the group from a silent server to the first of several that takes it, as often as its settings allow.
    ///
    /// # Errors
    /// No server could be tried.
    pub async fn fail_over(&self, from: Option<&str>, candidates: &[String], reason: &str) -> Result<Report, Trouble> {
        let allowed = self.group.resources.iter().map(|it| it.activation.failover).max();
        let allowed = allowed.unwrap_or(defaults::ACTIVATION_FAILOVER) as usize + 1;
        let mut last = None;
        for to in candidates.iter().filter(|it| Some(it.as_str()) != from).take(allowed) {
            let request = Request {
                kind: Kind::Failover,
                from: from.map(str::to_owned),
                to: Some(to.clone()),
                reason: reason.to_owned(),
                forced: false,
            };
            match self.run(&request).await {
                Ok(report) if report.outcome != Some(Outcome::Failed) => return Ok(report),
                // A failed stop of the old server fails for every candidate.
                Ok(report) if report.trouble.as_ref().is_some_and(|it| it.problem == Problem::ForcedStopFailed) => {
                    return Ok(report);
                }
                other => last = Some(other),
            }
        }
        last.unwrap_or_else(|| {
            let trouble = Trouble::new(Problem::NoTarget, Phase::Activating, &self.group.name);
            Err(trouble.with("reason", "no other server is available"))
        })
    }

    /// Makes a resource of the active server right again after its monitor found an error, unless others undo it every
    /// time.
    ///
    /// # Errors
    /// Rewriting was ended, or nothing could be changed.
    pub async fn restart(&self, resource: &Resource, server: &str) -> Result<Report, Trouble> {
        let request = Request {
            kind: Kind::Recover,
            from: Some(server.to_owned()),
            to: Some(server.to_owned()),
            reason: format!("the monitor of {} found an error", resource.name),
            forced: false,
        };
        let facts = self.facts(&request).await?;
        let steps = plan(self.cluster, self.group, &request, &facts)?;
        self.guard(&steps).await?;
        self.run(&request).await
    }

    /// Refuses steps that were done too often in too short a time, and tells who undoes them.
    async fn guard(&self, steps: &[Step]) -> Result<(), Trouble> {
        let (guard, log, now) = (&self.group.flap_guard, self.log()?, Moment::now());
        for step in steps {
            let target = step.op.target();
            let count = rewrites(&log, &target, now, guard.window);
            if count < guard.rewrites {
                continue;
            }
            let found = step.before.text();
            let other = match self.cloud.network_interface(&found).await {
                Ok(it) => format!("{found} of {}", it.whose()),
                Err(_) => found,
            };
            let trouble = Trouble::new(Problem::Flapping, Phase::Activating, &step.resource);
            let trouble = trouble.with("target", target).with("count", count.to_string()).with("other", other);
            return Err(trouble.with("window", guard.window.as_secs().to_string()));
        }
        Ok(())
    }

    /// Checks that the new server can have every resource; nothing is changed.
    async fn preflight(&self, request: &Request) -> Result<Vec<Trouble>, Trouble> {
        let mut warnings = Vec::new();
        let Some(server) = request.to.as_deref().and_then(|name| self.cluster.server(name)) else {
            return Ok(warnings);
        };
        for resource in &self.group.resources {
            warnings.extend(check(resource, server, self.cloud).await?);
        }
        Ok(warnings)
    }

    async fn facts(&self, request: &Request) -> Result<Facts, Trouble> {
        let observed = observe(self.group, self.cloud).await?;
        let mut instances = BTreeMap::new();
        let from = request.from.as_deref().and_then(|name| self.cluster.server(name));
        if let (Kind::Failover, Some(from), Some(_)) = (request.kind, from, &self.cluster.forced_stop) {
            let instance = self.cloud.instance(&from.instance_id).await.map_err(|error| {
                let trouble = Trouble::new(Problem::ForcedStopFailed, Phase::Activating, &self.group.name);
                trouble.with("instance", &from.instance_id).because(error)
            })?;
            instances.insert(from.name.clone(), instance);
        }
        let hosts = match self.hosts {
            None => None,
            Some(hosts) => {
                let mut known = BTreeMap::new();
                for server in &self.cluster.servers {
                    if let Some(facts) = hosts.look(&server.name).await {
                        known.insert(server.name.clone(), facts);
                    }
                }
                Some(known)
            }
        };
        Ok(Facts { observed, hosts, instances })
    }

    /// Takes the lease of the group.
    pub(super) async fn acquire(&self, holder: Option<&str>) -> Result<Lease, Trouble> {
        let claim = Claim {
            group: self.key(),
            holder: holder.unwrap_or_default().to_owned(),
            ttl: self.cluster.arbiter.lease().unwrap_or(defaults::LEASE),
            handed_on: None,
        };
        let trouble = |problem| Trouble::new(problem, Phase::Activating, &self.group.name);
        self.arbiter.acquire(&claim).await.map_err(|error| match error {
            ArbiterError::Held(lease) => {
                let reason = format!("it renews its lease of epoch {}", lease.epoch);
                trouble(Problem::MaybeActiveElsewhere).with("server", lease.holder).with("reason", reason)
            }
            other => trouble(Problem::ArbiterUnknown).with("reason", other.to_string()),
        })
    }

    async fn perform(
        &self,
        request: &Request,
        steps: Vec<Step>,
        lease: Lease,
        warnings: Vec<Trouble>,
    ) -> Result<Report, Trouble> {
        let transition = Transition {
            id: Uuid::new_v4().to_string(),
            cluster: self.cluster.name.clone(),
            group: self.group.name.clone(),
            kind: request.kind,
            from: request.from.clone(),
            to: request.to.clone(),
            epoch: lease.epoch,
            reason: request.reason.clone(),
            forced: request.forced,
            by: self.by.clone(),
            steps,
        };
        let began = Entry::Began { at: Moment::now(), transition: transition.clone() };
        if let Err(Halt::Journal(trouble)) = self.record(&began) {
            self.arbiter.release(&lease).await.ok();
            return Err(trouble);
        }
        let result = self.carry_out(&transition, &lease, |_| true).await;
        let report = self.commit(&transition, lease, result).await?;
        Ok(Report { warnings, ..report })
    }

    /// Records how a transition ended, and gives the lease back unless it is kept.
    pub(super) async fn commit(
        &self,
        transition: &Transition,
        lease: Lease,
        result: Result<usize, Halt>,
    ) -> Result<Report, Trouble> {
        let (outcome, done, trouble) = match result {
            Ok(done) => (Some(Outcome::Done), done, None),
            Err(Halt::Failed(trouble)) => (Some(Outcome::Failed), 0, Some(trouble)),
            Err(Halt::Superseded(trouble)) => (Some(Outcome::Superseded), 0, Some(trouble)),
            Err(Halt::Pending(trouble)) => (None, 0, Some(trouble)),
            // Nothing can be recorded any more; what is open is finished by who comes next.
            Err(Halt::Journal(trouble)) => return Err(trouble),
        };
        if let Some(outcome) = outcome {
            let message = trouble.as_ref().map(ToString::to_string);
            let ended = Entry::Ended { at: Moment::now(), id: transition.id.clone(), outcome, message };
            if let Err(Halt::Journal(trouble)) = self.record(&ended) {
                return Err(trouble);
            }
        }
        // With a record that is finished later, the group is active all the same.
        let active = matches!(outcome, None | Some(Outcome::Done));
        let kept = (self.keep == KeepLease::Yes && active).then(|| lease.clone());
        if kept.is_none() {
            self.arbiter.release(&lease).await.ok();
        }
        let final_action = trouble.as_ref().and_then(|it| self.final_action(it));
        let ended = Report::ended(Some(transition.id.clone()), lease.epoch, outcome);
        Ok(Report { done, final_action, trouble, lease: kept, ..ended })
    }

    /// What a server that could not let go of a resource is to do with itself.
    fn final_action(&self, trouble: &Trouble) -> Option<FinalAction> {
        let resource = self.group.resource(&trouble.name).filter(|_| trouble.phase == Phase::Deactivating)?;
        Some(resource.deactivation.action).filter(|it| *it != FinalAction::None)
    }

    /// Records that the group is where something else has brought it: an apply that made it, or that destroys it.
    ///
    /// # Errors
    /// Somebody else has it, or it could not be recorded.
    pub async fn note(&self, server: Option<&str>, reason: &str) -> Result<Report, Trouble> {
        let lease = self.acquire(server).await?;
        let kind = if server.is_some() { Kind::Start } else { Kind::Stop };
        let (to, reason) = (server.map(str::to_owned), reason.to_owned());
        let request = Request { kind, from: None, to, reason, forced: false };
        self.perform(&request, Vec::new(), lease, Vec::new()).await
    }

    /// Stops the group where a failed activation asks for it.
    async fn after_failure(&self, request: &Request, report: Report) -> Result<Report, Trouble> {
        let activating = |it: &&Trouble| report.outcome == Some(Outcome::Failed) && it.phase == Phase::Activating;
        let failed = report.trouble.as_ref().filter(activating);
        let resource = failed.and_then(|it| self.group.resource(&it.name));
        let stops = resource.is_some_and(|it| it.activation.action == ActivationFailed::StopGroup);
        if !stops || request.kind == Kind::Stop {
            return Ok(report);
        }
        let reason = "activation failed, and its settings say to stop the group".to_owned();
        let (from, forced) = (request.to.clone(), request.forced);
        let stop = Request { kind: Kind::Stop, from, to: None, reason, forced };
        Box::pin(self.run(&stop)).await?;
        Ok(report)
    }

    /// The transitions of the journal.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn log(&self) -> Result<Vec<TransitionRecord>, Trouble> {
        let entries = self.journal.entries().map_err(|error| {
            let trouble = Trouble::new(Problem::Journal, Phase::Activating, &self.group.name);
            trouble.with("reason", error.to_string())
        })?;
        Ok(fold(&entries))
    }

    /// A failed read as the trouble of a step's resource.
    pub(super) fn unreadable(&self, step: &Step, error: crate::cloud::CloudError) -> Trouble {
        match self.group.resource(&step.resource) {
            Some(resource) => call_failed(resource, Phase::Activating, error),
            None => Trouble::new(Problem::VipCall, Phase::Activating, &step.resource).because(error),
        }
    }
}
