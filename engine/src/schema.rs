//! Schemas: which arguments and attributes a block has, as data.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::value::{Type, Value};

/// The schema of a resource type, a data source or a provider's configuration.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Version of the stored form; raised when attributes change their meaning.
    pub version: u64,
    /// The content of the block.
    pub block: Block,
    /// An argument that is not set and one that is empty, zero or false mean the same, as the API answers one for the
    /// other.
    pub zero_is_absent: bool,
}

/// The content of a block.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// What the block is for, in Markdown.
    pub description: String,
    /// Attributes by name.
    pub attributes: BTreeMap<Arc<str>, Attribute>,
    /// Nested blocks by type name.
    pub blocks: BTreeMap<Arc<str>, NestedBlock>,
}

/// One attribute. It is required, or optional, or computed, or optional and computed.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Type of its values.
    pub ty: Type,
    /// What it means, with units; in Markdown.
    pub description: String,
    /// The configuration must set it.
    pub required: bool,
    /// The configuration may set it.
    pub optional: bool,
    /// The provider may set it.
    pub computed: bool,
    /// A change of its value replaces the object.
    pub force_new: bool,
    /// Never shown.
    pub sensitive: bool,
    /// Only sent, never stored; always null in states and plans.
    pub write_only: bool,
    /// Value when the configuration leaves it out.
    pub default: Option<Value>,
    /// Other attributes of the same block of which at most one may be set together with it.
    pub conflicts_with: Vec<Arc<str>>,
    /// Whether two texts mean the same; such a difference is no change and the prior text is kept.
    pub same: Option<Same>,
    /// Nested block syntax is accepted too (a list or set of objects, or one object).
    pub block_syntax: bool,
    /// Why it should no longer be used, and what to use.
    pub deprecated: Option<String>,
}

/// Decides whether two texts mean the same.
pub type Same = fn(&str, &str) -> bool;

impl Attribute {
    /// An optional attribute of a type, without description.
    pub fn optional(ty: Type) -> Self {
        Self {
            ty,
            description: String::new(),
            required: false,
            optional: true,
            computed: false,
            force_new: false,
            sensitive: false,
            write_only: false,
            default: None,
            conflicts_with: Vec::new(),
            same: None,
            block_syntax: false,
            deprecated: None,
        }
    }

    /// A required attribute of a type, without description.
    pub fn required(ty: Type) -> Self {
        Self { required: true, optional: false, ..Self::optional(ty) }
    }

    /// A computed attribute of a type, without description.
    pub fn computed(ty: Type) -> Self {
        Self { computed: true, optional: false, ..Self::optional(ty) }
    }

    /// Whether a configuration may set it.
    pub fn is_argument(&self) -> bool {
        self.required || self.optional
    }
}

/// How often a nested block may stand, and how its values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most once; kept as an object, null when absent.
    Single,
    /// In order; kept as a list of objects.
    List,
    /// Without order; kept as a set of objects.
    Set,
}

/// A nested block type.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// How its values are kept.
    pub nesting: Nesting,
    /// Content of one block.
    pub block: Block,
    /// Fewest blocks.
    pub min_items: usize,
    /// Most blocks; `None` for no limit.
    pub max_items: Option<usize>,
    /// The provider sets it when the configuration has no such block.
    pub computed: bool,
    /// Adding or removing blocks replaces the object.
    pub force_new: bool,
}

impl NestedBlock {
    /// The type of the blocks' value in the object.
    pub fn ty(&self) -> Type {
        let object = self.block.ty();
        match self.nesting {
            Nesting::Single => object,
            Nesting::List => Type::list(object),
            Nesting::Set => Type::set(object),
        }
    }

    /// The value when there is no block.
    pub fn empty(&self) -> Value {
        let object = self.block.ty();
        match self.nesting {
            Nesting::Single => Value::null(object),
            Nesting::List => Value::list(object, Vec::new()),
            Nesting::Set => Value::set(object, Vec::new()),
        }
    }
}

impl Block {
    /// The type of a value of the block.
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter().map(|(name, it)| (name.clone(), it.ty.clone()));
        let blocks = self.blocks.iter().map(|(name, it)| (name.clone(), it.ty()));
        Type::object(attributes.chain(blocks))
    }

    /// The value of a block that sets nothing: attributes null, nested blocks empty.
    pub fn empty(&self) -> Value {
        let attributes = self.attributes.iter().map(|(name, it)| (name.clone(), Value::null(it.ty.clone())));
        let blocks = self.blocks.iter().map(|(name, it)| (name.clone(), it.empty()));
        Value::object(attributes.chain(blocks))
    }
}
