//! `import` blocks: the objects that a plan takes over.

use super::walk::Walk;
use crate::diagnostic::Diagnostic;
use crate::eval::{Each, Evaluator};
use crate::value::{self, Type, Value};

impl Walk<'_> {
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
