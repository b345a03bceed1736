//! Tests of conversion.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::*;
use crate::value::display;

fn shown(value: Value, ty: &Type) -> String {
    match convert(&value, ty) {
        Ok(value) => display(&value).split_whitespace().collect::<Vec<_>>().join(" "),
        Err(error) => format!("! {}", error.located()),
    }
}

fn tuple<const N: usize>(items: [Value; N]) -> Value {
    Value::tuple(items.to_vec())
}

fn optional(attributes: &[(&str, Type)], optional: &[&str]) -> Type {
    Type::Object(Arc::new(ObjectType {
        attributes: attributes.iter().map(|(name, ty)| ((*name).into(), ty.clone())).collect(),
        optional: optional.iter().map(|it| (*it).into()).collect::<BTreeSet<_>>(),
    }))
}

#[test]
fn primitives_convert_through_text() {
    assert_eq!(shown(1i64.into(), &Type::String), "\"1\"");
    assert_eq!(shown(true.into(), &Type::String), "\"true\"");
    assert_eq!(shown("1.50".into(), &Type::Number), "1.5");
    assert_eq!(shown("1".into(), &Type::Bool), "true");
    assert_eq!(shown("x".into(), &Type::Number), "! a number is required");
    assert_eq!(shown("maybe".into(), &Type::Bool), "! a bool is required");
    assert_eq!(shown(1i64.into(), &Type::Bool), "! bool required");
    assert_eq!(shown(tuple([]), &Type::String), "! string required");
}

#[test]
fn tuples_become_lists_and_sets_of_one_type() {
    let any = Type::list(Type::Dynamic);
    assert_eq!(shown(tuple([1i64.into(), "x".into(), true.into()]), &any), r#"tolist([ "1", "x", "true", ])"#);
    assert_eq!(shown(tuple([1i64.into(), true.into()]), &any), "! all list elements must have the same type");
    assert_eq!(shown(tuple([Value::null(Type::Dynamic), 1i64.into()]), &any), "tolist([ tonumber(null), 1, ])");
    assert_eq!(
        shown(tuple([tuple([1i64.into()]), Value::null(Type::Dynamic)]), &any),
        "! all list elements must have the same type"
    );
    assert_eq!(shown(tuple([]), &any), "tolist([])");
    let numbers = Type::set(Type::Number);
    assert_eq!(shown(tuple(["2".into(), 1i64.into(), 2i64.into()]), &numbers), "toset([ 1, 2, ])");
    assert_eq!(shown(tuple([1i64.into(), "x".into()]), &numbers), "! [1]: a number is required");
    assert_eq!(shown(tuple([tuple([])]), &numbers), "! element 0: number required");
    let nested = tuple([tuple([1i64.into(), 2i64.into()]), tuple([3i64.into()])]);
    assert_eq!(shown(nested, &any), "tolist([ tolist([ 1, 2, ]), tolist([ 3, ]), ])");
    let mixed = tuple([tuple([1i64.into()]), tuple(["a".into()])]);
    assert_eq!(shown(mixed, &Type::list(any)), r#"tolist([ tolist([ "1", ]), tolist([ "a", ]), ])"#);
}

#[test]
fn objects_become_maps_and_smaller_objects() {
    let object = Value::object([("a", Value::from(1i64)), ("b", "x".into())]);
    assert_eq!(shown(object.clone(), &Type::map(Type::Dynamic)), r#"tomap({ "a" = "1" "b" = "x" })"#);
    assert_eq!(shown(object.clone(), &Type::object([("a", Type::String)])), r#"{ "a" = "1" }"#);
    let wider = Type::object([("a", Type::String), ("c", Type::String), ("d", Type::Bool)]);
    assert_eq!(shown(object.clone(), &wider), r#"! attributes "c" and "d" are required"#);
    let wider = optional(&[("a", Type::String), ("c", Type::list(Type::Number))], &["c"]);
    assert_eq!(shown(object.clone(), &wider), r#"{ "a" = "1" "c" = tolist(null) /* of number */ }"#);
    let converted = convert(&object, &wider).unwrap();
    assert_eq!(converted.ty(), wider.without_optional());
    let map = Value::map(Type::String, [("a".into(), Value::from("1"))]);
    assert_eq!(shown(map.clone(), &Type::object([("a", Type::Number)])), r#"{ "a" = 1 }"#);
    assert!(convert(&map, &Type::object([("z", Type::Number)])).is_err());
    let null_beside_tuple = Value::object([("a", Value::null(Type::Dynamic)), ("b", tuple([1i64.into()]))]);
    assert_eq!(
        shown(null_beside_tuple, &Type::map(Type::Dynamic)),
        r#"tomap({ "a" = null /* tuple */ "b" = [ 1, ] })"#
    );
}

#[test]
fn unknowns_keep_what_is_known_of_them() {
    let unknown = Value::refined(Type::tuple([Type::Number, Type::String]), Refinement::not_null());
    assert_eq!(
        shown(unknown.clone(), &Type::list(Type::Dynamic)),
        "tolist([ (known after apply), (known after apply), ])"
    );
    let set = convert(&unknown, &Type::set(Type::String)).unwrap();
    assert_eq!((set.refinement().min_length, set.refinement().max_length), (Some(1), Some(2)));
    let dynamic = convert(&Value::unknown(Type::Dynamic), &Type::list(Type::Dynamic)).unwrap();
    assert_eq!(dynamic, Value::unknown(Type::list(Type::Dynamic)));
    let set = Value::set(Type::String, vec![Value::unknown(Type::String), "a".into()]);
    assert!(convert(&set, &Type::list(Type::String)).unwrap().is_unknown());
}

#[test]
fn marks_stay() {
    let secret = |value: Value| value.marked(Marks::SENSITIVE);
    let list = convert(&tuple([secret(1i64.into()), "b".into()]), &Type::list(Type::String)).unwrap();
    assert!(!list.is_sensitive() && list.as_slice().unwrap()[0].is_sensitive());
    assert!(convert(&tuple([secret(1i64.into())]), &Type::set(Type::String)).unwrap().is_sensitive());
    assert!(convert(&secret(Value::unknown(Type::Dynamic)), &Type::String).unwrap().is_sensitive());
}

#[test]
fn long_collections_convert_in_linear_time() {
    let started = Instant::now();
    let items: Vec<Value> = (0..100_000i64).map(Value::from).collect();
    let list = convert(&Value::tuple(items), &Type::list(Type::Dynamic)).unwrap();
    let texts = convert(&list, &Type::set(Type::String)).unwrap();
    assert_eq!(texts.as_slice().unwrap().len(), 100_000);
    let objects = (0..20_000i64).map(|it| Value::object([("a", Value::from(it)), ("b", "x".into())])).collect();
    let set = convert(&Value::tuple(objects), &Type::set(Type::Dynamic)).unwrap();
    assert_eq!(set.as_slice().unwrap().len(), 20_000);
    assert!(started.elapsed() < Duration::from_secs(3), "took {:?}", started.elapsed());
}
