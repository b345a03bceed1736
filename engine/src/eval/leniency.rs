//! Arguments that a schema does not know, where the schema need not be that of the provider a module was written for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evaluator::Evaluator;
use crate::addr::ResourceName;
use crate::config::ProviderAddr;
use crate::diagnostic::Diagnostic;

/// What becomes of arguments and blocks that a schema does not know.
///
/// Schemas are those of one version of a provider, and modules are written for many: they hand on arguments that are
/// newer or older, and leave them unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leniency {
    /// They are errors.
    Strict,
    /// They are errors when they are set; while nothing is known they may turn out not to be.
    Unset {
        /// Whether nothing is known yet.
        validating: bool,
    },
    /// They are left out: nothing acts on the block.
    Any,
}

/// Names that were left out, by type.
pub type LeftOut = BTreeMap<Arc<str>, BTreeSet<Arc<str>>>;

impl Evaluator<'_> {
    /// How the block of a resource is read.
    pub(super) fn leniency(&self, resource: &ResourceName, provider: &ProviderAddr) -> Leniency {
        match self.providers.get(&provider.source) {
            Some(provider) if provider.is_partial() && !provider.operates(resource) => Leniency::Any,
            Some(provider) if provider.is_partial() => Leniency::Unset { validating: self.settings.validating },
            _ => Leniency::Strict,
        }
    }

    /// A warning about arguments that were left out, if any were.
    pub fn left_out_warning(&self) -> Option<Diagnostic> {
        if self.left_out.is_empty() {
            return None;
        }
        let lines = self.left_out.iter().map(|(type_name, names)| {
            let names: Vec<&str> = names.iter().map(|it| &**it).collect();
            format!("\n  {type_name}: {}", names.join(", "))
        });
        let detail = format!(
            "These arguments and blocks are not in the schemas that plumb has, so they are not checked:{}\n\nThey belong \
             to another version of the provider, or are misspelt.",
            lines.collect::<String>()
        );
        Some(Diagnostic::warning("Arguments not checked", detail))
    }
}
