//! Which provider configuration a block uses.

use std::fmt;
use std::sync::Arc;

use super::module::{Module, ModuleIndex, ProviderRef};
use super::terraform_block::implied_source;
use super::{Config, ProviderBlock};
use crate::addr::{ModulePath, quote};

/// One provider configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderAddr {
    /// Module that holds its block, or the root where there is none.
    pub module: ModulePath,
    /// Source address of the provider.
    pub source: Arc<str>,
    /// Alias.
    pub alias: Option<Arc<str>>,
}

impl fmt::Display for ProviderAddr {
    /// As states write it: `module.x.provider["registry.terraform.io/hashicorp/aws"].west`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "provider[{}]", quote(&self.source))?;
        self.alias.as_ref().map_or(Ok(()), |alias| write!(f, ".{alias}"))
    }
}

impl ProviderAddr {
    /// Reads what [`fmt::Display`] writes; `None` where it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, rest) = text.split_once("provider[\"")?;
        let (source, rest) = rest.split_once("\"]")?;
        let module = before.trim_end_matches('.');
        let names = module.split('.').filter(|part| !part.is_empty() && *part != "module");
        Some(Self {
            module: ModulePath(names.map(Into::into).collect()),
            source: source.into(),
            alias: rest.strip_prefix('.').map(Into::into),
        })
    }
}

impl Config {
    /// The provider configuration that `reference` means in a module: its own block, else what its caller hands in or
    /// has under the same name, up to the root.
    pub fn provider(&self, module: ModuleIndex, reference: &ProviderRef) -> ProviderAddr {
        let (mut index, mut reference) = (module, reference.clone());
        let source = self.source(index, &reference.name);
        loop {
            let module = self.module(index);
            let found = |module: &Module| ProviderAddr {
                module: module.path.clone(),
                source: source.clone(),
                alias: reference.alias.clone(),
            };
            let Some(parent) = module.parent else { return found(module) };
            if module.providers.contains_key(&reference) {
                return found(module);
            }
            let caller = self.module(parent);
            let call = module.path.0.last().and_then(|name| caller.calls.get(name));
            if let Some(handed) = call.and_then(|call| call.providers.get(&reference)) {
                reference = handed.clone();
            }
            index = parent;
        }
    }

    /// The block of a provider configuration; `None` where it is only implied.
    pub fn provider_block(&self, addr: &ProviderAddr) -> Option<(ModuleIndex, &ProviderBlock)> {
        let index = self.find_module(&addr.module)?;
        self.module(index).providers.iter().find_map(|(reference, block)| {
            let same = reference.alias == addr.alias && self.source(index, &reference.name) == addr.source;
            same.then_some((index, block))
        })
    }

    /// The source address of a provider's local name: as the module or one of its callers says, else the implied one.
    pub fn source(&self, module: ModuleIndex, local: &str) -> Arc<str> {
        let mut index = Some(module);
        while let Some(at) = index {
            let module = self.module(at);
            if let Some(required) = module.required_providers.get(local) {
                return required.source.clone();
            }
            index = module.parent;
        }
        implied_source(local)
    }
}
