//! Upgrades of a stand-in through planner, executor and state file: left at every step, and gone on with by the next run.

#![allow(clippy::unwrap_used, reason = "what is not as it should be ends the test")]

#[path = "../../providers/confluence/tests/standin/mod.rs"]
#[allow(dead_code, reason = "the provider's own tests use the rest of it")]
mod standin;

use std::path::Path;
use std::sync::Arc;

use plumb_engine::apply::{self, ApplyOutcome, ApplyRequest, RecoverRequest, Stop};
use plumb_engine::config::{self, Config, Variables};
use plumb_engine::eval::Settings;
use plumb_engine::events::{Event, Events, StepEvent};
use plumb_engine::plan::file::PlanFile;
use plumb_engine::plan::{self, Action, Plan, PlanOptions, PlanRequest, PlanResult};
use plumb_engine::provider::{ChangeSteps, Providers};
use plumb_engine::store::{
    History, Lease, LockRequest, OperationOutcome, Run, RunOutcome, RunStatus, Scope, Snapshot, Store,
};
use plumb_provider_confluence::ConfluenceProvider;
use plumb_provider_confluence::fleet::Fleet;
use plumb_state::{Options, SqliteStore};
use standin::Site;
use tokio::sync::{Notify, watch};

/// A working directory with a state, and the site that it manages.
struct Bench {
    dir: tempfile::TempDir,
    site: Site,
    providers: Providers,
    store: SqliteStore,
    runs: u32,
}

/// What happens to a run when a step begins.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// The process dies.
    Death(usize),
    /// A person asks it to stop.
    Stop(usize),
}

/// Ends a run.
struct Ending {
    end: Option<End>,
    dead: Notify,
    stop: watch::Sender<Stop>,
}

impl Events for Ending {
    fn event(&self, event: Event<'_>) {
        let Event::Step { number, what: StepEvent::Start, .. } = event else { return };
        if self.end == Some(End::Death(number)) {
            self.dead.notify_one();
        } else if self.end == Some(End::Stop(number)) {
            self.stop.send(Stop::Gently).unwrap();
        }
    }
}

impl Bench {
    async fn new() -> Self {
        let site = Site::new().await;
        let (dir, fleet) = (tempfile::tempdir().unwrap(), site.fleet.clone());
        let mut providers = Providers::default();
        providers.add(Arc::new(ConfluenceProvider::new(Arc::new(move |_| fleet.clone() as Arc<dyn Fleet>))));
        let store = SqliteStore::open(dir.path().join("plumb.db"), Options::default()).unwrap();
        Self { dir, site, providers, store, runs: 0 }
    }

    fn write(&self, version: &str, template: &str, strategy: &str) {
        let (nodes, synchrony, url) = (standin::NODES, standin::SYNCHRONY, self.site.url());
        let text = format!(
            r#"
            provider "confluence" {{ token = "token" }}
            resource "confluence_cluster" "main" {{
              base_url         = "{url}"
              version          = "{version}"
              upgrade_strategy = "{strategy}"
              node_group {{
                name                    = "nodes"
                min_size                = 3
                max_size                = 4
                target_group_arn        = "{nodes}"
                launch_template_id      = "lt-1"
                launch_template_version = "{template}"
              }}
              synchrony_group {{
                name                    = "synchrony"
                min_size                = 1
                target_group_arn        = "{synchrony}"
                launch_template_id      = "lt-1"
                launch_template_version = "{template}"
              }}
              limits {{
                drain = "5s"
                stop  = "5s"
                start = "5s"
                tasks = "5s"
                poll  = "2ms"
              }}
            }}"#
        );
        std::fs::write(self.dir.path().join("main.tf"), text).unwrap();
    }

    fn config(&self) -> Config {
        let (config, found) = config::load(self.dir.path());
        assert!(!found.has_errors(), "{found:?}");
        config
    }

    fn settings(&self) -> Settings {
        Settings {
            working_dir: Path::new(".").to_owned(),
            workspace: "default".into(),
            plan_time: "2026-01-01T00:00:00Z".into(),
            now: None,
            validating: false,
        }
    }

    async fn plan(&self) -> PlanResult {
        let (config, snapshot) = (self.config(), self.store.snapshot().unwrap());
        let request = PlanRequest {
            config: &config,
            variables: &Variables::default(),
            snapshot: &snapshot,
            providers: &self.providers,
            events: &plumb_engine::events::Silent,
            settings: self.settings(),
            options: PlanOptions::default(),
        };
        plan::create(request).await
    }

    fn lease(&mut self) -> Lease {
        self.runs += 1;
        let run = format!("run-{}", self.runs);
        let request = LockRequest {
            run: run.clone(),
            operation: "apply".into(),
            who: "me".into(),
            pid: 1,
            process: String::new(),
            scope: Scope::Whole,
        };
        let lease = self.store.lock(&request).unwrap();
        let begun = Run { id: run, command: "apply".into(), who: "me".into(), commit: None, summary: String::new() };
        self.store.begin_run(&lease, &begun).unwrap();
        lease
    }

    /// Applies a plan as it was saved; a run that dies has no outcome.
    async fn apply(&mut self, plan: Plan, end: Option<End>) -> Option<ApplyOutcome> {
        let config = self.config();
        let plan = PlanFile::read(&PlanFile::new(plan, &config.sources).write()).unwrap().plan;
        let lease = self.lease();
        let variables = Variables::default();
        let (stop, stopped) = watch::channel(Stop::Go);
        let events = Ending { end, dead: Notify::new(), stop };
        let snapshot = apply::check_fresh(&plan, &self.store).unwrap();
        let run = apply::run(ApplyRequest {
            config: &config,
            variables: &variables,
            plan: &plan,
            snapshot: &snapshot,
            store: &self.store,
            lease: &lease,
            providers: &self.providers,
            events: &events,
            settings: Settings { now: Some("2026-01-01T00:00:00Z".into()), ..self.settings() },
            parallelism: 4,
            stop: stopped,
        });
        let outcome = tokio::select! {
            outcome = run => Some(outcome),
            () = events.dead.notified() => None,
        };
        if let Some(outcome) = &outcome {
            self.store.end_run(&lease, &RunOutcome { status: outcome.status, calls: 0 }).unwrap();
        }
        self.store.unlock(&lease).unwrap();
        outcome
    }

    /// What the next run does first.
    async fn recover(&mut self) -> String {
        let open: Vec<_> = self.store.open_operations().unwrap().iter().map(|it| it.id).collect();
        let (config, lease) = (self.config(), self.lease());
        let said = apply::recover(RecoverRequest {
            config: &config,
            variables: &Variables::default(),
            providers: &self.providers,
            settings: self.settings(),
            store: &self.store,
            lease: &lease,
            operations: &open,
        })
        .await
        .unwrap();
        self.store.unlock(&lease).unwrap();
        said.iter().map(|it| it.detail.clone()).collect()
    }

    /// The steps of the one change of a plan.
    async fn steps(&self) -> Option<ChangeSteps> {
        let result = self.plan().await;
        assert!(!result.diagnostics.has_errors(), "{:?}", result.diagnostics);
        let change = result.plan.changes.into_iter().next().unwrap();
        assert!(change.steps.is_none() || change.action == Action::Update);
        change.steps
    }

    async fn adopt(&mut self) {
        self.write("9.2.1", "1", "stop_all");
        let result = self.plan().await;
        assert_eq!(result.plan.counts().add, 1, "{:?}", result.diagnostics);
        let outcome = self.apply(result.plan, None).await.unwrap();
        assert_eq!(outcome.status, RunStatus::Succeeded, "{:?}", outcome.diagnostics);
        assert_eq!(self.steps().await, None);
        assert!(self.plan().await.plan.is_empty());
    }
}

async fn left_at_every_step(strategy: &str) {
    let mut number = 1;
    loop {
        let mut bench = Bench::new().await;
        bench.adopt().await;
        bench.write("9.2.3", "2", strategy);
        let planned = bench.steps().await.unwrap();
        if number > planned.steps.len() {
            return;
        }
        let plan = bench.plan().await.plan;
        assert!(bench.apply(plan, Some(End::Death(number))).await.is_none());
        assert_eq!(bench.store.open_operations().unwrap().len(), 1, "the operation is open, as after a crash");
        assert!(bench.recover().await.contains(&format!("of {} steps", planned.steps.len())));
        // The last step may have been done in the moment in which the run died.
        match bench.steps().await {
            None => assert!(number + 1 >= planned.steps.len()),
            // Where nothing was done yet, the steps are planned anew.
            Some(left) if left.done == 0 => assert_eq!(number, 1),
            Some(left) => {
                assert!(left.done + 1 >= number, "{} are done, and {number} was begun", left.done);
                assert_eq!((&left.goal, &left.steps), (&planned.goal, &planned.steps), "recorded steps are taken up");
            }
        }
        let plan = bench.plan().await.plan;
        let outcome = bench.apply(plan, None).await.unwrap();
        assert_eq!(outcome.status, RunStatus::Succeeded, "{strategy} {number}: {:?}", outcome.diagnostics);
        let snapshot: Snapshot = bench.store.snapshot().unwrap();
        assert!(snapshot.unfinished.is_empty());
        let object = snapshot.objects.values().next().unwrap();
        let attributes = object.attributes.read().unwrap();
        assert_eq!((&attributes["version"], &attributes["cluster_state"]), (&"9.2.3".into(), &"STABLE".into()));
        assert_eq!(bench.site.world.state().violations, Vec::<String>::new());
        assert_eq!(bench.site.world.running(), ["9.2.3"]);
        assert!(bench.plan().await.plan.is_empty(), "nothing is left to do");
        let told = bench.store.operations(&format!("run-{}", bench.runs)).unwrap().remove(0);
        assert!(told.steps.iter().all(|it| it.outcome == Some(OperationOutcome::Done)));
        number += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_with_all_nodes_stopped_is_gone_on_with() {
    left_at_every_step("stop_all").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_upgrade_is_gone_on_with() {
    left_at_every_step("rolling").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_does_not_hold_fails_the_run_and_keeps_what_is_left() {
    let mut bench = Bench::new().await;
    bench.adopt().await;
    bench.write("9.2.3", "2", "rolling");
    bench.site.world.state().faults.insert("i-0005".into(), standin::world::Fault::Errors);
    let plan = bench.plan().await.plan;
    let outcome = bench.apply(plan, None).await.unwrap();
    assert_eq!(outcome.status, RunStatus::Failed);
    let said = outcome.diagnostics.iter().next().unwrap();
    assert_eq!(said.summary, "Node in error");
    assert!(said.detail.contains("plumb confluence upgrade resume"), "{}", said.detail);
    let left = bench.steps().await.unwrap();
    assert_eq!(&*left.remaining()[0].id, "join/1");
    // Another goal has to wait.
    bench.write("9.2.4", "2", "rolling");
    let refused = bench.plan().await.diagnostics;
    assert_eq!(refused.iter().next().unwrap().summary, "Another upgrade is under way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_stops_an_upgrade_between_two_steps() {
    let mut bench = Bench::new().await;
    bench.adopt().await;
    bench.write("9.2.3", "2", "stop_all");
    let plan = bench.plan().await.plan;
    let outcome = bench.apply(plan, Some(End::Stop(3))).await.unwrap();
    assert_eq!(outcome.diagnostics.iter().next().unwrap().summary, "Change stopped between two steps");
    assert!(bench.store.open_operations().unwrap().is_empty());
    assert_eq!(bench.steps().await.unwrap().done, 3);
    // A history that is cut short keeps what is left to do.
    bench.write("9.2.3", "2", "stop_all");
    assert!(bench.store.prune(0).unwrap() > 0);
    assert_eq!(bench.steps().await.unwrap().done, 3);
    let plan = bench.plan().await.plan;
    assert_eq!(bench.apply(plan, None).await.unwrap().status, RunStatus::Succeeded);
    assert!(bench.plan().await.plan.is_empty());
}
