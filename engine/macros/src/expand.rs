//! The implementations that the derive writes.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, ExprLit, Fields, Lit, Type};

use crate::field::{self, Field, FieldKind};
use crate::flags::{AttributeFlags, BlockFlags, Nesting};

/// `impl Schematic` and `impl AttributeType` for the struct.
pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "a schema is a struct with named fields"));
    };
    let mut errors = check_struct(input).err();
    let mut read = Vec::new();
    for it in &fields.named {
        match field::read(it) {
            Ok(field) => read.extend(field),
            Err(error) => add(&mut errors, error),
        }
    }
    if errors.is_none() {
        check_conflicts(&read).unwrap_or_else(|error| add(&mut errors, error));
    }
    match errors {
        Some(errors) => Err(errors),
        None => Ok(implementations(input, &read)),
    }
}

fn add(errors: &mut Option<syn::Error>, error: syn::Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

fn check_struct(input: &DeriveInput) -> syn::Result<()> {
    if field::doc(&input.attrs).is_none() {
        let message = "a schema needs a doc comment: it is the description of the block";
        return Err(syn::Error::new(input.ident.span(), message));
    }
    for attribute in input.attrs.iter().filter(|it| it.path().is_ident("serde")) {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        if list.tokens.clone().into_iter().any(|it| it.to_string().starts_with("rename_all")) {
            let message = "a schema does not follow `rename_all`; name the fields as the attributes are named";
            return Err(syn::Error::new(attribute.span(), message));
        }
    }
    Ok(())
}

fn check_conflicts(fields: &[Field<'_>]) -> syn::Result<()> {
    let names: BTreeSet<&str> = fields.iter().map(|it| it.name.as_str()).collect();
    for field in fields {
        let FieldKind::Attribute(flags) = &field.kind else { continue };
        for other in &flags.conflicts_with {
            if other.value() == field.name || !names.contains(other.value().as_str()) {
                return Err(syn::Error::new(other.span(), "no other attribute of this struct has this name"));
            }
        }
    }
    Ok(())
}

fn implementations(input: &DeriveInput, fields: &[Field<'_>]) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let description = field::doc(&input.attrs);
    let entries = fields.iter().map(|it| match &it.kind {
        FieldKind::Attribute(flags) => attribute(it, flags),
        FieldKind::Block(flags, nesting, item) => nested(it, flags, *nesting, item),
    });
    quote! {
        #[automatically_derived]
        impl #generics ::plumb_engine::provider::Schematic for #ident #arguments #bounds {
            fn block() -> ::plumb_engine::schema::Block {
                let mut block = ::plumb_engine::schema::Block {
                    description: ::std::convert::From::from(#description),
                    ..::std::default::Default::default()
                };
                #(#entries)*
                block
            }
        }

        #[automatically_derived]
        impl #generics ::plumb_engine::provider::AttributeType for #ident #arguments #bounds {
            fn ty() -> ::plumb_engine::value::Type {
                <Self as ::plumb_engine::provider::Schematic>::block().ty()
            }
        }
    }
}

fn attribute(field: &Field<'_>, flags: &AttributeFlags) -> TokenStream {
    let Field { name, description, ty, .. } = field;
    let AttributeFlags { computed, force_new, sensitive, write_only, block_syntax, conflicts_with, .. } = flags;
    let value_type = attribute_type(ty, flags.set);
    let required = if flags.required {
        quote!(true)
    } else if flags.optional || flags.computed || flags.default.is_some() {
        quote!(false)
    } else {
        quote_spanned!(ty.span()=> !<#ty as ::plumb_engine::provider::AttributeType>::OPTIONAL)
    };
    let computed_only = *computed && !flags.optional;
    let default = option(flags.default.as_ref().map(default_value));
    let same = option(flags.same.as_ref().map(|it| quote_spanned!(it.span()=> #it as ::plumb_engine::schema::Same)));
    let deprecated = option(flags.deprecated.as_ref().map(|it| quote!(::std::convert::From::from(#it))));
    quote! {
        let required = #required;
        block.attributes.insert(::std::convert::From::from(#name), ::plumb_engine::schema::Attribute {
            ty: #value_type,
            description: ::std::convert::From::from(#description),
            required,
            optional: !required && !#computed_only,
            computed: #computed,
            force_new: #force_new,
            sensitive: #sensitive,
            write_only: #write_only,
            default: #default,
            conflicts_with: ::std::vec![#(::std::convert::From::from(#conflicts_with)),*],
            same: #same,
            block_syntax: #block_syntax,
            deprecated: #deprecated,
        });
    }
}

fn attribute_type(ty: &Type, set: bool) -> TokenStream {
    let inner = field::argument(ty, "Option").unwrap_or(ty);
    match field::argument(inner, "Vec").filter(|_| set) {
        Some(item) => quote_spanned! {item.span()=>
            ::plumb_engine::value::Type::set(<#item as ::plumb_engine::provider::AttributeType>::ty())
        },
        None => quote_spanned!(ty.span()=> <#ty as ::plumb_engine::provider::AttributeType>::ty()),
    }
}

fn default_value(default: &Expr) -> TokenStream {
    let value = quote!(::plumb_engine::value::Value);
    match default {
        Expr::Lit(ExprLit { lit: Lit::Str(_) | Lit::Bool(_), .. }) => quote!(#value::from(#default)),
        number => {
            let text: String = quote!(#number).to_string().chars().filter(|it| !matches!(it, ' ' | '_')).collect();
            quote! {
                #value::number(
                    ::plumb_engine::value::Number::parse(#text).expect("a literal number is a number")
                )
            }
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::std::option::Option::Some(#value)),
        None => quote!(::std::option::Option::None),
    }
}

fn nested(field: &Field<'_>, flags: &BlockFlags, nesting: Nesting, item: &Type) -> TokenStream {
    let Field { name, description, .. } = field;
    let BlockFlags { min, max, computed, force_new, .. } = flags;
    let nesting = match nesting {
        Nesting::Single => quote!(Single),
        Nesting::List => quote!(List),
        Nesting::Set => quote!(Set),
    };
    let min = min.as_ref().map_or_else(|| quote!(0), |it| quote!(#it));
    let max = option(max.as_ref().map(|it| quote!(#it)));
    let content = quote_spanned!(item.span()=> <#item as ::plumb_engine::provider::Schematic>::block());
    quote! {
        block.blocks.insert(::std::convert::From::from(#name), ::plumb_engine::schema::NestedBlock {
            nesting: ::plumb_engine::schema::Nesting::#nesting,
            block: ::plumb_engine::schema::Block {
                description: ::std::convert::From::from(#description),
                ..#content
            },
            min_items: #min,
            max_items: #max,
            computed: #computed,
            force_new: #force_new,
        });
    }
}
