//! Addresses: the names of modules, resources and their instances.

mod parse;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Whether a resource block manages an object, reads one, or opens a short-lived one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `data`.
    Data,
    /// `ephemeral`.
    Ephemeral,
    /// `resource`.
    Managed,
}

impl Mode {
    /// The prefix of an address: `data.`, `ephemeral.` or nothing.
    pub fn prefix(self) -> &'static str {
        match self {
            Mode::Data => "data.",
            Mode::Ephemeral => "ephemeral.",
            Mode::Managed => "",
        }
    }
}

/// What tells the instances of one block apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InstanceKey {
    /// The block has neither `count` nor `for_each`.
    #[default]
    None,
    /// Index of `count`.
    Int(u64),
    /// Key of `for_each`.
    Str(Arc<str>),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstanceKey::None => Ok(()),
            InstanceKey::Int(index) => write!(f, "[{index}]"),
            InstanceKey::Str(key) => write!(f, "[{}]", quote(key)),
        }
    }
}

/// Writes a string as a quoted HCL literal.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A module as the configuration names it: the calls from the root, without instance keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModulePath(pub Vec<Arc<str>>);

impl ModulePath {
    /// The path of a call in this module.
    #[must_use]
    pub fn child(&self, name: &Arc<str>) -> Self {
        Self(self.0.iter().chain([name]).cloned().collect())
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            write!(f, "{}module.{name}", if at == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// One instance of a module: the calls from the root, each with its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModuleAddr(pub Vec<(Arc<str>, InstanceKey)>);

impl ModuleAddr {
    /// The root module.
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The instance `key` of the call `name` in this module.
    #[must_use]
    pub fn child(&self, name: &Arc<str>, key: InstanceKey) -> Self {
        Self(self.0.iter().cloned().chain([(name.clone(), key)]).collect())
    }

    /// The address without instance keys.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|(name, _)| name.clone()).collect())
    }

    /// Whether this is `other` or lies inside it.
    pub fn is_within(&self, other: &ModuleAddr) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for ModuleAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, key)) in self.0.iter().enumerate() {
            write!(f, "{}module.{name}{key}", if at == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// A resource block within its module: `aws_vpc.main`, `data.aws_ami.node`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceName {
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// Type, with the provider's prefix.
    #[serde(rename = "type")]
    pub type_name: Arc<str>,
    /// Name of the block.
    pub name: Arc<str>,
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}.{}", self.mode.prefix(), self.type_name, self.name)
    }
}

/// A resource block of the configuration: one for all instances of its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConfigResource {
    /// Module that holds the block.
    pub module: ModulePath,
    /// The block.
    pub resource: ResourceName,
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        dotted(f, self.module.is_root(), &self.module, &self.resource)
    }
}

/// A resource block in one instance of its module: the block's instances share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceAddr {
    /// Module instance.
    pub module: ModuleAddr,
    /// The block.
    pub resource: ResourceName,
}

impl ResourceAddr {
    /// The instance of a key.
    pub fn instance(&self, key: InstanceKey) -> InstanceAddr {
        InstanceAddr { module: self.module.clone(), resource: self.resource.clone(), key }
    }

    /// The block in the configuration.
    pub fn config(&self) -> ConfigResource {
        ConfigResource { module: self.module.path(), resource: self.resource.clone() }
    }
}

impl fmt::Display for ResourceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        dotted(f, self.module.is_root(), &self.module, &self.resource)
    }
}

/// One instance of a resource: `module.net["a"].aws_subnet.private[1]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InstanceAddr {
    /// Module instance.
    pub module: ModuleAddr,
    /// The block.
    pub resource: ResourceName,
    /// The instance of the block.
    pub key: InstanceKey,
}

impl InstanceAddr {
    /// The address without the instance key.
    pub fn resource(&self) -> ResourceAddr {
        ResourceAddr { module: self.module.clone(), resource: self.resource.clone() }
    }

    /// The block in the configuration.
    pub fn config(&self) -> ConfigResource {
        ConfigResource { module: self.module.path(), resource: self.resource.clone() }
    }
}

impl fmt::Display for InstanceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        dotted(f, self.module.is_root(), &self.module, &self.resource)?;
        write!(f, "{}", self.key)
    }
}

fn dotted(f: &mut fmt::Formatter<'_>, bare: bool, module: &dyn fmt::Display, rest: &dyn fmt::Display) -> fmt::Result {
    if bare { write!(f, "{rest}") } else { write!(f, "{module}.{rest}") }
}

/// What `-target`, `state rm` and the like name: a module, a resource or one instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A module (all of its instances when the last key is left out) with everything in it.
    Module(ModuleAddr),
    /// All instances of a resource.
    Resource(ResourceAddr),
    /// One instance.
    Instance(InstanceAddr),
}

impl Target {
    /// Whether the instance is what the target names or a part of it.
    ///
    /// A key that the target leaves out stands for every key.
    pub fn contains(&self, addr: &InstanceAddr) -> bool {
        match self {
            Target::Module(module) => within(&addr.module, module),
            Target::Resource(resource) => {
                same_module(&addr.module, &resource.module) && addr.resource == resource.resource
            }
            Target::Instance(instance) => {
                same_module(&addr.module, &instance.module)
                    && addr.resource == instance.resource
                    && addr.key == instance.key
            }
        }
    }
}

fn within(addr: &ModuleAddr, target: &ModuleAddr) -> bool {
    addr.0.len() >= target.0.len()
        && addr
            .0
            .iter()
            .zip(&target.0)
            .all(|(have, want)| have.0 == want.0 && (want.1 == InstanceKey::None || have.1 == want.1))
}

fn same_module(addr: &ModuleAddr, target: &ModuleAddr) -> bool {
    addr.0.len() == target.0.len() && within(addr, target)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Module(it) => write!(f, "{it}"),
            Target::Resource(it) => write!(f, "{it}"),
            Target::Instance(it) => write!(f, "{it}"),
        }
    }
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address: {reason}")]
pub struct AddrError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}
