//! Rules of blocks that no value can change: what may stand in `depends_on`, `lifecycle`, conditions and `import`.

use std::collections::BTreeSet;

use super::declared::{self, Declared};
use crate::addr::{ConfigResource, ResourceName};
use crate::config::references::{Named, RESERVED, Reference, of_expr, resource_name, visit_expr};
use crate::config::{Condition, Config, IgnoreChanges, Module, ModuleIndex, Repetition, Resource, did_you_mean};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::Providers;
use crate::schema::Block;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Literal, Step};

/// Checks the blocks of a configuration, besides the names in their expressions.
pub fn check_blocks(config: &Config, providers: &Providers) -> Diagnostics {
    let mut check = Check { config, providers, found: Diagnostics::new() };
    for (index, module) in config.indexed() {
        check.module(index, module);
    }
    check.imports();
    check.removed();
    check.found
}

struct Check<'c> {
    config: &'c Config,
    providers: &'c Providers,
    found: Diagnostics,
}

impl Check<'_> {
    fn module(&mut self, index: ModuleIndex, module: &Module) {
        for (name, resource) in &module.resources {
            self.depends_on(module, &resource.depends_on);
            self.triggers(module, resource);
            self.ignored(index, module, name, resource);
            let lifecycle = &resource.lifecycle;
            self.conditions("precondition", &lifecycle.preconditions);
            self.conditions("postcondition", &lifecycle.postconditions);
            self.own(name, "precondition", &lifecycle.preconditions);
            self.own(name, "postcondition", &lifecycle.postconditions);
        }
        for output in module.outputs.values() {
            self.depends_on(module, &output.depends_on);
            self.conditions("precondition", &output.preconditions);
        }
        for call in module.calls.values() {
            self.depends_on(module, &call.depends_on);
        }
        for check in module.checks.values() {
            self.conditions("assert", &check.asserts);
        }
    }

    /// Whole blocks of the module.
    fn depends_on(&mut self, module: &Module, entries: &[Expr]) {
        for entry in entries {
            let mut named = 0;
            let mut declared: Vec<Declared> = Vec::new();
            visit_expr(entry, &mut |name| {
                named += 1;
                declared.push(whole_block(module, name, entry.span));
            });
            if named == 0 || !matches!(entry.kind, ExprKind::Access(_)) {
                declared = vec![Err(no_traversal(entry.span).into())];
            }
            self.found.extend(declared.into_iter().filter_map(Result::err).flatten());
        }
    }

    /// Each entry names one managed resource, and nothing else but `count.index` and `each.key` in its key.
    fn triggers(&mut self, module: &Module, resource: &Resource) {
        for entry in &resource.lifecycle.replace_triggered_by {
            let mut resources: Vec<ResourceName> = Vec::new();
            let mut others = 0;
            visit_expr(entry, &mut |name| match (&**name.root, first_name(name)) {
                ("count", Some("index")) | ("each", Some("key")) => {}
                (root, _) if RESERVED.contains(&root) => others += 1,
                (root, _) => resources.extend(resource_name(root, &names(name)).map(|(name, _)| name)),
            });
            if others > 0 {
                let detail = "An entry names a managed resource of this module, an instance or an attribute of it. \
                              Only count.index and each.key may stand in a key.";
                let summary = "Invalid reference in replace_triggered_by expression";
                self.found.push(Diagnostic::error(summary, detail).at(entry.span));
            }
            match resources.as_slice() {
                [name] => {
                    let declared = declared::resource(module, name, entry.span);
                    self.found.extend(declared.err().into_iter().flatten());
                }
                found => {
                    let detail = if found.is_empty() {
                        "The entry names no resource. Name the one whose change is to replace this one."
                    } else {
                        "The entry names several resources. Write one entry for each of them."
                    };
                    let summary = "Invalid replace_triggered_by expression";
                    self.found.push(Diagnostic::error(summary, detail).at(entry.span));
                }
            }
        }
    }

    /// Arguments of the type.
    fn ignored(&mut self, index: ModuleIndex, module: &Module, name: &ResourceName, resource: &Resource) {
        let IgnoreChanges::Paths(paths) = &resource.lifecycle.ignore_changes else { return };
        let provider = self.config.provider(index, &module.resources[name].provider);
        let provider = self.providers.get(&provider.source);
        // A schema of another version than the module was written for does not tell what there is.
        let told = provider.filter(|it| !it.is_partial() || it.operates(name));
        let schema = told.and_then(|it| it.resource_type(&name.type_name)).map(|it| &it.schema().block);
        for path in paths {
            if matches!(&path.kind, ExprKind::Literal(Literal::String(text)) if &**text == "*") {
                let detail = "To ignore every change, write the word all without brackets: ignore_changes = all.";
                self.found.push(Diagnostic::error("Invalid ignore_changes wildcard", detail).at(path.span));
                continue;
            }
            let argument = match &path.kind {
                ExprKind::Variable(name) => name.to_string(),
                ExprKind::Literal(Literal::String(text)) => text.split(['.', '[']).next().unwrap_or(text).to_owned(),
                ExprKind::Access(access) if is_fixed(&access.steps) => match &access.source.kind {
                    ExprKind::Variable(name) => name.to_string(),
                    _ => String::new(),
                },
                _ => String::new(),
            };
            if argument.is_empty() {
                self.found.push(no_traversal(path.span));
            } else if let Some(block) = schema {
                self.found.extend(ignored_argument(block, &argument, resource, path.span));
            }
        }
    }

    fn conditions(&mut self, kind: &str, conditions: &[Condition]) {
        for condition in conditions {
            let mut names = 0;
            visit_expr(&condition.condition, &mut |_| names += 1);
            if names == 0 {
                let detail = "The condition names nothing of the configuration, so it would always have the same \
                              result. Name what it is to check.";
                let found = Diagnostic::error(format!("Invalid {kind} expression"), detail);
                self.found.push(found.at(condition.condition.span));
            }
        }
    }

    /// A condition of a resource does not name it.
    fn own(&mut self, name: &ResourceName, kind: &str, conditions: &[Condition]) {
        let own = Reference::Resource(name.clone());
        for expr in conditions.iter().flat_map(|it| [&it.condition, &it.error_message]) {
            if of_expr(expr).contains(&own) {
                let detail = format!(
                    "The condition belongs to {name} and so may not name it. In a postcondition, self stands for the \
                     instance that was made."
                );
                self.found.push(Diagnostic::error(format!("Invalid reference in {kind}"), detail).at(expr.span));
            }
        }
    }

    fn imports(&mut self) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for block in &self.config.root().imports {
            let text = self.config.sources.text(block.to.span).to_owned();
            if block.for_each.is_none() && !seen.insert(text.clone()) {
                let detail = format!("Another import block takes over {text} already. Keep one of the two.");
                let summary = format!("Duplicate import configuration for {text:?}");
                self.found.push(Diagnostic::error(summary, detail).at(block.to.span));
            }
            let Some(resource) = self.config.resource(&block.resource) else { continue };
            let key = match &block.to.kind {
                ExprKind::Access(access) => match access.steps.last() {
                    Some(Step::Index { key, .. }) => Some(&key.kind),
                    _ => None,
                },
                _ => None,
            };
            let wrong = match (&resource.repetition, key) {
                (Repetition::Count(_), None) => "The resource has count, so the number of an instance must follow it.",
                (Repetition::ForEach(_), None) => {
                    "The resource has for_each, so the key of an instance must follow it."
                }
                (
                    Repetition::Single | Repetition::Enabled(_) | Repetition::ForEach(_),
                    Some(ExprKind::Literal(Literal::Number(_))),
                ) => "The resource does not have count, so it has no instance with a number.",
                (
                    Repetition::Single | Repetition::Enabled(_) | Repetition::Count(_),
                    Some(ExprKind::Literal(Literal::String(_))),
                ) => "The resource does not have for_each, so it has no instance with a text as its key.",
                _ => continue,
            };
            self.found.push(Diagnostic::error("Invalid import 'to' expression", wrong).at(block.to.span));
        }
    }

    fn removed(&mut self) {
        for module in &self.config.modules {
            for block in &module.removed {
                let (path, resource) = &block.from;
                let path = crate::addr::ModulePath(module.path.0.iter().chain(&path.0).cloned().collect());
                let (kind, address, declared) = match resource {
                    Some(name) => {
                        let addr = ConfigResource { module: path, resource: name.clone() };
                        ("resource", addr.to_string(), self.config.resource(&addr).map(|it| it.span))
                    }
                    None => ("module", path.to_string(), self.config.find_module(&path).map(|_| block.span)),
                };
                if let Some(span) = declared {
                    let detail = format!(
                        "A removed block says that {address} is gone, but it is still declared. Take out one of the two."
                    );
                    self.found.push(Diagnostic::error(format!("Removed {kind} still exists"), detail).at(span));
                }
            }
        }
    }
}

fn whole_block(module: &Module, name: &Named<'_>, span: Span) -> Declared {
    let names = names(name);
    let first = names.first().copied().flatten();
    let used = match (&**name.root, first) {
        ("var", Some(first)) => declared::variable(module, first, span).map(|()| 1)?,
        ("local", Some(first)) => declared::local(module, first, span).map(|()| 1)?,
        ("module", Some(first)) => declared::call(module, first, span).map(|()| 1)?,
        (root, _) if RESERVED.contains(&root) => return Ok(()),
        (root, _) => match resource_name(root, &names) {
            Some((name, used)) => declared::resource(module, &name, span).map(|()| used)?,
            None => return Err(declared::incomplete_resource(root, span).into()),
        },
    };
    let key = matches!(name.steps.get(used), Some(Step::Index { .. }));
    // An output stands for its module.
    let output = &**name.root == "module" && matches!(name.steps.get(used + usize::from(key)), Some(Step::Attr(_)));
    if name.steps.len() > used + usize::from(key) + usize::from(output) {
        let detail = "Only whole blocks can be waited for: a resource, a module, or an instance of one. Take the \
                      attribute out.";
        return Err(Diagnostic::error("Invalid depends_on reference", detail).at(span).into());
    }
    Ok(())
}

fn names<'n>(name: &Named<'n>) -> Vec<Option<&'n std::sync::Arc<str>>> {
    let steps = name.steps.iter();
    steps.map(|step| if let Step::Attr(ident) = step { Some(&ident.name) } else { None }).collect()
}

fn first_name<'n>(name: &Named<'n>) -> Option<&'n str> {
    match name.steps.first() {
        Some(Step::Attr(ident)) => Some(&ident.name),
        _ => None,
    }
}

fn is_fixed(steps: &[Step]) -> bool {
    steps.iter().all(|step| match step {
        Step::Attr(_) => true,
        Step::Index { key, .. } => matches!(key.kind, ExprKind::Literal(_)),
        Step::Splat { .. } => false,
    })
}

fn no_traversal(span: Span) -> Diagnostic {
    let detail = "A reference must be written out here: names joined by dots, and fixed keys in brackets. Expressions, \
                  calls and templates cannot stand here.";
    Diagnostic::error("Invalid expression", detail).at(span)
}

fn ignored_argument(block: &Block, name: &str, resource: &Resource, span: Span) -> Option<Diagnostic> {
    if block.blocks.contains_key(name) {
        return None;
    }
    let Some(attribute) = block.attributes.get(name) else {
        let known = block.attributes.keys().chain(block.blocks.keys()).map(|it| &**it);
        let near = did_you_mean(name, known);
        let detail = format!("This object has no argument, nested block, or exported attribute named {name:?}.{near}");
        return Some(Diagnostic::error("Unsupported attribute", detail).at(span));
    };
    let detail = format!(
        "The attribute {name} is decided by the provider alone, so the configuration has no value of it whose change \
         could be ignored. Take it out of ignore_changes."
    );
    let redundant = !attribute.is_argument();
    redundant.then(|| Diagnostic::warning("Redundant ignore_changes element", detail).at(resource.span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summaries(text: &str) -> Vec<String> {
        let sources = [("main.tf".into(), text.into())].into();
        let (config, found) = crate::config::load_sources(std::path::Path::new(""), &sources);
        assert!(!found.has_errors(), "{found:?}");
        check_blocks(&config, &Providers::default()).iter().map(|it| it.summary.clone()).collect()
    }

    fn in_lifecycle(text: &str) -> Vec<String> {
        summaries(&format!(
            "resource \"a_b\" \"c\" {{\n count = 1\n lifecycle {{\n{text}\n}}\n}}\nvariable \"v\" {{}}\n"
        ))
    }

    #[test]
    fn only_whole_blocks_are_waited_for() {
        let with = |entry: &str| {
            summaries(&format!(
                "resource \"a_b\" \"c\" {{}}\noutput \"o\" {{\n value = 1\n depends_on = [{entry}]\n}}\n"
            ))
        };
        assert!(with("a_b.c").is_empty() && with("a_b.c[0]").is_empty() && with("path.module").is_empty());
        assert_eq!(with("a_b.c.id"), ["Invalid depends_on reference"]);
        assert_eq!(with("a_b.x"), ["Reference to undeclared resource"]);
        assert_eq!(with("module.x"), ["Reference to undeclared module"]);
        assert_eq!(with("1 + 1"), ["Invalid expression"]);
        assert!(with("\"a_b.c\"").is_empty(), "the loader has taken the quotes away and said so");
    }

    #[test]
    fn a_trigger_is_one_resource() {
        assert!(in_lifecycle("replace_triggered_by = [a_b.c[count.index].x]").is_empty());
        let invalid = "Invalid replace_triggered_by expression";
        let reference = "Invalid reference in replace_triggered_by expression";
        assert_eq!(in_lifecycle("replace_triggered_by = [var.v]"), [reference, invalid]);
        assert_eq!(in_lifecycle("replace_triggered_by = [a_b.c[a_b.c.x]]"), [invalid]);
        assert_eq!(in_lifecycle("replace_triggered_by = [\"a_b.c\"]"), [invalid]);
        assert_eq!(in_lifecycle("replace_triggered_by = [a_b.x]"), ["Reference to undeclared resource"]);
    }

    #[test]
    fn a_condition_names_something() {
        let with =
            |text: &str| in_lifecycle(&format!("precondition {{\ncondition = {text}\nerror_message = \"x\"\n}}"));
        assert!(with("var.v == 1").is_empty() && with("count.index == 1").is_empty());
        assert_eq!(with("1 == 1"), ["Invalid precondition expression"]);
        assert_eq!(with("alltrue([for x in [1] : x == 1])"), ["Invalid precondition expression"]);
    }

    #[test]
    fn an_import_fits_the_repetition() {
        let with = |repeat: &str, to: &str| {
            summaries(&format!("resource \"a_b\" \"c\" {{\n {repeat}\n}}\nimport {{\n to = {to}\n id = \"x\"\n}}\n"))
        };
        assert!(with("", "a_b.c").is_empty() && with("count = 1", "a_b.c[0]").is_empty());
        for (repeat, to) in
            [("", "a_b.c[0]"), ("count = 1", "a_b.c"), ("count = 1", "a_b.c[\"x\"]"), ("for_each = {}", "a_b.c")]
        {
            assert_eq!(with(repeat, to), ["Invalid import 'to' expression"], "{repeat} {to}");
        }
        let twice = "resource \"a_b\" \"c\" {}\nimport {\n to = a_b.c\n id = 1\n}\nimport {\n to = a_b.c\n id = 2\n}\n";
        assert_eq!(summaries(twice), ["Duplicate import configuration for \"a_b.c\""]);
    }

    #[test]
    fn what_is_removed_is_gone() {
        let text = "resource \"a_b\" \"c\" {}\nremoved {\n from = a_b.c\n}\nremoved {\n from = a_b.d\n}\n";
        assert_eq!(summaries(text), ["Removed resource still exists"]);
    }
}
