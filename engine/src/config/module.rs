//! Modules of a configuration: what their blocks declare, before anything is evaluated.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::block_addr::BlockAddr;
use crate::addr::{ConfigResource, ModulePath, ResourceName};
use crate::source::Span;
use crate::syntax::ast::{Body, Expr};
use crate::value::{Constraint, Value};

/// Position of a module in [`super::Config::modules`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleIndex(pub usize);

/// One module as the configuration calls it; a directory that is called twice is two modules.
#[derive(Debug, Default)]
pub struct Module {
    /// Calls from the root.
    pub path: ModulePath,
    /// Directory of its files, as `path.module` shows it.
    pub dir: PathBuf,
    /// Whether the directory has configuration files.
    pub has_files: bool,
    /// The module that calls it; `None` for the root.
    pub parent: Option<ModuleIndex>,
    /// `variable` blocks by name.
    pub variables: BTreeMap<Arc<str>, Variable>,
    /// Values of `locals` blocks by name.
    pub locals: BTreeMap<Arc<str>, Local>,
    /// `output` blocks by name.
    pub outputs: BTreeMap<Arc<str>, Output>,
    /// `resource`, `data` and `ephemeral` blocks.
    pub resources: BTreeMap<ResourceName, Resource>,
    /// `module` blocks by name.
    pub calls: BTreeMap<Arc<str>, ModuleCall>,
    /// `provider` blocks.
    pub providers: BTreeMap<ProviderRef, ProviderBlock>,
    /// Source addresses by local name, from `required_providers`.
    pub required_providers: BTreeMap<Arc<str>, RequiredProvider>,
    /// Whether the source or version of a called module is an expression.
    pub computed_sources: bool,
    /// Blocks of `terraform` blocks that a module has once.
    pub terraform: TerraformBlocks,
    /// `import` blocks (root module only).
    pub imports: Vec<ImportBlock>,
    /// `moved` blocks.
    pub moved: Vec<Moved>,
    /// `removed` blocks.
    pub removed: Vec<Removed>,
    /// `check` blocks by name.
    pub checks: BTreeMap<Arc<str>, Check>,
}

/// Where the blocks stand that a module has once in its `terraform` blocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerraformBlocks {
    /// `required_providers`
    pub required_providers: Option<Span>,
    /// `backend`
    pub backend: Option<Span>,
    /// `cloud`
    pub cloud: Option<Span>,
}

/// A `variable` block.
#[derive(Debug)]
pub struct Variable {
    /// Type with the defaults of its optional attributes.
    pub constraint: Constraint,
    /// Whether `type` was given: without it, text from outside is a string.
    pub typed: bool,
    /// Default, converted to the type; `None` when the variable is required.
    pub default: Option<Value>,
    /// Description.
    pub description: Option<Arc<str>>,
    /// Never shown.
    pub sensitive: bool,
    /// Never stored.
    pub ephemeral: bool,
    /// Whether null is a value; otherwise null means the default.
    pub nullable: bool,
    /// `validation` blocks.
    pub validations: Vec<Condition>,
    /// `deprecated` message.
    pub deprecated: Option<Arc<str>>,
    /// The block's header.
    pub span: Span,
}

/// A value of a `locals` block.
#[derive(Debug)]
pub struct Local {
    /// The value.
    pub expr: Expr,
    /// Name and value.
    pub span: Span,
}

/// An `output` block.
#[derive(Debug)]
pub struct Output {
    /// The value.
    pub expr: Expr,
    /// Description.
    pub description: Option<Arc<str>>,
    /// Never shown.
    pub sensitive: bool,
    /// Never stored.
    pub ephemeral: bool,
    /// Whatever its value waits for besides its references.
    pub depends_on: Vec<Expr>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
    /// The block's header.
    pub span: Span,
}

/// A condition with its message: `validation`, `precondition`, `postcondition`, `assert`.
#[derive(Debug)]
pub struct Condition {
    /// What must hold.
    pub condition: Expr,
    /// What to say when it does not.
    pub error_message: Expr,
    /// The block's header.
    pub span: Span,
}

/// A `resource`, `data` or `ephemeral` block.
#[derive(Debug)]
pub struct Resource {
    /// How many instances, and under which keys.
    pub repetition: Repetition,
    /// Provider as the block names it, or as the type's prefix implies it.
    pub provider: ProviderRef,
    /// Whatever it waits for besides its references.
    pub depends_on: Vec<Expr>,
    /// `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// `provisioner` blocks.
    pub provisioners: Vec<Provisioner>,
    /// Arguments and nested blocks of the type.
    pub body: Body,
    /// The block's header.
    pub span: Span,
}

/// How many instances a block has.
#[derive(Debug, Default)]
pub enum Repetition {
    /// One, without a key.
    #[default]
    Single,
    /// `count`.
    Count(Expr),
    /// `for_each`.
    ForEach(Expr),
    /// `enabled` of the `lifecycle` block: one without a key, or none.
    Enabled(Expr),
}

impl Repetition {
    /// The expression that tells.
    pub fn expr(&self) -> Option<&Expr> {
        match self {
            Repetition::Single => None,
            Repetition::Count(expr) | Repetition::ForEach(expr) | Repetition::Enabled(expr) => Some(expr),
        }
    }
}

/// A `lifecycle` block.
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// Make a replacement first.
    pub create_before_destroy: bool,
    /// Refuse any plan that deletes it.
    pub prevent_destroy: bool,
    /// Arguments whose change is not a change.
    pub ignore_changes: IgnoreChanges,
    /// References whose change replaces it.
    pub replace_triggered_by: Vec<Expr>,
    /// Must hold before it is planned.
    pub preconditions: Vec<Condition>,
    /// Must hold after it was applied.
    pub postconditions: Vec<Condition>,
}

/// Arguments whose change is not a change.
#[derive(Debug, Default)]
pub enum IgnoreChanges {
    /// None.
    #[default]
    Nothing,
    /// `all`.
    All,
    /// References relative to the object: `tags["x"]`.
    Paths(Vec<Expr>),
}

/// A `provisioner` block.
#[derive(Debug)]
pub struct Provisioner {
    /// Type: `local-exec`.
    pub kind: Arc<str>,
    /// Runs before a delete and not after a create.
    pub on_destroy: bool,
    /// A failure is a warning.
    pub continue_on_failure: bool,
    /// Arguments.
    pub body: Body,
    /// Its own `connection` block, or else that of its resource.
    pub connection: Option<Body>,
    /// The block's header.
    pub span: Span,
}

/// A `module` block.
#[derive(Debug)]
pub struct ModuleCall {
    /// Source as written.
    pub source: Arc<str>,
    /// How many instances.
    pub repetition: Repetition,
    /// Whatever everything inside waits for.
    pub depends_on: Vec<Expr>,
    /// Provider configurations handed in: the child's name to ours.
    pub providers: BTreeMap<ProviderRef, ProviderRef>,
    /// Values of the child's variables.
    pub arguments: BTreeMap<Arc<str>, Expr>,
    /// The called module.
    pub child: ModuleIndex,
    /// The block's header.
    pub span: Span,
}

/// A provider configuration as a module names it: `aws` or `aws.west`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderRef {
    /// Local name.
    pub name: Arc<str>,
    /// Alias.
    pub alias: Option<Arc<str>>,
}

impl ProviderRef {
    /// The configuration without alias of a local name.
    pub fn default_of(name: &str) -> Self {
        Self { name: name.into(), alias: None }
    }
}

impl fmt::Display for ProviderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            Some(alias) => write!(f, "{}.{alias}", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

/// A `provider` block.
#[derive(Debug)]
pub struct ProviderBlock {
    /// Arguments and nested blocks.
    pub body: Body,
    /// The block's header.
    pub span: Span,
}

/// An entry of `required_providers`.
#[derive(Clone, Debug)]
pub struct RequiredProvider {
    /// Full source address: `registry.terraform.io/hashicorp/aws`.
    pub source: Arc<str>,
    /// Version constraint as written.
    pub version: Option<Arc<str>>,
    /// Aliases that the caller must hand in.
    pub aliases: Vec<ProviderRef>,
    /// The entry.
    pub span: Span,
}

/// An `import` block.
#[derive(Debug)]
pub struct ImportBlock {
    /// Address of the instance, with expressions for its keys.
    pub to: Expr,
    /// The resource that `to` names.
    pub resource: ConfigResource,
    /// Id of the object.
    pub id: Expr,
    /// Values under which it is repeated.
    pub for_each: Option<Expr>,
    /// The block's header.
    pub span: Span,
}

/// A `moved` block.
#[derive(Debug)]
pub struct Moved {
    /// Former address, relative to the module.
    pub from: BlockAddr,
    /// Present address, relative to the module.
    pub to: BlockAddr,
    /// The block's header.
    pub span: Span,
}

/// A `removed` block.
#[derive(Debug)]
pub struct Removed {
    /// Former block: its module, relative to this one, and the resource; a whole module has none.
    pub from: (ModulePath, Option<ResourceName>),
    /// Whether the objects are deleted; otherwise they are only forgotten.
    pub destroy: bool,
    /// `provisioner` blocks, all of which run before a delete.
    pub provisioners: Vec<Provisioner>,
    /// The block's header.
    pub span: Span,
}

/// A `check` block.
#[derive(Debug)]
pub struct Check {
    /// Its own data source, if any.
    pub data: Option<ResourceName>,
    /// `assert` blocks.
    pub asserts: Vec<Condition>,
    /// The block's header.
    pub span: Span,
}
