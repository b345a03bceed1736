//! Whether move statements make sense together and with what the configuration declares.

use std::collections::BTreeMap;

use super::Moves;
use super::statement::{Endpoint, Kind, Statement};
use crate::addr::{InstanceKey, ModuleAddr};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::Evaluator;
use crate::source::Span;

impl Moves {
    /// What is wrong with the statements, now that all instances are known.
    pub fn check(&self, evaluator: &mut Evaluator<'_>) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if !self.circle.is_empty() {
            diagnostics.push(self.circular(evaluator.config));
        }
        let mut check = Check { by_from: BTreeMap::new(), by_to: BTreeMap::new(), found: Diagnostics::new() };
        for statement in &self.statements {
            let Some(span) = statement.span else { continue };
            let Some(module) = evaluator.config.find_module(&statement.module) else { continue };
            for instance in evaluator.instances_of(module) {
                let addr = evaluator.module_addr(instance).clone();
                check.one(statement, span, &addr, evaluator);
            }
        }
        diagnostics.extend(check.found);
        diagnostics
    }

    fn circular(&self, config: &Config) -> Diagnostic {
        let place = |it: &Statement| it.span.map(|span| place(config, span)).unwrap_or_default();
        let lines = self.circle.iter().map(|&at| &self.statements[at]);
        let lines: String = lines.map(|it| format!("\n  - {}: {} → {}", place(it), it.from, it.to)).collect();
        let detail = format!(
            "These statements lead back to where they start, so that there is no address at which an object could end:\
             {lines}\n\nThe last address of a chain must not be moved any further."
        );
        Diagnostic::error("Cyclic dependency in move statements", detail)
    }
}

/// A statement in one instance of its module, by one of its sides: the other side, and where it is written.
type Sides = BTreeMap<String, (String, Span)>;

struct Check {
    by_from: Sides,
    by_to: Sides,
    found: Diagnostics,
}

impl Check {
    fn one(&mut self, statement: &Statement, span: Span, module: &ModuleAddr, evaluator: &mut Evaluator<'_>) {
        let kind = statement.kind();
        let (from, to) = (statement.from.within(module), statement.to.within(module));
        let (source, target) = (from.to_string(), to.to_string());
        if from == to {
            let detail =
                format!("It says that {source} has moved to its own address, which means nothing. Take it out.");
            self.found.push(Diagnostic::error("Redundant move statement", detail).at(span));
            return;
        }
        if let Some(declared) = declared(evaluator, &from, kind) {
            let at = declared.map(|span| format!(" at {}", place(evaluator.config, span))).unwrap_or_default();
            let detail = format!(
                "It says that {source} has moved away, but that {} is still declared{at}. Declare it as {target} \
                 instead, or take this block out.",
                kind.noun()
            );
            self.found.push(Diagnostic::error("Moved object still exists", detail).at(span));
        }
        let config = evaluator.config;
        let mut ambiguous = |earlier: Option<&(String, Span)>, this: &String, what: String| {
            if let Some((_, at)) = earlier.filter(|(other, _)| other != this) {
                let detail = format!("The statement at {} says otherwise: {what}", place(config, *at));
                self.found.push(Diagnostic::error("Ambiguous move statements", detail).at(span));
            }
        };
        let to_two = format!("{source} cannot have moved to two addresses. Keep one of the two statements.");
        ambiguous(self.by_from.get(&source), &target, to_two);
        let from_two = format!("two objects cannot both have moved to {target}. Keep one of the two statements.");
        ambiguous(self.by_to.get(&target), &source, from_two);
        self.by_from.entry(source.clone()).or_insert_with(|| (target.clone(), span));
        self.by_to.entry(target).or_insert((source, span));
    }
}

/// Whether the configuration still has what a statement moves away, and where its block is.
fn declared(evaluator: &mut Evaluator<'_>, from: &Endpoint, kind: Kind) -> Option<Option<Span>> {
    let config = evaluator.config;
    let (mut module, resource, _) = from.parts();
    if let Some((name, key)) = resource {
        let instance = evaluator.find_module(&module)?;
        let block = config.module(config.find_module(&module.path())?).resources.get(name)?;
        let keys = match key {
            None => true,
            Some(key) => evaluator.objects.get(instance, name).is_some_and(|it| it.keys().any(|it| it == key)),
        };
        return keys.then_some(Some(block.span));
    }
    let (name, key) = module.0.pop()?;
    let caller = evaluator.find_module(&module)?;
    let call = config.module(config.find_module(&module.path())?).calls.get(&name)?;
    let exists = kind == Kind::Call || evaluator.has_module(caller, &name, &key);
    exists.then_some(Some(call.span))
}

fn place(config: &Config, span: Span) -> String {
    let file = config.sources.file(span.file);
    format!("{}:{}", file.path.display(), file.position(span.start as usize).line)
}

impl Evaluator<'_> {
    fn has_module(&self, caller: crate::eval::ModuleId, name: &std::sync::Arc<str>, key: &InstanceKey) -> bool {
        self.find_module(&self.module_addr(caller).child(name, key.clone())).is_some()
    }
}
