//! Making a plan: what goes in and what comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::claims::Owned;
use super::moves::Moves;
use super::outputs::outputs;
use super::prior::PriorObjects;
use super::scope::Included;
use super::walk::Walk;
use super::{Plan, PlanMode};
use crate::addr::{InstanceAddr, Target};
use crate::config::graph::{Node, Order};
use crate::config::{Config, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Evaluator, Settings, check_blocks, check_names, given_value, root_variables};
use crate::events::{Events, Silent};
use crate::provider::Providers;
use crate::store::Snapshot;
use crate::value::Value;

/// What a plan is made from.
pub struct PlanRequest<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Values of the root module's variables as given from outside.
    pub variables: &'a Variables,
    /// The state.
    pub snapshot: &'a Snapshot,
    /// Providers by source address.
    pub providers: &'a Providers,
    /// Who is told of reads.
    pub events: &'a dyn Events,
    /// What expressions may know of the outside.
    pub settings: Settings,
    /// What was asked for.
    pub options: PlanOptions,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Normal, refresh only or destroy.
    pub mode: PlanMode,
    /// Whether objects are read first; `-refresh=false` clears it.
    pub refresh: bool,
    /// `-target`; empty for everything.
    pub targets: Vec<Target>,
    /// `-exclude`.
    pub excludes: Vec<Target>,
    /// `-replace`.
    pub replace: Vec<InstanceAddr>,
    /// Objects to take over besides those of `import` blocks, by address.
    pub imports: Vec<(InstanceAddr, String)>,
    /// Reads at one time; at least 1.
    pub parallelism: usize,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            mode: PlanMode::Normal,
            refresh: true,
            targets: Vec::new(),
            excludes: Vec::new(),
            replace: Vec::new(),
            imports: Vec::new(),
            parallelism: 10,
        }
    }
}

/// A plan and what was found on the way; `plan.errored` when it must not be applied.
pub struct PlanResult {
    /// The plan, as far as it could be made.
    pub plan: Plan,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
    /// API calls that were sent, by provider source.
    pub calls: BTreeMap<Arc<str>, u64>,
}

/// Makes a plan. Writes nothing and takes no lock.
pub async fn create(request: PlanRequest<'_>) -> PlanResult {
    let mut plan = empty_plan(&request);
    if let Some(found) = contradiction(&request.options) {
        return failed(plan, found.into());
    }
    if request.options.mode == PlanMode::Normal && !request.config.root().has_files {
        return failed(plan, no_files(request.config).into());
    }
    let mut found = check_names(request.config, request.providers);
    found.extend(check_blocks(request.config, request.providers));
    if found.has_errors() {
        return failed(plan, found);
    }
    let warnings = found;
    let prepared = Order::new(request.config)
        .and_then(|order| root_variables(request.config, request.variables).map(|variables| (order, variables)));
    let (order, variables) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return failed(plan, diagnostics),
    };
    plan.variables = stored_variables(&request);
    // Nobody is told twice of what is read.
    let quiet = PlanRequest {
        settings: request.settings.clone(),
        options: request.options.clone(),
        events: &Silent,
        ..request
    };
    let (mut walk, mut moves) = match go_through(&request, &order, variables.clone(), Owned::new()).await {
        Ok(done) => done,
        Err(diagnostics) => return failed(plan, diagnostics),
    };
    let mut earlier = BTreeMap::new();
    if let Some(owned) = walk.seen_otherwise() {
        earlier = sent(&walk);
        (walk, moves) = match go_through(&quiet, &order, variables, owned).await {
            Ok(done) => done,
            Err(diagnostics) => return failed(plan, diagnostics),
        };
    }
    walk.diagnostics.extend(warnings);
    walk.inspect().await;
    plan.outputs = outputs(&mut walk);
    let misplaced = moves.check(&mut walk.evaluator);
    if misplaced.has_errors() {
        // Whatever else was found may well follow from objects that are not where they should be.
        return failed(plan, misplaced);
    }
    walk.diagnostics.extend(moves.warning());
    let mut result = finish(plan, walk);
    for (source, count) in earlier {
        *result.calls.entry(source).or_default() += count;
    }
    let (snapshot, providers) = (request.snapshot, request.providers);
    result.plan.read_set = crate::apply::read_set(&result.plan, snapshot, providers, (request.config, &order));
    result
}

/// Goes through a configuration from beginning to end, with what is known already to belong to run time.
async fn go_through<'a>(
    request: &'a PlanRequest<'a>,
    order: &'a Order,
    variables: BTreeMap<Arc<str>, Value>,
    owned: Owned,
) -> Result<(Walk<'a>, Moves), Diagnostics> {
    let (mut prior, found) = PriorObjects::new(request.snapshot, request.providers);
    if found.has_errors() {
        return Err(found);
    }
    let moves = Moves::apply(request.config, &mut prior, request.providers, &request.options)?;
    let included = Included::new(request.config, order, &request.options, &prior);
    prior.decode(|addr| included.object(addr))?;
    let evaluator = Evaluator::new(request.config, request.providers, request.settings.clone(), variables);
    let mut walk = Walk::new(request, order, evaluator, prior, included);
    walk.known_owned = owned;
    walk.run().await;
    walk.check_imports();
    walk.orphans();
    walk.warn_of_forgotten();
    walk.review();
    Ok((walk, moves))
}

/// Options that say nothing together.
fn contradiction(options: &PlanOptions) -> Option<Diagnostic> {
    if options.mode != PlanMode::Normal && !options.replace.is_empty() {
        let detail = "An object can be replaced only in a plan that makes everything as the configuration says: leave \
                      out -replace, or -destroy and -refresh-only.";
        return Some(Diagnostic::error("Unsupported plan mode", detail));
    }
    let detail = "A plan that only refreshes has nothing to do without a refresh: leave out -refresh=false or \
                  -refresh-only.";
    let idle = options.mode == PlanMode::RefreshOnly && !options.refresh;
    idle.then(|| Diagnostic::error("Incompatible refresh options", detail))
}

fn finish(mut plan: Plan, walk: Walk<'_>) -> PlanResult {
    let calls = sent(&walk);
    let drift = walk.drift();
    let mut diagnostics = walk.diagnostics;
    diagnostics.extend(walk.evaluator.left_out_warning());
    diagnostics.extend(walk.evaluator.warnings);
    diagnostics.extend(walk.unsupported.diagnostics());
    if walk.included.is_partial() {
        let detail = "The plan covers only what -target and -exclude name and what it needs, so it may not be all that \
                      the configuration asks for. Plan again without these options before long.";
        diagnostics.push(Diagnostic::warning("Resource targeting is in effect", detail));
    }
    plan.drift = drift;
    plan.changes = walk.changes;
    plan.changes.sort_by(|a, b| a.object.cmp(&b.object));
    plan.runtime_changes = walk.runtime_changes;
    plan.late = walk.late;
    plan.refreshed = walk.prior.refreshed.clone();
    plan.refreshed.extend(walk.data);
    let planned = plan.mode != PlanMode::Destroy;
    let reached = |node: &Node| planned && walk.included.node(node) && !walk.failed.contains(node);
    plan.checks = walk.checks.finish(walk.request.config, reached);
    diagnostics.extend(super::depth::too_deep(&plan));
    plan.errored = diagnostics.has_errors();
    PlanResult { plan, diagnostics, calls }
}

/// Calls that the clients of a walk have sent.
fn sent(walk: &Walk<'_>) -> BTreeMap<Arc<str>, u64> {
    let mut calls: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    for (addr, client) in &walk.clients {
        *calls.entry(addr.source.clone()).or_default() += client.as_ref().map_or(0, |it| it.calls());
    }
    calls
}

pub(super) fn empty_plan(request: &PlanRequest<'_>) -> Plan {
    Plan {
        mode: request.options.mode,
        lineage: request.snapshot.lineage.clone(),
        serial: request.snapshot.serial,
        changes: Vec::new(),
        runtime_changes: Vec::new(),
        late: BTreeMap::new(),
        drift: Vec::new(),
        refreshed: Vec::new(),
        outputs: BTreeMap::new(),
        variables: BTreeMap::new(),
        targets: request.options.targets.clone(),
        excludes: request.options.excludes.clone(),
        read_set: BTreeMap::new(),
        given: BTreeMap::new(),
        checks: Vec::new(),
        timestamp: request.settings.plan_time.clone(),
        errored: false,
    }
}

/// A plan from nothing would delete everything, which is seldom what an empty directory means.
fn no_files(config: &Config) -> Diagnostic {
    let dir = config.root().dir.display().to_string();
    let dir = if dir.is_empty() { "." } else { &dir };
    let detail = format!(
        "The directory {dir} has no .tf files, and a plan without any would delete everything in the state. Write one, or name \
         another directory with -chdir=DIR; to delete everything, run \"plumb destroy\"."
    );
    Diagnostic::error("No configuration files", detail)
}

pub(super) fn failed(mut plan: Plan, diagnostics: Diagnostics) -> PlanResult {
    plan.errored = true;
    PlanResult { plan, diagnostics, calls: BTreeMap::new() }
}

/// Values of the root module's variables as they were given. What is never stored stays away, unless the configuration
/// itself says it.
pub(super) fn stored_variables(request: &PlanRequest<'_>) -> BTreeMap<Arc<str>, Value> {
    let declared = request.config.root().variables.iter();
    let stored = declared.filter(|(name, it)| !it.ephemeral || request.variables.get(name).is_none());
    stored.filter_map(|(name, _)| Some((name.clone(), given_value(request.config, request.variables, name)?))).collect()
}
