//! Expressions against a configuration and its state, one at a time.

use std::collections::BTreeMap;

use crate::addr::{InstanceKey, ResourceAddr};
use crate::config::graph::{Node, Order};
use crate::config::{Config, Variables};
use crate::diagnostic::Diagnostics;
use crate::eval::{Each, Evaluator, KeyKind, Settings, check_names_of, root_variables};
use crate::plan::prior::PriorObjects;
use crate::provider::Providers;
use crate::source::SourceMap;
use crate::store::Snapshot;
use crate::syntax::parse_expr;
use crate::value::Value;

/// Evaluates expressions in the root module, with resources as the state has them.
pub struct Console<'c> {
    evaluator: Evaluator<'c>,
}

impl<'c> Console<'c> {
    /// A console for a configuration. Variables without a value, and resources that the state does not have, are
    /// unknown.
    pub fn new(
        config: &'c Config,
        providers: &'c Providers,
        variables: &Variables,
        snapshot: &Snapshot,
        settings: Settings,
    ) -> (Self, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let values = root_variables(config, variables).unwrap_or_else(|_| {
            // Each for itself: one without a value does not take the others away.
            let one = |name: &std::sync::Arc<str>| {
                let given = variables.get(name).cloned().into_iter().collect();
                crate::eval::root_variable(config, &Variables { given }, name).ok().map(|value| (name.clone(), value))
            };
            config.root().variables.keys().filter_map(one).collect()
        });
        let mut evaluator = Evaluator::new(config, providers, settings, values);
        let (prior, found) = PriorObjects::decode(snapshot, providers);
        diagnostics.extend(found);
        match Order::new(config) {
            Ok(order) => seed(&mut evaluator, &order, &|resource| prior.of_resource(resource)),
            Err(found) => diagnostics.extend(found),
        }
        (Self { evaluator }, diagnostics)
    }

    /// The value of an expression; its file is the only one of `sources`.
    ///
    /// # Errors
    /// The expression is wrong.
    pub fn eval(&mut self, line: &str) -> Result<Value, (SourceMap, Diagnostics)> {
        let mut sources = SourceMap::default();
        let file = sources.add("<console-input>", line);
        let (expr, found) = parse_expr(file, line, 0);
        if found.has_errors() {
            return Err((sources, found));
        }
        let found = check_names_of(&expr, self.evaluator.config, self.evaluator.providers);
        if found.has_errors() {
            return Err((sources, found));
        }
        self.evaluator.eval_in(Evaluator::ROOT, &expr, &Each::None).map_err(|found| (sources, found))
    }
}

/// Gives every resource the values that it has, module by module.
pub(crate) fn seed(
    evaluator: &mut Evaluator<'_>,
    order: &Order,
    values: &dyn Fn(&ResourceAddr) -> BTreeMap<InstanceKey, Value>,
) {
    for node in order.nodes() {
        match node {
            Node::Expand(module) => {
                if let Err(found) = evaluator.expand_module(*module) {
                    tracing::debug!(?found, "a module was not expanded");
                }
            }
            Node::Resource(module, name) => {
                for instance in evaluator.instances_of(*module) {
                    let values = values(&evaluator.resource_addr(instance, name));
                    let kind = KeyKind::of(values.keys().next());
                    evaluator.objects.declare(instance, name, kind, values);
                }
            }
            _ => {}
        }
    }
    evaluator.forget_unknown();
}
