//! What holds across the modules of a configuration: arguments of calls and providers.

use super::content;
use super::module::{Module, ModuleCall, ModuleIndex, ProviderRef};
use super::{Config, did_you_mean};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Looks for faults that no block shows by itself.
pub(super) fn check(config: &Config, diagnostics: &mut Diagnostics) {
    for (index, module) in config.indexed() {
        for call in module.calls.values() {
            let Some(child) = config.modules.get(call.child.0) else { continue };
            arguments(call, child, diagnostics);
            handed_providers(config, index, call, diagnostics);
        }
        resource_providers(config, index, diagnostics);
    }
    for output in config.modules.first().into_iter().flat_map(|root| root.outputs.values()).filter(|it| it.ephemeral) {
        let detail = "Outputs of the root module are stored, and ephemeral values never are. Outputs of called modules \
                      may be ephemeral.";
        diagnostics.push(Diagnostic::error("Ephemeral output not allowed", detail).at(output.span));
    }
}

/// Arguments of a call against the called module's variables.
fn arguments(call: &ModuleCall, child: &Module, diagnostics: &mut Diagnostics) {
    for (name, expr) in &call.arguments {
        if !child.variables.contains_key(name) {
            let near = did_you_mean(name, child.variables.keys().map(|it| &**it));
            let detail =
                format!("An argument named {name:?} is not expected here: the module declares no such variable.{near}");
            diagnostics.push(Diagnostic::error("Unsupported argument", detail).at(expr.span));
        }
    }
    for (name, variable) in &child.variables {
        if variable.default.is_none() && !call.arguments.contains_key(name) {
            diagnostics.push(content::missing_argument(name, call.span));
        }
    }
}

/// What a module calls a provider by a local name; without an entry of its own, the one that the name implies.
fn own_source(module: &Module, local: &str) -> String {
    match (module.required_providers.get(local), local) {
        (Some(entry), _) => entry.source.to_string(),
        // Where providers are handed over, Terraform reads even this name as that of a provider of HashiCorp's.
        (None, "terraform") => "registry.terraform.io/hashicorp/terraform".to_owned(),
        (None, _) => super::terraform_block::implied_source(local).to_string(),
    }
}

fn handed_providers(config: &Config, caller: ModuleIndex, call: &ModuleCall, diagnostics: &mut Diagnostics) {
    let (caller, child) = (config.module(caller), config.module(call.child));
    for (inner, outer) in &call.providers {
        let (wanted, given) = (own_source(child, &inner.name), own_source(caller, &outer.name));
        if wanted != given {
            let detail = format!(
                "{outer} of the calling module is a configuration of {given}, and {inner} of the called module one of \
                 {wanted}. Hand in a configuration of the same provider, or correct the source in required_providers."
            );
            diagnostics.push(Diagnostic::error("Provider type mismatch", detail).at(call.span));
        }
        if inner.alias.is_none() && !child.required_providers.contains_key(&inner.name) {
            let detail = format!(
                "The called module does not say which provider it calls {0}, so it is taken for hashicorp/{0}. Add an \
                 entry {0} to the required_providers of the module.",
                inner.name
            );
            diagnostics.push(Diagnostic::warning("Reference to undefined provider", detail).at(call.span));
        }
        if inner.alias.is_some() && !expects(child, inner) && !child.providers.contains_key(inner) {
            let detail = format!(
                "The called module does not say that it takes a provider configuration {inner}. List it in \
                 configuration_aliases of its required_providers, or remove the entry."
            );
            diagnostics.push(Diagnostic::warning("Reference to undefined provider", detail).at(call.span));
        }
        if outer.alias.is_some() && !has_provider(config, caller, outer) {
            let detail = format!(
                "There is no provider configuration {outer} in the calling module. Declare it with a provider block that \
                 has this alias."
            );
            diagnostics.push(Diagnostic::error("Provider configuration not present", detail).at(call.span));
        }
    }
    let wanted = child.required_providers.values().flat_map(|it| &it.aliases);
    for alias in wanted.filter(|it| !call.providers.contains_key(it)) {
        let detail = format!(
            "The called module needs a provider configuration {alias}. Hand one in: providers = {{ {alias} = … }}."
        );
        diagnostics.push(Diagnostic::error("Missing required provider configuration", detail).at(call.span));
    }
}

fn expects(module: &Module, reference: &ProviderRef) -> bool {
    module.required_providers.values().any(|it| it.aliases.contains(reference))
}

/// Whether a module has a configuration of its own under an alias, or is handed one.
fn has_provider(config: &Config, module: &Module, reference: &ProviderRef) -> bool {
    let handed = || {
        let call = module.path.0.last().zip(module.parent);
        call.and_then(|(name, parent)| config.module(parent).calls.get(name))
            .is_some_and(|call| call.providers.contains_key(reference))
    };
    module.providers.contains_key(reference) || handed() || expects(module, reference)
}

fn resource_providers(config: &Config, index: ModuleIndex, diagnostics: &mut Diagnostics) {
    let module = config.module(index);
    for (name, resource) in &module.resources {
        let reference = &resource.provider;
        if reference.alias.is_some() && !has_provider(config, module, reference) {
            let detail = format!(
                "{name} uses the provider configuration {reference}, and there is none of this name in the module. \
                 Declare it with a provider block that has this alias, or hand it in from the calling module."
            );
            diagnostics.push(Diagnostic::error("Provider configuration not present", detail).at(resource.span));
        }
    }
}
