//! Configurations: files as modules, blocks as data.

mod block_addr;
pub(crate) mod blocks;
mod check;
mod conditions;
pub(crate) mod content;
mod files;
pub mod graph;
mod installed;
mod json;
mod load;
mod module;
mod module_source;
mod overrides;
mod providers;
mod provisioners;
mod quoted;
pub mod references;
mod resource_block;
mod terraform_block;
mod type_expr;
mod variable_block;
mod variables;
mod version;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use block_addr::BlockAddr;
pub use content::did_you_mean;
pub(crate) use content::{duplicate_argument, missing_argument, unsupported_argument, unsupported_block};
pub use files::{Disk, Embedded, Files};
pub use installed::{Installed, Manifest, ModuleFinder, ModuleRecord, WantedModule};
pub(crate) use json::{nested as json_blocks, repeated_name as repeated_json_name};
pub use json::{parse_json_body, parse_json_test, parse_json_values};
pub(crate) use load::parse_source;
pub use load::{
    DATA_DIR, load, load_called, load_from, load_given, load_installed, load_sources, load_sources_given, load_with,
    load_with_given,
};
pub use module::*;
pub use module_source::{DEFAULT_REGISTRY, ModuleSource, RegistrySource, RemoteSource};
pub use providers::ProviderAddr;
pub use terraform_block::LANGUAGE_VERSION;
pub use type_expr::read as read_type;
pub use variables::{GivenVariable, VariableOption, VariableOrigin, VariableText, Variables, variables};
pub use version::{Constraints, Version};

use crate::addr::{ConfigResource, ModulePath};
use crate::source::SourceMap;

/// A configuration: the root module and all that it calls.
#[derive(Debug, Default)]
pub struct Config {
    /// Every file that was read.
    pub sources: SourceMap,
    /// The modules, the root first, callers before what they call.
    pub modules: Vec<Module>,
    /// Directory of the root module.
    pub dir: PathBuf,
    by_path: BTreeMap<ModulePath, ModuleIndex>,
}

impl Config {
    /// The root module.
    pub fn root(&self) -> &Module {
        &self.modules[0]
    }

    /// A module.
    pub fn module(&self, index: ModuleIndex) -> &Module {
        &self.modules[index.0]
    }

    /// The module of a path.
    pub fn find_module(&self, path: &ModulePath) -> Option<ModuleIndex> {
        self.by_path.get(path).copied()
    }

    /// Whether where a module comes from depends on more than its call, so that values from outside may change it.
    pub fn has_computed_sources(&self) -> bool {
        self.modules.iter().any(|module| module.computed_sources)
    }

    /// The block of a resource.
    pub fn resource(&self, addr: &ConfigResource) -> Option<&Resource> {
        self.module(self.find_module(&addr.module)?).resources.get(&addr.resource)
    }

    /// Every module with its index, callers before what they call.
    pub fn indexed(&self) -> impl Iterator<Item = (ModuleIndex, &Module)> {
        self.modules.iter().enumerate().map(|(at, module)| (ModuleIndex(at), module))
    }
}
