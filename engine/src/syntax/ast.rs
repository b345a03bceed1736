//! The syntax tree: what a file says, with the exact range of every part.

use std::sync::Arc;

use crate::source::Span;
use crate::value::Number;

/// A name with its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The name.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// The content of a file or of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Arguments in the order of the file; a name may stand more than once (the reader of the body refuses it).
    pub attributes: Vec<Attribute>,
    /// Nested blocks in the order of the file.
    pub blocks: Vec<Block>,
    /// The whole content without the braces.
    pub span: Span,
    /// Read from JSON: blocks are still attributes, because only a schema can tell them apart.
    pub json: bool,
}

/// `name = expr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Name of the argument.
    pub name: Ident,
    /// Its value.
    pub expr: Expr,
    /// From the name to the end of the value.
    pub span: Span,
}

/// `kind "label" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The block's type name.
    pub kind: Ident,
    /// Labels, quoted or bare.
    pub labels: Vec<Ident>,
    /// Content.
    pub body: Body,
    /// Type name and labels, without the brace: what a diagnostic about the block points at.
    pub header: Span,
    /// From the type name to the closing brace.
    pub span: Span,
}

/// An expression with its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`, `true`, `12.5` or a string without interpolation (quoted or heredoc; escapes and indentation done).
    Literal(Literal),
    /// A string with interpolations or directives.
    Template(Template),
    /// `"${expr}"` and nothing else: the value of `expr`, with its type.
    Wrapped(Box<Expr>),
    /// `(expr)`.
    Parens(Box<Expr>),
    /// `[a, b]`.
    Tuple(Vec<Expr>),
    /// `{ a = 1, (b) = 2 }`; a repeated key is allowed and the last one wins.
    Object(Vec<ObjectItem>),
    /// A bare name: the root of a reference, a `for` variable or a symbol.
    Variable(Arc<str>),
    /// `source.a[0].b[*].c`: steps into the value of `source`. A reference is an access whose source is a variable.
    Access(Box<Access>),
    /// `name(args)`.
    Call(Box<Call>),
    /// `condition ? yes : no`.
    Conditional(Box<Conditional>),
    /// `-a`, `!a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// `[for …]` or `{for …}`.
    For(Box<ForExpr>),
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Arc<str>),
}

/// `key = value` of an object constructor.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectItem {
    /// A bare name stands here as `Variable` and means its own text; `(name)` is `Parens`.
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// Steps into a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// What the steps start from.
    pub source: Expr,
    /// At least one step.
    pub steps: Vec<Step>,
}

/// One step of an access.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`.
    Attr(Ident),
    /// `[key]`, or the legacy form `.0` (then the key is a number literal).
    Index {
        /// The key.
        key: Expr,
        /// With the brackets.
        span: Span,
    },
    /// `[*]` or `.*`: the steps in `each` apply to every element.
    Splat {
        /// Steps per element. `[*]` takes all that follow; `.*` takes attributes (and legacy indexes) only.
        each: Vec<Step>,
        /// `[*]` and not `.*`.
        full: bool,
        /// The `[*]` or `.*` itself.
        span: Span,
    },
}

impl Step {
    /// The range of the step.
    pub fn span(&self) -> Span {
        match self {
            Step::Attr(ident) => ident.span,
            Step::Index { span, .. } | Step::Splat { span, .. } => *span,
        }
    }
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Name with its namespaces: `provider::aws::arn_parse`.
    pub name: Ident,
    /// Arguments.
    pub args: Vec<Expr>,
    /// The last argument is followed by `...`.
    pub expand_last: bool,
}

/// `condition ? yes : no`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditional {
    /// The condition.
    pub condition: Expr,
    /// Value when true.
    pub yes: Expr,
    /// Value when false.
    pub no: Expr,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// `[for k, v in list : value if cond]` or `{for k, v in list : key => value... if cond}`.
#[derive(Clone, Debug, PartialEq)]
pub struct ForExpr {
    /// The name of the key, when two names are given.
    pub key_name: Option<Ident>,
    /// The name of the element.
    pub value_name: Ident,
    /// What is iterated.
    pub collection: Expr,
    /// The key of an object `for`; `None` for a tuple `for`.
    pub key: Option<Expr>,
    /// The value.
    pub value: Expr,
    /// `...` after the value: values of equal keys are grouped.
    pub group: bool,
    /// `if` clause.
    pub condition: Option<Expr>,
}

/// A string template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Parts in order; strip markers are already applied to the literals.
    pub parts: Vec<TemplatePart>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Text.
    Text(Arc<str>),
    /// `${expr}`.
    Interpolation(Expr),
    /// `%{if cond}…%{else}…%{endif}`.
    If {
        /// The condition.
        condition: Expr,
        /// Parts when true.
        yes: Vec<TemplatePart>,
        /// Parts when false; empty without `else`.
        no: Vec<TemplatePart>,
        /// From `%{if` to the end of `%{endif}`.
        span: Span,
    },
    /// `%{for k, v in list}…%{endfor}`.
    For {
        /// The name of the key, when two names are given.
        key_name: Option<Ident>,
        /// The name of the element.
        value_name: Ident,
        /// What is iterated.
        collection: Expr,
        /// Parts per element.
        each: Vec<TemplatePart>,
        /// From `%{for` to the end of `%{endfor}`.
        span: Span,
    },
}
