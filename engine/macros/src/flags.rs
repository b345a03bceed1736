//! The flags in `#[attr(…)]` and `#[block(…)]`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ExprUnary, Lit, LitInt, LitStr, Path, Token, UnOp, parenthesized};

/// What `#[attr(…)]` says.
#[derive(Default)]
pub struct AttributeFlags {
    pub required: bool,
    pub optional: bool,
    pub computed: bool,
    pub force_new: bool,
    pub sensitive: bool,
    pub write_only: bool,
    pub set: bool,
    pub block_syntax: bool,
    pub default: Option<Expr>,
    pub conflicts_with: Vec<LitStr>,
    pub same: Option<Path>,
    pub deprecated: Option<LitStr>,
}

/// What `#[block(…)]` says.
#[derive(Default)]
pub struct BlockFlags {
    pub nesting: Option<Nesting>,
    pub min: Option<LitInt>,
    pub max: Option<LitInt>,
    pub computed: bool,
    pub force_new: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    Single,
    List,
    Set,
}

impl AttributeFlags {
    /// Adds the flags of one `#[attr(…)]`.
    pub fn parse(&mut self, attribute: &Attribute) -> syn::Result<()> {
        attribute.parse_nested_meta(|meta| match name(&meta).as_str() {
            "required" => set(&mut self.required, &meta),
            "optional" => set(&mut self.optional, &meta),
            "computed" => set(&mut self.computed, &meta),
            "force_new" => set(&mut self.force_new, &meta),
            "sensitive" => set(&mut self.sensitive, &meta),
            "write_only" => set(&mut self.write_only, &meta),
            "set" => set(&mut self.set, &meta),
            "block_syntax" => set(&mut self.block_syntax, &meta),
            "default" => fill(&mut self.default, literal(meta.value()?.parse()?)?, &meta),
            "same" => fill(&mut self.same, meta.value()?.parse()?, &meta),
            "deprecated" => fill(&mut self.deprecated, meta.value()?.parse()?, &meta),
            "conflicts_with" => {
                let names;
                parenthesized!(names in meta.input);
                self.conflicts_with.extend(Punctuated::<LitStr, Token![,]>::parse_terminated(&names)?);
                Ok(())
            }
            _ => Err(meta.error(
                "unknown flag; an attribute takes required, optional, computed, force_new, sensitive, write_only, \
                 default, conflicts_with, same, set, block_syntax and deprecated",
            )),
        })
    }

    /// Refuses flags that exclude each other; `at` is where the field stands.
    pub fn check(&self, at: Span) -> syn::Result<()> {
        let refusals = [
            (self.required && self.optional, "an attribute is required or optional, not both"),
            (self.required && self.computed, "a required attribute cannot be computed"),
            (self.required && self.default.is_some(), "a required attribute has no use for a default"),
            (self.computed && self.default.is_some(), "an attribute with a default cannot be computed"),
            (self.computed && self.write_only, "a write-only attribute cannot be computed"),
            (self.computed && !self.optional && self.force_new, "only an argument can be force_new: add `optional`"),
        ];
        match refusals.iter().find(|(refused, _)| *refused) {
            Some((_, reason)) => Err(syn::Error::new(at, reason)),
            None => Ok(()),
        }
    }
}

impl BlockFlags {
    /// The flags of a `#[block(…)]`.
    pub fn parse(attribute: &Attribute) -> syn::Result<Self> {
        let mut flags = Self::default();
        attribute.parse_nested_meta(|meta| match name(&meta).as_str() {
            "single" => fill(&mut flags.nesting, Nesting::Single, &meta),
            "list" => fill(&mut flags.nesting, Nesting::List, &meta),
            "set" => fill(&mut flags.nesting, Nesting::Set, &meta),
            "min" => fill(&mut flags.min, meta.value()?.parse()?, &meta),
            "max" => fill(&mut flags.max, meta.value()?.parse()?, &meta),
            "computed" => set(&mut flags.computed, &meta),
            "force_new" => set(&mut flags.force_new, &meta),
            _ => Err(meta.error("unknown flag; a block takes list, set, single, min, max, computed and force_new")),
        })?;
        Ok(flags)
    }
}

fn name(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map(|it| it.unraw().to_string()).unwrap_or_default()
}

fn set(flag: &mut bool, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if std::mem::replace(flag, true) { Err(meta.error("the flag stands twice")) } else { Ok(()) }
}

fn fill<T>(slot: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    match slot.replace(value) {
        Some(_) => Err(meta.error("there is one of these already")),
        None => Ok(()),
    }
}

fn literal(value: Expr) -> syn::Result<Expr> {
    let (inner, negative) = match &value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (&**expr, true),
        other => (other, false),
    };
    match inner {
        Expr::Lit(ExprLit { lit: Lit::Int(it), .. }) if it.suffix().is_empty() => Ok(value),
        Expr::Lit(ExprLit { lit: Lit::Float(it), .. }) if it.suffix().is_empty() => Ok(value),
        Expr::Lit(ExprLit { lit: Lit::Bool(_) | Lit::Str(_), .. }) if !negative => Ok(value),
        _ => Err(syn::Error::new_spanned(&value, "a default is a literal: true, 5, -0.5 or \"text\"")),
    }
}
