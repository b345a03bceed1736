//! Making a plan: what goes in and what comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Plan, PlanMode};
use crate::addr::{InstanceAddr, Target};
use crate::config::{Config, Variables};
use crate::diagnostic::Diagnostics;
use crate::events::Events;
use crate::provider::Providers;
use crate::store::Snapshot;

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
    /// Objects to take over besides those of `import` blocks: the instance and the object's id.
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
pub async fn create(_request: PlanRequest<'_>) -> PlanResult {
    unimplemented!()
}
