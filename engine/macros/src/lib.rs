//! `#[derive(Schema)]`: a documented struct as a schema.

mod expand;
mod field;
mod flags;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a schema: implements `Schematic` and `AttributeType` of `plumb_engine::provider`.
///
/// The doc comment of the struct describes the block, those of its fields describe the attributes; none may be
/// missing. A field's name, or what `#[serde(rename = "…")]` makes of it, is the attribute's name. Without flags, a
/// field is required unless its type says that it may be left out (`Option`, `Vec`, `BTreeMap`, `BTreeSet`).
///
/// `#[attr(…)]` takes `required`, `optional`, `computed`, `force_new`, `sensitive`, `write_only`, `default = LITERAL`,
/// `conflicts_with("a", "b")`, `same = path::to::function`, `set` (a `Vec` without order), `block_syntax` and
/// `deprecated = "…"`. `computed` alone means that a configuration cannot set it.
///
/// `#[block(list)]` and `#[block(set)]` make a `Vec<T>`, `#[block(single)]` an `Option<T>` a nested block type; they
/// take `min = N`, `max = N`, `computed` and `force_new` besides.
#[proc_macro_derive(Schema, attributes(attr, block))]
pub fn schema(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
