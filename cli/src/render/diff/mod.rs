//! Differences between two values, as a tree that is built first and drawn afterwards.

mod build;
mod draw;
mod sequence;
mod text;

pub use build::{block, value};
pub use draw::{DrawOptions, attribute_name, draw, symbol};

/// What happens to a part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// It stays.
    Same,
    /// It is added.
    Create,
    /// It is removed.
    Delete,
    /// It changes.
    Update,
}

/// One part of a value with what happens to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happens.
    pub marker: Marker,
    /// Whether this is what forces a replacement of the object.
    pub replace: bool,
    /// The part.
    pub node: Node,
}

/// The forms of a part.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A number, a bool, a text of one line or null, as it is written; the absent side is `None`.
    Scalar {
        /// As it was.
        before: Option<String>,
        /// As it will be.
        after: Option<String>,
    },
    /// A text of several lines.
    Text(Vec<(Marker, String)>),
    /// A text that holds JSON, compared by what it means.
    Json {
        /// The document.
        inner: Box<Change>,
        /// The documents are equal but written differently.
        respelled: bool,
    },
    /// A value that is never shown.
    Sensitive {
        /// Whether it was sensitive before and will be after, when that changes.
        transition: Option<Transition>,
    },
    /// A value that will be known later, in place of what is there.
    Unknown {
        /// What is there, as if it were deleted.
        before: Option<Box<Change>>,
    },
    /// Elements in order.
    List(Vec<Change>),
    /// Elements without order.
    Set(Vec<Change>),
    /// Elements by key.
    Map(Vec<(String, Change)>),
    /// Attributes by name.
    Object(Vec<(String, Change)>),
    /// The content of a block.
    Block(BlockChange),
    /// A value that changes its type.
    Retyped {
        /// The old value, as if it were deleted.
        before: Box<Change>,
        /// The new value, as if it were created.
        after: Box<Change>,
    },
}

/// The content of a block with what happens to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockChange {
    /// Attributes by name; those that are null on both sides are left out.
    pub attributes: Vec<(String, Change)>,
    /// Nested blocks by type name, each with its blocks.
    pub blocks: Vec<(String, Vec<Change>)>,
}

/// How the sensitivity of a value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// It becomes sensitive; otherwise it was and no longer is.
    pub becomes_sensitive: bool,
    /// The value itself stays.
    pub same_value: bool,
}

impl Change {
    /// A part that is nothing but its node.
    pub fn new(marker: Marker, node: Node) -> Self {
        Self { marker, replace: false, node }
    }
}
