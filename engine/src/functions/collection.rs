//! Functions of maps and objects, and questions about any collection.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::string::graphemes;
use super::{
    Context, Function, FunctionError, Outcome, Parameter, any, bool, items, number, quote, string, strings, text,
};
use crate::value::{Kind, Marks, Refinement, Type, Value, convert, equal, unify};

const BOOLS: Parameter = Parameter::new("list", "Bools to look at.", || Type::list(Type::Bool));

pub(super) static ALLTRUE: Function =
    Function::new("alltrue", "Whether all elements of a list are true.", &[BOOLS], bool, |_, args| {
        for item in items(args, 0) {
            if item.is_unknown() {
                return Ok(Value::unknown(Type::Bool));
            }
            if item.as_bool() != Some(true) {
                return Ok(false.into());
            }
        }
        Ok(true.into())
    });

pub(super) static ANYTRUE: Function =
    Function::new("anytrue", "Whether any element of a list is true.", &[BOOLS], bool, |_, args| {
        if items(args, 0).iter().any(|it| it.as_bool() == Some(true)) {
            return Ok(true.into());
        }
        let unknown = items(args, 0).iter().any(Value::is_unknown);
        Ok(if unknown { Value::unknown(Type::Bool) } else { false.into() })
    });

pub(super) static COALESCE: Function =
    Function::new("coalesce", "The first argument that is neither null nor an empty string.", &[], any, coalesce)
        .variadic(Parameter::new("vals", "Values to choose from.", any).null().unknown().dynamic())
        .typed(coalesced_type);

pub(super) static COALESCELIST: Function =
    Function::new("coalescelist", "The first list that has elements.", &[], any, coalescelist)
        .variadic(Parameter::new("vals", "Lists or tuples to choose from.", any).null().unknown().dynamic())
        .typed(coalesced_list_type);

pub(super) static CONTAINS: Function = Function::new(
    "contains",
    "Whether a list, set or tuple has a value among its elements.",
    &[Parameter::new("list", "The sequence to search.", any), Parameter::new("value", "The value to look for.", any)],
    bool,
    contains,
);

pub(super) static INDEX: Function = Function::new(
    "index",
    "The position of the first element that equals a value.",
    &[Parameter::new("list", "The list to search.", any), Parameter::new("value", "The value to look for.", any)],
    number,
    index,
);

const INPUT_MAP: Parameter = Parameter::new("inputMap", "A map or an object.", any).marks();

pub(super) static KEYS: Function = Function::new(
    "keys",
    "The keys of a map or the names of an object's attributes.",
    &[INPUT_MAP.unknown()],
    any,
    keys,
)
.typed(|args| keys_type(&args[0]));

pub(super) static LENGTH: Function = Function::new(
    "length",
    "The number of elements, attributes or characters.",
    &[Parameter::new("value", "A collection, an object, a tuple or a string.", any).unknown().dynamic().marks()],
    number,
    length,
);

pub(super) static LOOKUP: Function = Function::new(
    "lookup",
    "The element of a map by its key, or a default where there is none.",
    &[INPUT_MAP, Parameter::new("key", "The key to look for.", string).marks()],
    any,
    lookup,
)
.variadic(Parameter::new("default", "What to return for a key that is not there.", any).anything())
.nullable()
.typed(lookup_type);

pub(super) static MERGE: Function =
    Function::new("merge", "All elements of maps and objects together; later ones win.", &[], any, merge)
        .variadic(Parameter::new("maps", "Maps and objects.", any).null().dynamic().marks())
        .typed(merged_type);

pub(super) static ONE: Function = Function::new(
    "one",
    "The only element of a sequence, or null where it is empty.",
    &[Parameter::new("list", "A sequence of at most one element.", any)],
    any,
    one,
)
.nullable()
.typed(one_type);

pub(super) static TRANSPOSE: Function = Function::new(
    "transpose",
    "Swaps the keys and the elements of a map of lists.",
    &[Parameter::new("values", "Lists by key.", || Type::map(strings()))],
    || Type::map(strings()),
    transpose,
);

pub(super) static VALUES: Function = Function::new(
    "values",
    "The elements of a map or the values of an object's attributes, in the order of their keys.",
    &[Parameter::new("mapping", "A map or an object.", any).marks()],
    any,
    |_, args| {
        let (all, marks) = args[0].clone().unmarked();
        let ty = values_type(args)?;
        let items = all.as_map().map(|it| it.values().cloned().collect()).unwrap_or_default();
        Ok(match ty {
            Type::List(element) => Value::list((*element).clone(), items),
            _ => Value::tuple(items),
        }
        .marked(marks))
    },
)
.typed(values_type);

pub(super) static ZIPMAP: Function = Function::new(
    "zipmap",
    "A map or an object of keys and values.",
    &[
        Parameter::new("keys", "The keys.", strings).marks(),
        Parameter::new("values", "The value for each key, in the same order.", any).marks(),
    ],
    any,
    zipmap,
)
.typed(zipmap_type);

fn coalesced_type(args: &[Value]) -> Result<Type, FunctionError> {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    let ty = if types.is_empty() { None } else { unify(&types) };
    ty.ok_or_else(|| FunctionError::failed("all arguments must have the same type"))
}

fn coalesce(_: &Context<'_>, args: &[Value]) -> Outcome {
    let ty = coalesced_type(args)?;
    for (at, arg) in args.iter().enumerate() {
        let value = convert(arg, &ty).map_err(|error| FunctionError::argument(at, error.reason))?;
        if value.is_unknown() {
            return Ok(Value::unknown(ty));
        }
        if !value.is_null() && value.as_str() != Some("") {
            return Ok(value);
        }
    }
    Err(FunctionError::failed("no non-null, non-empty-string arguments"))
}

fn coalesced_list_type(args: &[Value]) -> Result<Type, FunctionError> {
    let first = args.first().ok_or_else(|| FunctionError::failed("at least one argument is required"))?;
    let mut same = true;
    for arg in args {
        if arg.is_unknown() {
            return Ok(Type::Dynamic);
        }
        if !matches!(arg.ty(), Type::List(_) | Type::Tuple(_)) {
            return Err(FunctionError::failed("coalescelist arguments must be lists or tuples"));
        }
        same &= arg.ty() == first.ty();
    }
    Ok(if same { first.ty() } else { Type::Dynamic })
}

fn coalescelist(_: &Context<'_>, args: &[Value]) -> Outcome {
    let ty = coalesced_list_type(args)?;
    for arg in args {
        if arg.is_unknown() {
            return Ok(Value::unknown(ty));
        }
        if arg.as_slice().is_some_and(|items| !items.is_empty()) {
            return Ok(arg.clone());
        }
    }
    Err(FunctionError::failed("no non-null arguments"))
}

/// The position of the first element that equals a value, if any; or an answer that must wait for unknown elements,
/// which is `Err`.
fn position(items: &[Value], wanted: &Value, wait_at_first: bool) -> Result<Option<usize>, ()> {
    let mut unsure = false;
    for (at, item) in items.iter().enumerate() {
        match equal(wanted, item).as_bool() {
            Some(true) => return Ok(Some(at)),
            Some(false) => {}
            None if wait_at_first => return Err(()),
            None => unsure = true,
        }
    }
    if unsure { Err(()) } else { Ok(None) }
}

fn contains(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(items) = args[0].as_slice() else {
        return Err(FunctionError::failed("argument must be list, tuple, or set"));
    };
    Ok(match position(items, &args[1], false) {
        Ok(found) => found.is_some().into(),
        Err(()) => Value::unknown(Type::Bool),
    })
}

fn index(_: &Context<'_>, args: &[Value]) -> Outcome {
    let items = match args[0].kind() {
        Kind::List(_, items) | Kind::Tuple(items) => items,
        _ => return Err(FunctionError::failed("argument must be a list or tuple")),
    };
    if items.is_empty() {
        return Err(FunctionError::failed("cannot search an empty list"));
    }
    match position(items, &args[1], true) {
        Ok(Some(at)) => Ok(at.into()),
        Ok(None) => Err(FunctionError::failed("item not found")),
        Err(()) => Ok(Value::unknown(Type::Number)),
    }
}

fn keys_type(value: &Value) -> Result<Type, FunctionError> {
    match value.ty() {
        Type::Map(_) => Ok(strings()),
        Type::Object(object) => Ok(Type::tuple(object.attributes.keys().map(|_| Type::String))),
        _ => Err(FunctionError::argument(0, "must have map or object type")),
    }
}

fn keys(_: &Context<'_>, args: &[Value]) -> Outcome {
    let names = |all: &mut dyn Iterator<Item = &Arc<str>>| all.map(|it| Kind::String(it.clone()).into()).collect();
    let keys = match args[0].kind() {
        Kind::Map(_, items) => Value::list(Type::String, names(&mut items.keys())),
        Kind::Object(items) => Value::tuple(names(&mut items.keys())),
        Kind::Unknown(Type::Object(object), _) => Value::tuple(names(&mut object.attributes.keys())),
        _ => Value::unknown(keys_type(&args[0])?),
    };
    Ok(keys.marked(args[0].marks()))
}

fn length(_: &Context<'_>, args: &[Value]) -> Outcome {
    let between = |least, most| {
        let known = Refinement { not_null: true, min_length: least, max_length: most, ..Refinement::default() };
        match (known.min_length, known.max_length) {
            (Some(least), Some(most)) if least == most => Value::from(least as usize),
            _ => Value::unknown(Type::Number),
        }
    };
    let length = match args[0].kind() {
        Kind::String(text) => graphemes(text).len().into(),
        Kind::Set(_, items) if items.len() > 1 && !args[0].is_wholly_known() => between(Some(1), None),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => items.len().into(),
        Kind::Map(_, items) | Kind::Object(items) => items.len().into(),
        Kind::Unknown(Type::Tuple(types), _) => types.len().into(),
        Kind::Unknown(Type::Object(object), _) => object.attributes.len().into(),
        Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Map(_), known) => {
            between(known.min_length, known.max_length)
        }
        Kind::Unknown(Type::String | Type::Dynamic, _) => Value::unknown(Type::Number),
        _ => {
            let message = "argument must be a string, a collection type, or a structural type";
            return Err(FunctionError::failed(message));
        }
    };
    Ok(length.marked(args[0].marks()))
}

fn check_lookup(args: &[Value]) -> Result<(), FunctionError> {
    if args.len() > 3 {
        let message = format!("lookup() takes two or three arguments, got {}", args.len());
        return Err(FunctionError::failed(message));
    }
    // The type of a large object is itself large, and a loop asks for many of its attributes.
    let element: &Type = match args[0].kind() {
        Kind::Map(element, _) => element,
        Kind::Unknown(Type::Map(element), _) | Kind::Null(Type::Map(element)) => element,
        Kind::Object(_) | Kind::Unknown(Type::Object(_), _) | Kind::Null(Type::Object(_)) => return Ok(()),
        _ => return Err(FunctionError::argument(0, "lookup() requires a map as the first argument")),
    };
    let fits = args.get(2).is_none_or(|default| convert(default, element).is_ok());
    let message = "the default value must have the same type as the map elements";
    if fits { Ok(()) } else { Err(FunctionError::argument(2, message)) }
}

fn no_attribute(key: &str) -> FunctionError {
    FunctionError::argument(0, format!("the given object has no attribute {}", quote(key)))
}

fn lookup_type(args: &[Value]) -> Result<Type, FunctionError> {
    check_lookup(args)?;
    let key = args[1].as_str();
    match (args[0].ty(), key, args.get(2)) {
        (Type::Map(element), ..) => Ok((*element).clone()),
        (Type::Object(object), Some(key), default) => match (object.attributes.get(key), default) {
            (Some(ty), _) => Ok(ty.clone()),
            (None, Some(default)) => Ok(default.ty()),
            (None, None) => Err(no_attribute(key)),
        },
        _ => Ok(Type::Dynamic),
    }
}

fn lookup(_: &Context<'_>, args: &[Value]) -> Outcome {
    check_lookup(args)?;
    let marks = args[0].marks().and(args[1].marks());
    let key = text(args, 1);
    if let Some(found) = args[0].get(key) {
        return Ok(found.clone().marked(marks));
    }
    match (args[0].kind(), args.get(2)) {
        (Kind::Map(element, _), Some(default)) => {
            let default = convert(default, element).map_err(|error| FunctionError::argument(2, error.reason))?;
            Ok(default.marked(marks))
        }
        (_, Some(default)) => Ok(default.clone().marked(marks)),
        (Kind::Map(..), None) => Err(FunctionError::failed(format!("lookup failed to find key {}", quote(key)))),
        (_, None) => Err(no_attribute(key)),
    }
}

fn merged_type(args: &[Value]) -> Result<Type, FunctionError> {
    let mut attributes = BTreeMap::new();
    let (mut same, mut known) = (true, true);
    for arg in args {
        match arg.ty() {
            Type::Dynamic => return Ok(Type::Dynamic),
            Type::Object(object) if !arg.is_null() => attributes.extend(object.attributes.clone()),
            Type::Map(element) => match arg.as_map() {
                Some(items) => attributes.extend(items.keys().map(|name| (name.clone(), (*element).clone()))),
                None => known &= !arg.is_unknown(),
            },
            Type::Object(_) => {}
            other => {
                let message = format!("arguments must be maps or objects, got \"{}\"", other.friendly_name());
                return Err(FunctionError::failed(message));
            }
        }
        same &= arg.ty() == args[0].ty();
    }
    Ok(match args.first() {
        Some(first) if same => first.ty(),
        _ if known => Type::object(attributes),
        _ => Type::Dynamic,
    })
}

fn merge(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut marks = Marks::NONE;
    let mut all: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut element = None;
    let mut only_maps = true;
    for arg in args {
        match arg.kind() {
            Kind::Null(Type::Dynamic | Type::Object(_)) | Kind::Object(_) => only_maps = false,
            Kind::Map(of, _) => only_maps &= *element.get_or_insert_with(|| of.clone()) == *of,
            Kind::Null(Type::Map(of)) => only_maps &= *element.get_or_insert_with(|| (**of).clone()) == **of,
            _ => {
                let message = format!("arguments must be maps or objects, got \"{}\"", arg.ty().friendly_name());
                return Err(FunctionError::failed(message));
            }
        }
        marks = marks.and(arg.marks());
        all.extend(arg.as_map().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    }
    let merged = match element {
        Some(element) if only_maps => Value::map(element, all),
        _ => Value::object(all),
    };
    Ok(merged.marked(marks))
}

fn one_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args[0].ty() {
        Type::List(element) | Type::Set(element) => return Ok((*element).clone()),
        Type::Tuple(types) => match &*types {
            [] => return Ok(Type::Dynamic),
            [only] => return Ok(only.clone()),
            _ => {}
        },
        _ => {}
    }
    let message = "must be a list, set, or tuple value with either zero or one elements";
    Err(FunctionError::argument(0, message))
}

fn one(_: &Context<'_>, args: &[Value]) -> Outcome {
    let ty = one_type(args)?;
    match items(args, 0) {
        [] => Ok(Value::null(ty)),
        [only] => Ok(only.clone()),
        _ if matches!(args[0].kind(), Kind::Set(..)) && !args[0].is_wholly_known() => Ok(Value::unknown(ty)),
        _ => {
            let message = "must be a list, set, or tuple value with either zero or one elements";
            Err(FunctionError::argument(0, message))
        }
    }
}

fn transpose(_: &Context<'_>, args: &[Value]) -> Outcome {
    if !args[0].is_wholly_known() {
        return Ok(Value::unknown(Type::map(strings())));
    }
    let mut swapped: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, list) in args[0].as_map().expect("the argument is a known map") {
        let list = list.as_slice().ok_or_else(|| FunctionError::failed("input must not contain null list"))?;
        for item in list {
            let Kind::String(name) = item.kind() else {
                return Err(FunctionError::failed("input must not contain null list elements"));
            };
            swapped.entry(name.clone()).or_default().push(Kind::String(key.clone()).into());
        }
    }
    Ok(Value::map(strings(), swapped.into_iter().map(|(name, keys)| (name, Value::list(Type::String, keys)))))
}

fn values_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args[0].ty() {
        Type::Map(element) => Ok(Type::List(element)),
        Type::Object(object) => Ok(Type::tuple(object.attributes.values().cloned())),
        _ => Err(FunctionError::failed("values() requires a map as the first argument")),
    }
}

fn zipmap_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args[1].ty() {
        Type::List(element) => Ok(Type::Map(element)),
        Type::Tuple(types) => {
            let Some(keys) = args[0].as_slice().filter(|_| args[0].is_wholly_known()) else {
                return Ok(Type::Dynamic);
            };
            check_pairs(keys, types.len())?;
            let names = keys.iter().filter_map(Value::as_str);
            Ok(Type::object(names.zip(types.iter().cloned())))
        }
        _ => Err(FunctionError::failed("values argument must be a list or tuple value")),
    }
}

fn check_pairs(keys: &[Value], values: usize) -> Result<(), FunctionError> {
    if keys.len() != values {
        let message = format!("number of keys ({}) does not match number of values ({values})", keys.len());
        return Err(FunctionError::failed(message));
    }
    match keys.iter().position(Value::is_null) {
        Some(at) => Err(FunctionError::failed(format!("keys list has null value at index {at}"))),
        None => Ok(()),
    }
}

fn zipmap(_: &Context<'_>, args: &[Value]) -> Outcome {
    if !matches!(args[1].kind(), Kind::List(..) | Kind::Tuple(_)) {
        return Err(FunctionError::failed("values argument must be a list or tuple value"));
    }
    let marks = args[0].deep_marks().and(args[1].marks());
    if !args[0].is_wholly_known() {
        return Ok(Value::unknown(zipmap_type(args)?).marked(marks));
    }
    let (keys, values) = (items(args, 0), items(args, 1));
    check_pairs(keys, values.len())?;
    let pairs = keys.iter().zip(values).map(|(key, value)| {
        let key: Arc<str> = key.as_str().expect("no key is null").into();
        (key, value.clone())
    });
    let result = match args[1].kind() {
        Kind::List(element, _) => Value::map(element.clone(), pairs),
        _ => Value::object(pairs),
    };
    Ok(result.marked(marks))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke, secret, v};
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> Value {
        Value::map(Type::String, pairs.iter().map(|(key, value)| ((*key).into(), Value::from(*value))))
    }

    #[test]
    fn all_or_any() {
        check("alltrue", &[("[[]]", "true"), ("[[true,null]]", "false"), ("[[\"yes\"]]", "!a bool is required")]);
        check("anytrue", &[("[[]]", "false"), ("[[null,\"true\"]]", "true"), ("[[0]]", "!bool required")]);
        let some = Value::list(Type::Bool, vec![Value::unknown(Type::Bool), true.into()]);
        assert!(invoke("alltrue", std::slice::from_ref(&some)).unwrap().is_unknown());
        assert_eq!(invoke("anytrue", &[some]).unwrap(), Value::from(true));
    }

    #[test]
    fn the_first_that_is_there() {
        check(
            "coalesce",
            &[("[\"\",\"b\"]", "\"b\""), ("[null,0,2]", "0"), ("[1,\"x\"]", "\"1\""), ("[]", "!same type")],
        );
        check("coalesce", &[("[\"\",null]", "!no non-null"), ("[[],[\"a\"]]", "[]")]);
        check(
            "coalescelist",
            &[("[[],[1,\"a\"]]", "[1,\"a\"]"), ("[[]]", "!no non-null"), ("[null]", "!lists or tuples")],
        );
        let unknown = Value::unknown(Type::String);
        assert_eq!(invoke("coalesce", &["x".into(), unknown.clone()]).unwrap(), Value::from("x"));
        assert!(invoke("coalesce", &[unknown, "x".into()]).unwrap().is_unknown());
        let result = invoke("coalesce", &[v("null"), Value::unknown(Type::Dynamic)]).unwrap();
        assert_eq!(result, Value::unknown(Type::Dynamic));
    }

    #[test]
    fn searches() {
        check(
            "contains",
            &[("[[1,2],\"1\"]", "false"), ("[[[1],[2]],[1]]", "true"), ("[{\"a\":1},1]", "!must be list")],
        );
        check(
            "index",
            &[("[[\"a\",\"b\",\"b\"],\"b\"]", "1"), ("[[1],\"1\"]", "!not found"), ("[[],1]", "!empty list")],
        );
        let some = Value::tuple(vec![Value::unknown(Type::String), "x".into()]);
        assert_eq!(invoke("contains", &[some.clone(), "x".into()]).unwrap(), Value::from(true));
        assert!(invoke("contains", &[some.clone(), "y".into()]).unwrap().is_unknown());
        assert!(invoke("index", &[some, "x".into()]).unwrap().is_unknown());
    }

    #[test]
    fn lengths() {
        check(
            "length",
            &[
                ("[[]]", "0"),
                ("[\"日本語\"]", "3"),
                ("[{\"a\":1}]", "1"),
                ("[12]", "!must be a string"),
                ("[null]", "!null"),
            ],
        );
        let ask = |value: Value| invoke("length", &[value]).unwrap();
        assert_eq!(ask(Value::unknown(Type::tuple([Type::String]))), Value::from(1usize));
        assert!(ask(Value::unknown(Type::Dynamic)).is_unknown());
        let set = |items| Value::set(Type::String, items);
        assert_eq!(ask(set(vec![Value::unknown(Type::String)])), Value::from(1usize));
        assert!(ask(set(vec![Value::unknown(Type::String), "a".into()])).is_unknown());
        assert_eq!(ask(Value::tuple(vec![secret("a")])), Value::from(1usize));
    }

    #[test]
    fn keys_and_values() {
        assert_eq!(
            invoke("keys", &[map(&[("b", "1"), ("a", "2")])]).unwrap(),
            Value::list(Type::String, vec!["a".into(), "b".into()])
        );
        assert_eq!(invoke("keys", &[v("{\"b\":1,\"a\":\"x\"}")]).unwrap(), v("[\"a\",\"b\"]"));
        assert_eq!(invoke("keys", &[Value::unknown(v("{\"a\":1}").ty())]).unwrap(), v("[\"a\"]"));
        assert_eq!(invoke("values", &[v("{\"c\":1,\"a\":\"x\"}")]).unwrap(), v("[\"x\",1]"));
        assert_eq!(invoke("values", &[map(&[])]).unwrap(), Value::list(Type::String, vec![]));
        check("values", &[("[[1]]", "!requires a map")]);
        check(
            "zipmap",
            &[
                ("[[\"a\",\"b\"],[1,\"x\"]]", "{\"a\":1,\"b\":\"x\"}"),
                ("[[\"a\"],[]]", "!(1) does not match"),
                ("[[null],[1]]", "!index 0"),
            ],
        );
        let list = Value::list(Type::String, vec!["x".into()]);
        assert_eq!(invoke("zipmap", &[v("[\"a\"]"), list]).unwrap(), map(&[("a", "x")]));
        check(
            "transpose",
            &[
                ("[{\"a\":[\"1\",\"2\"],\"b\":[\"2\"]}]", "{\"1\":[\"a\"],\"2\":[\"a\",\"b\"]}"),
                ("[{\"a\":null}]", "!null list"),
            ],
        );
    }

    #[test]
    fn lookups() {
        check(
            "lookup",
            &[
                ("[{\"a\":1},\"z\",[1]]", "[1]"),
                ("[{},\"a\"]", "!no attribute \"a\""),
                ("[[\"a\"],\"0\"]", "!requires a map"),
            ],
        );
        let map = map(&[("a", "x")]);
        assert_eq!(invoke("lookup", &[map.clone(), "z".into(), v("1")]).unwrap(), Value::from("1"));
        assert!(invoke("lookup", &[map.clone(), "z".into()]).unwrap_err().message.contains("find key \"z\""));
        let error = invoke("lookup", &[map, "z".into(), v("[]")]).unwrap_err();
        assert_eq!(error.argument, Some(2));
        let object = Value::object([("a", secret("x")), ("b", "y".into())]);
        assert_eq!(invoke("lookup", &[object.clone(), "b".into(), "d".into()]).unwrap(), Value::from("y"));
        assert_eq!(invoke("lookup", &[object, "a".into()]).unwrap(), secret("x"));
    }

    #[test]
    fn merging() {
        check(
            "merge",
            &[
                ("[]", "{}"),
                ("[null,null]", "{}"),
                ("[{\"a\":1,\"b\":2},{\"a\":null}]", "{\"a\":null,\"b\":2}"),
                ("[[]]", "!got \"tuple\""),
            ],
        );
        let one = map(&[("a", "x")]);
        assert_eq!(invoke("merge", &[one.clone(), map(&[("b", "y")])]).unwrap(), map(&[("a", "x"), ("b", "y")]));
        let mixed = invoke("merge", &[one.clone(), v("{\"b\":1}")]).unwrap();
        assert_eq!(mixed, v("{\"a\":\"x\",\"b\":1}"));
        assert_eq!(invoke("merge", &[one.clone(), v("null")]).unwrap(), v("{\"a\":\"x\"}"));
        assert_eq!(invoke("merge", &[one.clone(), Value::null(one.ty())]).unwrap(), one);
        let result = invoke("merge", &[one.clone(), Value::unknown(one.ty())]).unwrap();
        assert_eq!(result.ty(), one.ty());
        let parts = Value::object([("a", secret("x"))]);
        assert!(!invoke("merge", &[parts, v("{\"b\":1}")]).unwrap().is_sensitive());
    }

    #[test]
    fn the_only_element() {
        check(
            "one",
            &[("[[]]", "null"), ("[[\"a\"]]", "\"a\""), ("[[1,2]]", "!zero or one"), ("[{\"a\":1}]", "!zero or one")],
        );
        assert_eq!(invoke("one", &[Value::list(Type::String, vec![])]).unwrap(), Value::null(Type::String));
    }
}
