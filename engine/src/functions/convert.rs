//! Explicit conversions, and the functions that look at or change marks.

use super::{Context, Function, FunctionError, Outcome, Parameter, any, bool, list, number, quote, set, string};
use crate::value::{Kind, Marks, Type, Value, convert};

const V: Parameter = Parameter::new("v", "The value to convert.", any).null().dynamic().marks();

macro_rules! conversion {
    ($name:literal, $description:literal, $ty:expr) => {
        Function::new($name, $description, &[V], $ty, |_, args| to(args, &$ty()))
            .nullable()
            .typed(|args| checked_type(args, $ty()))
    };
}

pub(super) static TOBOOL: Function = conversion!("tobool", "Converts a value to a bool.", bool);
pub(super) static TOLIST: Function =
    conversion!("tolist", "Converts a sequence to a list, whose elements all have one type.", list);
pub(super) static TOMAP: Function =
    conversion!("tomap", "Converts an object to a map, whose elements all have one type.", || Type::map(Type::Dynamic));
pub(super) static TONUMBER: Function = conversion!("tonumber", "Converts a value to a number.", number);
pub(super) static TOSET: Function =
    conversion!("toset", "Converts a sequence to a set, which has no order and no element twice.", set);
pub(super) static TOSTRING: Function = conversion!("tostring", "Converts a value to a string.", string);

const VALUE: Parameter = Parameter::new("value", "Any value.", any).anything();

pub(super) static SENSITIVE: Function =
    Function::new("sensitive", "Marks a value as one that is never shown.", &[VALUE], any, |_, args| {
        Ok(args[0].clone().marked(Marks::SENSITIVE))
    })
    .nullable()
    .typed(same_type);

pub(super) static NONSENSITIVE: Function =
    Function::new("nonsensitive", "Allows that a value is shown.", &[VALUE], any, |_, args| {
        let (value, marks) = args[0].clone().unmarked();
        Ok(value.marked(marks.without(Marks::SENSITIVE)))
    })
    .nullable()
    .typed(same_type);

pub(super) static ISSENSITIVE: Function =
    Function::new("issensitive", "Whether a value is marked as one that is never shown.", &[VALUE], bool, |_, args| {
        if args[0].is_sensitive() {
            return Ok(true.into());
        }
        // Until a value is known it may still turn out to be sensitive.
        Ok(if args[0].is_unknown() { Value::unknown(Type::Bool) } else { false.into() })
    });

pub(super) static EPHEMERALASNULL: Function =
    Function::new("ephemeralasnull", "Replaces what is never stored by nulls.", &[VALUE], any, |_, args| {
        Ok(args[0].clone().transform(&mut |part| {
            if !part.marks().has(Marks::EPHEMERAL) {
                return part;
            }
            Value::null(part.ty()).marked(part.marks().without(Marks::EPHEMERAL))
        }))
    })
    .nullable()
    .typed(same_type);

fn same_type(args: &[Value]) -> Result<Type, FunctionError> {
    Ok(args[0].ty())
}

/// Refuses what can never be converted, for values that are not known yet.
fn checked_type(args: &[Value], ty: Type) -> Result<Type, FunctionError> {
    let unknown = Value::unknown(args[0].ty());
    convert(&unknown, &ty).map(|_| ty.clone()).map_err(|_| impossible(&args[0], &ty))
}

fn to(args: &[Value], ty: &Type) -> Outcome {
    let value = &args[0];
    convert(value, ty).map_err(|_| match (value.as_str(), ty) {
        _ if value.deep_marks().has(Marks::SENSITIVE) => {
            let (from, to) = (value.ty().friendly_name(), constraint_name(ty));
            FunctionError::argument(0, format!("cannot convert this sensitive {from} to {to}"))
        }
        (Some(text), Type::Bool) => {
            let message = "only the strings \"true\" or \"false\" are allowed";
            FunctionError::argument(0, format!("cannot convert {} to bool; {message}", quote(text)))
        }
        (Some(text), Type::Number) => {
            let message = "the string must be a decimal representation of a number";
            FunctionError::argument(0, format!("cannot convert {} to number; {message}", quote(text)))
        }
        _ => impossible(value, ty),
    })
}

fn impossible(value: &Value, ty: &Type) -> FunctionError {
    let (from, to) = (value.ty().friendly_name(), constraint_name(ty));
    FunctionError::argument(0, format!("cannot convert {from} to {to}"))
}

fn constraint_name(ty: &Type) -> String {
    match ty {
        Type::List(_) => "list of any single type".into(),
        Type::Set(_) => "set of any single type".into(),
        Type::Map(_) => "map of any single type".into(),
        other => other.friendly_name(),
    }
}

/// Functions that the language once had: calling one explains what to write instead.
fn removed(name: &str, instead: &str) -> FunctionError {
    FunctionError::failed(format!("the \"{name}\" function is no longer available; write {instead} instead"))
}

const ARGS: Parameter = Parameter::new("vals", "Anything.", any).anything();

pub(super) static LIST: Function = Function::new("list", "No longer available.", &[], any, |_: &Context<'_>, _| {
    Err(removed("list", "tolist([ ... ])"))
})
.variadic(ARGS);

pub(super) static MAP: Function =
    Function::new("map", "No longer available.", &[], any, |_: &Context<'_>, _| Err(removed("map", "tomap({ ... })")))
        .variadic(ARGS);

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke, secret, v};
    use super::*;

    #[test]
    fn conversions_to_primitives() {
        check(
            "tobool",
            &[
                ("[\"true\"]", "true"),
                ("[\"1\"]", "true"),
                ("[1]", "!number to bool"),
                ("[\"TRUE\"]", "!only the strings"),
            ],
        );
        check(
            "tonumber",
            &[("[\"1E3\"]", "1000"), ("[\"+3\"]", "3"), ("[\"0b11\"]", "!decimal"), ("[[1]]", "!tuple to number")],
        );
        check(
            "tostring",
            &[("[1e21]", "\"1000000000000000000000\""), ("[true]", "\"true\""), ("[{}]", "!object to string")],
        );
        assert_eq!(invoke("tostring", &[v("null")]).unwrap(), Value::null(Type::String));
        let error = invoke("tonumber", &[secret("hunter2")]).unwrap_err();
        assert!(!error.message.contains("hunter2"));
    }

    #[test]
    fn conversions_to_collections() {
        let got = invoke("tolist", &[v("[1,\"x\",true]")]).unwrap();
        assert_eq!(got, Value::list(Type::String, vec!["1".into(), "x".into(), "true".into()]));
        check("toset", &[("[[1,\"1\"]]", "[\"1\"]"), ("[\"a\"]", "!string to set of any single type")]);
        check(
            "tomap",
            &[
                ("[{\"a\":1,\"b\":[1]}]", "!object to map of any single type"),
                ("[{\"a\":\"f\",\"b\":5}]", "{\"a\":\"f\",\"b\":\"5\"}"),
            ],
        );
        let got = invoke("tolist", &[Value::unknown(Type::Dynamic)]).unwrap();
        assert_eq!(got.ty(), list());
        let error = invoke("tolist", &[Value::unknown(Type::Bool)]).unwrap_err();
        assert!(error.message.contains("bool to list"), "{}", error.message);
    }

    #[test]
    fn sensitivity() {
        assert_eq!(invoke("sensitive", &["x".into()]).unwrap(), secret("x"));
        assert_eq!(invoke("nonsensitive", &[secret("x")]).unwrap(), Value::from("x"));
        let inner = Value::object([("a", secret("x"))]);
        assert_eq!(invoke("nonsensitive", &[inner.clone()]).unwrap(), inner);
        assert_eq!(invoke("issensitive", &[inner]).unwrap(), Value::from(false));
        assert_eq!(invoke("issensitive", &[secret("x")]).unwrap(), Value::from(true));
        assert!(invoke("issensitive", &[Value::unknown(Type::String)]).unwrap().is_unknown());
    }

    #[test]
    fn ephemeral_parts_become_null() {
        let ephemeral = Value::from("e").marked(Marks::EPHEMERAL.and(Marks::SENSITIVE));
        let got = invoke("ephemeralasnull", &[Value::tuple(vec![ephemeral, "x".into()])]).unwrap();
        let null = Value::null(Type::String).marked(Marks::SENSITIVE);
        assert_eq!(got, Value::tuple(vec![null, "x".into()]));
        assert!(matches!(got.kind(), Kind::Tuple(_)));
    }
}
