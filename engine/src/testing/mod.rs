//! Tests of configurations (`*.tftest.hcl`): what a file says, mocked providers, and the judgement of a run.

mod file;
mod judge;
mod mock;
mod overrides;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use file::{
    Mock, MockedType, Override, OverrideKind, Run, RunCommand, RunModule, SUFFIXES, TestFile, read, read_mocks, run_key,
};
pub use judge::{Found, Judge, Verdict, expected, variable_values};

use crate::config::{Config, Module};
use crate::diagnostic::Diagnostics;
use crate::eval::{Evaluator, Settings};
use crate::provider::Providers;
use crate::value::Value;

/// Values by name.
pub type Table = BTreeMap<Arc<str>, Value>;

/// Puts the providers, mocks and overrides of a file and a run into the configuration under test. What stands in for
/// providers is added to `providers`, under addresses that are the same for every run of a file.
///
/// # Errors
/// A mock or an override does not fit the configuration, or its values are wrong.
pub fn prepare(
    config: &mut Config,
    providers: &mut Providers,
    (file, run): (&TestFile, &Run),
    settings: Settings,
    (variables, runs): (&Table, &Table),
) -> Result<(), Diagnostics> {
    // Mocked values name nothing of the module under test, so an evaluator of nothing will do.
    let mut nothing = Config::default();
    nothing.modules.push(Module::default());
    let real = providers.clone();
    let mut evaluator = Evaluator::new(&nothing, &real, settings, BTreeMap::new());
    overrides::prepare(config, providers, (file, run), &mut |expr| judge::plain(&mut evaluator, expr, variables, runs))
}
