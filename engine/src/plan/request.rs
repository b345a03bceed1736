//! Making a plan: what goes in and what comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::prior::PriorObjects;
use super::scope::Included;
use super::walk::Walk;
use super::{Action, OutputChange, Plan, PlanMode};
use crate::addr::{InstanceAddr, Target};
use crate::config::graph::Order;
use crate::config::{Config, Variables};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, Evaluator, Settings, given_value, root_variables};
use crate::events::Events;
use crate::provider::Providers;
use crate::store::Snapshot;
use crate::value::{self, Marks, Type, Value};

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
    let prepared = Order::new(request.config)
        .and_then(|order| root_variables(request.config, request.variables).map(|variables| (order, variables)));
    let (order, variables) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return failed(plan, diagnostics),
    };
    let (prior, found) = PriorObjects::decode(request.snapshot, request.providers);
    if found.has_errors() {
        return failed(plan, found);
    }
    plan.variables = stored_variables(&request);
    let included = Included::new(request.config, &order, &request.options);
    let evaluator = Evaluator::new(request.config, request.providers, request.settings.clone(), variables);
    let mut walk = Walk::new(&request, &order, evaluator, prior, included);
    walk.run().await;
    walk.orphans();
    plan.outputs = outputs(&mut walk);
    finish(plan, walk)
}

fn finish(mut plan: Plan, walk: Walk<'_>) -> PlanResult {
    let drift = walk.drift();
    let mut diagnostics = walk.diagnostics;
    diagnostics.extend(walk.evaluator.warnings);
    if walk.included.is_partial() {
        let detail = "The plan covers only what -target and -exclude name and what it needs, so it may not be all that \
                      the configuration asks for. Plan again without these options before long.";
        diagnostics.push(Diagnostic::warning("Resource targeting is in effect", detail));
    }
    let mut calls: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    for (addr, client) in &walk.clients {
        *calls.entry(addr.source.clone()).or_default() += client.as_ref().map_or(0, |it| it.calls());
    }
    plan.drift = drift;
    plan.changes = walk.changes;
    plan.changes.sort_by(|a, b| a.object.cmp(&b.object));
    plan.refreshed = walk.prior.refreshed.clone();
    plan.refreshed.extend(walk.data);
    plan.checks = walk.checks;
    plan.errored = diagnostics.has_errors();
    PlanResult { plan, diagnostics, calls }
}

fn empty_plan(request: &PlanRequest<'_>) -> Plan {
    Plan {
        mode: request.options.mode,
        lineage: request.snapshot.lineage.clone(),
        serial: request.snapshot.serial,
        changes: Vec::new(),
        drift: Vec::new(),
        refreshed: Vec::new(),
        outputs: BTreeMap::new(),
        variables: BTreeMap::new(),
        targets: request.options.targets.clone(),
        excludes: request.options.excludes.clone(),
        read_set: request.snapshot.objects.iter().map(|(key, it)| (key.clone(), it.row_version)).collect(),
        checks: Vec::new(),
        timestamp: request.settings.plan_time.clone(),
        errored: false,
    }
}

fn failed(mut plan: Plan, diagnostics: Diagnostics) -> PlanResult {
    plan.errored = true;
    PlanResult { plan, diagnostics, calls: BTreeMap::new() }
}

/// Values of the root module's variables as they were given. What is never stored stays away, unless the configuration
/// itself says it.
fn stored_variables(request: &PlanRequest<'_>) -> BTreeMap<Arc<str>, Value> {
    let declared = request.config.root().variables.iter();
    let stored = declared.filter(|(name, it)| !it.ephemeral || request.variables.get(name).is_none());
    stored.filter_map(|(name, _)| Some((name.clone(), given_value(request.config, request.variables, name)?))).collect()
}

/// Outputs of the root module against those of the state.
fn outputs(walk: &mut Walk<'_>) -> BTreeMap<Arc<str>, OutputChange> {
    let request = walk.request;
    let mut changes = BTreeMap::new();
    let declared = &request.config.root().outputs;
    for (name, output) in declared {
        if output.ephemeral || !walk.is_evaluated(name) {
            continue;
        }
        let before = stored_output(request.snapshot, name);
        let after = if request.options.mode == PlanMode::Destroy {
            None
        } else {
            match walk.evaluator.output(Evaluator::ROOT, name) {
                Ok(value) => Some(value),
                Err(_) => continue,
            }
        };
        changes.insert(name.clone(), output_change(before, after, output.sensitive));
    }
    if !walk.included.is_partial() {
        for (name, record) in &request.snapshot.outputs {
            if !declared.contains_key(name) {
                let before = stored_output(request.snapshot, name);
                changes.insert(name.clone(), output_change(before, None, record.sensitive));
            }
        }
    }
    changes.retain(|_, change| !(change.before.is_null() && change.after.is_null() && change.action == Action::NoOp));
    changes
}

fn stored_output(snapshot: &Snapshot, name: &Arc<str>) -> Option<Value> {
    let record = snapshot.outputs.get(name)?;
    let ty = value::type_from_json(&record.ty).unwrap_or(Type::Dynamic);
    let value = value::from_json(&record.value, &ty).ok()?;
    Some(if record.sensitive { value.marked(Marks::SENSITIVE) } else { value })
}

fn output_change(before: Option<Value>, after: Option<Value>, sensitive: bool) -> OutputChange {
    let same = |a: &Value, b: &Value| {
        super::propose::unmarked(a) == super::propose::unmarked(b) && a.is_sensitive() == b.is_sensitive()
    };
    let action = match (&before, &after) {
        (None, None) => Action::NoOp,
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Delete,
        (Some(a), Some(b)) if b.is_wholly_known() && same(a, b) => Action::NoOp,
        (Some(_), Some(_)) => Action::Update,
    };
    let nothing = || Value::null(Type::Dynamic);
    OutputChange { action, before: before.unwrap_or_else(nothing), after: after.unwrap_or_else(nothing), sensitive }
}

impl Walk<'_> {
    /// Whether an output of the root module was evaluated and nothing that it needs has failed.
    fn is_evaluated(&self, name: &Arc<str>) -> bool {
        let node = crate::config::graph::Node::Output(crate::config::ModuleIndex(0), name.clone());
        self.included.node(&node)
    }

    /// Evaluates the `import` blocks and those of the request.
    pub(super) fn collect_imports(&mut self) {
        self.imports.extend(self.request.options.imports.iter().cloned());
        for block in &self.request.config.root().imports {
            let repeated = match &block.for_each {
                None => vec![Each::None],
                Some(expr) => {
                    let repetition = crate::config::Repetition::ForEach(expr.clone());
                    let mut scope = crate::eval::Scope::of_module(&mut self.evaluator, Evaluator::ROOT);
                    let expanded = crate::eval::expand(&repetition, &mut scope);
                    match self.take(expanded) {
                        Some((_, keys)) => keys.into_iter().map(|(_, each)| each).collect(),
                        None => continue,
                    }
                }
            };
            for each in repeated {
                let id = self.evaluator.eval_in(Evaluator::ROOT, &block.id, &each);
                let Some(id) = self.take(id) else { continue };
                let wrong = |detail: &str| Diagnostic::error("Invalid import id argument", detail).at(block.id.span);
                let text = value::convert(&id, &Type::String).ok();
                match text.as_ref().and_then(Value::as_str) {
                    Some(text) if !text.is_empty() => {
                        let text = text.to_owned();
                        match super::paths::import_target(self, &block.to, &each) {
                            Some(addr) => {
                                self.imports.insert(addr, text);
                            }
                            None => self.diagnostics.push(
                                Diagnostic::error(
                                    "Invalid import address",
                                    "\"to\" must name one resource instance, such as aws_vpc.main.",
                                )
                                .at(block.to.span),
                            ),
                        }
                    }
                    _ => self
                        .diagnostics
                        .push(wrong("The import id must be a string that is known when planning, and not empty.")),
                }
            }
        }
    }
}
