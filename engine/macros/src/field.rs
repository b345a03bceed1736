//! A field of the struct: its attribute's name, description and flags.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, ExprLit, GenericArgument, Lit, LitStr, Meta, PathArguments, Token, Type, parenthesized, token,
};

use crate::flags::{AttributeFlags, BlockFlags, Nesting};

/// One field as the schema sees it.
pub struct Field<'a> {
    pub name: String,
    pub description: String,
    pub ty: &'a Type,
    pub kind: FieldKind<'a>,
}

pub enum FieldKind<'a> {
    Attribute(Box<AttributeFlags>),
    /// With the type of one block.
    Block(BlockFlags, Nesting, &'a Type),
}

/// Reads a field; `None` where serde leaves it out.
pub fn read(field: &syn::Field) -> syn::Result<Option<Field<'_>>> {
    let ident = field.ident.as_ref().ok_or_else(|| syn::Error::new(field.span(), "a schema needs named fields"))?;
    let Some(name) = serde_name(&field.attrs)? else { return Ok(None) };
    let name = name.unwrap_or_else(|| ident.unraw().to_string());
    let description = doc(&field.attrs).ok_or_else(|| {
        let message = format!("`{name}` needs a doc comment: it is the description of the attribute");
        syn::Error::new(ident.span(), message)
    })?;
    Ok(Some(Field { kind: kind(field)?, name, description, ty: &field.ty }))
}

/// The doc comment as Markdown; `None` where there is none.
pub fn doc(attributes: &[Attribute]) -> Option<String> {
    let lines = attributes.iter().filter(|it| it.path().is_ident("doc")).filter_map(|it| match &it.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|it| it.strip_prefix(' ').unwrap_or(&it).trim_end().to_owned()).collect();
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn kind(field: &syn::Field) -> syn::Result<FieldKind<'_>> {
    let mut flags = AttributeFlags::default();
    let mut block = None;
    let mut has_attr = false;
    for attribute in &field.attrs {
        if attribute.path().is_ident("attr") {
            flags.parse(attribute)?;
            has_attr = true;
        } else if attribute.path().is_ident("block") {
            if block.is_some() || has_attr {
                return Err(syn::Error::new(attribute.span(), "a field is one attribute or one nested block"));
            }
            block = Some((BlockFlags::parse(attribute)?, attribute.span()));
        }
    }
    let Some((block, at)) = block else {
        flags.check(field.span())?;
        check_types(&flags, &field.ty)?;
        return Ok(FieldKind::Attribute(Box::new(flags)));
    };
    if has_attr {
        return Err(syn::Error::new(at, "a field is one attribute or one nested block"));
    }
    let nesting = block.nesting.ok_or_else(|| syn::Error::new(at, "say `list`, `set` or `single`"))?;
    let (container, message) = match nesting {
        Nesting::Single => ("Option", "a single block is an `Option` of a struct"),
        Nesting::List | Nesting::Set => ("Vec", "blocks that may repeat are a `Vec` of a struct"),
    };
    let item = argument(&field.ty, container).ok_or_else(|| syn::Error::new_spanned(&field.ty, message))?;
    Ok(FieldKind::Block(block, nesting, item))
}

/// The `T` of `Container<T>`.
pub fn argument<'a>(ty: &'a Type, container: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|it| it.ident == container)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match (arguments.args.first(), arguments.args.len()) {
        (Some(GenericArgument::Type(item)), 1) => Some(item),
        _ => None,
    }
}

/// Refuses flags that the field's type contradicts, as far as its spelling tells.
fn check_types(flags: &AttributeFlags, ty: &Type) -> syn::Result<()> {
    let inner = argument(ty, "Option").unwrap_or(ty);
    if flags.set && argument(inner, "Vec").is_none() {
        return Err(syn::Error::new_spanned(ty, "`set` is for a `Vec`; a `BTreeSet` is a set already"));
    }
    let (Some(default), Type::Path(path)) = (&flags.default, inner) else { return Ok(()) };
    let literal = match default {
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => "String",
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => "bool",
        _ => "number",
    };
    let wanted = match path.path.segments.last().map(|it| it.ident.to_string()).as_deref() {
        Some("String") => "String",
        Some("bool") => "bool",
        Some("i32" | "i64" | "f64") => "number",
        _ => return Err(syn::Error::new_spanned(ty, "a default is for a `String`, `bool`, `i64`, `i32` or `f64`")),
    };
    if literal != wanted {
        return Err(syn::Error::new_spanned(default, format!("the default of a {wanted} cannot be a {literal}")));
    }
    Ok(())
}

/// What serde calls the field: `None` when it skips it, `Some(None)` when it is the field's own name.
#[allow(clippy::option_option, reason = "skipped, renamed and neither are three answers")]
fn serde_name(attributes: &[Attribute]) -> syn::Result<Option<Option<String>>> {
    let mut rename = None;
    let mut skip = false;
    for attribute in attributes.iter().filter(|it| it.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("flatten") {
                return Err(meta.error("a schema does not see through `flatten`; write the fields out"));
            }
            skip |= meta.path.is_ident("skip");
            if meta.path.is_ident("rename") {
                rename = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.input.peek(Token![=]) {
                meta.value()?.parse::<Expr>()?;
            } else if meta.input.peek(token::Paren) {
                let rest;
                parenthesized!(rest in meta.input);
                rest.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        })?;
    }
    Ok((!skip).then_some(rename))
}
