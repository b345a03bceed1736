//! Why values of one type cannot have another.

use super::convertible;
use crate::value::Type;

/// The first reason why no value of the type `got` can be converted to `want`.
pub(super) fn reason(got: &Type, want: &Type) -> String {
    match (got, want) {
        (Type::Object(got), Type::Object(want)) => {
            let absent = |name| !got.attributes.contains_key(name) && !want.optional.contains(name);
            let missing: Vec<String> =
                want.attributes.keys().filter(|name| absent(*name)).map(|it| format!("\"{it}\"")).collect();
            match missing.as_slice() {
                [] => want
                    .attributes
                    .iter()
                    .filter_map(|(name, ty)| Some((name, got.attributes.get(name)?, ty)))
                    .find(|(_, got, want)| !convertible(got, want))
                    .map_or_else(
                        || "incorrect object attributes".into(),
                        |(name, got, want)| format!("attribute \"{name}\": {}", reason(got, want)),
                    ),
                [one] => format!("attribute {one} is required"),
                [first @ .., last] => format!("attributes {} and {last} are required", first.join(", ")),
            }
        }
        (Type::Tuple(_), Type::List(want)) if **want == Type::Dynamic => {
            "all list elements must have the same type".into()
        }
        (Type::Tuple(_), Type::Set(want)) if **want == Type::Dynamic => {
            "all set elements must have the same type".into()
        }
        (Type::Object(_), Type::Map(want)) if **want == Type::Dynamic => {
            "all map elements must have the same type".into()
        }
        (Type::Tuple(got), Type::List(want) | Type::Set(want)) => {
            let wrong = got.iter().enumerate().find(|(_, got)| !convertible(got, want));
            wrong.map_or_else(
                || format!("all elements must be {}", constraint_name(want)),
                |(at, got)| format!("element {at}: {}", reason(got, want)),
            )
        }
        (Type::Object(got), Type::Map(want)) => {
            let wrong = got.attributes.iter().find(|(_, got)| !convertible(got, want));
            wrong.map_or_else(
                || format!("all elements must be {}", constraint_name(want)),
                |(name, got)| format!("element \"{name}\": {}", reason(got, want)),
            )
        }
        (Type::List(got) | Type::Set(got), Type::List(inner) | Type::Set(inner))
        | (Type::Map(got), Type::Map(inner)) => {
            let kind = match want {
                Type::List(_) => "list",
                Type::Set(_) => "set",
                _ => "map",
            };
            format!("incorrect {kind} element type: {}", reason(got, inner))
        }
        _ => format!("{} required", constraint_name(want)),
    }
}

/// What a message calls a type that is asked for.
fn constraint_name(ty: &Type) -> String {
    let element = |element: &Type| match element {
        Type::Dynamic => "any single type".into(),
        element => constraint_name(element),
    };
    match ty {
        Type::Dynamic => "any type".into(),
        Type::List(ty) => format!("list of {}", element(ty)),
        Type::Set(ty) => format!("set of {}", element(ty)),
        Type::Map(ty) => format!("map of {}", element(ty)),
        ty => ty.friendly_name(),
    }
}
