//! Functions of sets.

use std::collections::HashMap;

use super::{Context, Function, FunctionError, Outcome, Parameter, any, items, set};
use crate::value::{Kind, Marks, Type, Value, convert, order_key, unify};

const FIRST: Parameter = Parameter::new("first_set", "A set.", set);
const OTHERS: Parameter = Parameter::new("other_sets", "Further sets.", set);

pub(super) static SETINTERSECTION: Function =
    Function::new("setintersection", "The elements that all sets have in common.", &[FIRST], set, |_, args| {
        combine(args, OnUnknown::Wait, |all, other| {
            let other = Alike::of(other);
            all.retain(|it| other.contains(it));
        })
    })
    .variadic(OTHERS)
    .typed(common_type);

pub(super) static SETSUBTRACT: Function = Function::new(
    "setsubtract",
    "The elements of one set that are not in another.",
    &[Parameter::new("a", "The set to take from.", set), Parameter::new("b", "Elements to take away.", set)],
    set,
    |_, args| {
        combine(args, OnUnknown::Wait, |all, other| {
            let other = Alike::of(other);
            all.retain(|it| !other.contains(it));
        })
    },
)
.typed(common_type);

pub(super) static SETUNION: Function =
    Function::new("setunion", "The elements of all sets.", &[FIRST], set, |_, args| {
        combine(args, OnUnknown::Go, |all, other| all.extend_from_slice(other))
    })
    .variadic(OTHERS)
    .typed(common_type);

pub(super) static SETPRODUCT: Function =
    Function::new("setproduct", "All combinations of one element of each sequence.", &[], any, setproduct)
        .variadic(
            Parameter::new("sets", "Sets, lists or tuples; a result of lists only keeps their order.", any).marks(),
        )
        .typed(product_type);

/// Values found by what they are written like: a search through all of them for each element of another set would take
/// time by the square.
struct Alike<'v>(HashMap<String, Vec<&'v Value>>);

impl<'v> Alike<'v> {
    fn of(values: &'v [Value]) -> Self {
        let mut alike: HashMap<String, Vec<&Value>> = HashMap::with_capacity(values.len());
        for value in values {
            alike.entry(order_key(value)).or_default().push(value);
        }
        Self(alike)
    }

    fn contains(&self, value: &Value) -> bool {
        self.0.get(&order_key(value)).is_some_and(|alike| alike.contains(&value))
    }
}

/// What a function makes of sets that are not wholly known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnUnknown {
    /// Its result waits until they are.
    Wait,
    /// They are sets like others.
    Go,
}

fn common_type(args: &[Value]) -> Result<Type, FunctionError> {
    let untyped = |it: &&Value| matches!(it.kind(), Kind::Set(Type::Dynamic, items) if items.is_empty());
    let elements: Vec<Type> =
        args.iter().filter(|it| !untyped(it)).filter_map(|it| it.ty().element().cloned()).collect();
    if elements.is_empty() {
        return Ok(set());
    }
    let element = unify(&elements);
    element.map(Type::set).ok_or_else(|| FunctionError::failed("given sets must all have compatible element types"))
}

fn combine(args: &[Value], unknown: OnUnknown, with: impl Fn(&mut Vec<Value>, &[Value])) -> Outcome {
    let ty = common_type(args)?;
    let mut all: Option<Vec<Value>> = None;
    for (at, arg) in args.iter().enumerate() {
        let arg = convert(arg, &ty).map_err(|error| FunctionError::argument(at, error.reason))?;
        if unknown == OnUnknown::Wait && !arg.is_wholly_known() {
            return Ok(Value::unknown(ty));
        }
        let items = arg.as_slice().unwrap_or_default();
        match &mut all {
            None => all = Some(items.to_vec()),
            Some(all) => with(all, items),
        }
    }
    let element = ty.element().cloned().unwrap_or(Type::Dynamic);
    Ok(Value::set(element, all.unwrap_or_default()))
}

/// The element types, and whether the result is a list: where no argument is a set.
fn product_elements(args: &[Value]) -> Result<(Vec<Type>, bool), FunctionError> {
    if args.len() < 2 {
        return Err(FunctionError::failed("at least two arguments are required"));
    }
    let mut lists = true;
    let mut elements = Vec::with_capacity(args.len());
    for (at, arg) in args.iter().enumerate() {
        elements.push(match arg.ty() {
            Type::Set(element) => {
                lists = false;
                (*element).clone()
            }
            Type::List(element) => (*element).clone(),
            Type::Tuple(types) if types.is_empty() => Type::Dynamic,
            Type::Tuple(types) => {
                unify(&types).ok_or_else(|| FunctionError::argument(at, "all elements must be of the same type"))?
            }
            _ => return Err(FunctionError::argument(at, "a set or a list is required")),
        });
    }
    Ok((elements, lists))
}

fn product_type(args: &[Value]) -> Result<Type, FunctionError> {
    let (elements, lists) = product_elements(args)?;
    let tuple = Type::tuple(elements);
    Ok(if lists { Type::list(tuple) } else { Type::set(tuple) })
}

fn setproduct(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (elements, lists) = product_elements(args)?;
    let marks = args.iter().fold(Marks::NONE, |marks, it| marks.and(it.marks()));
    if args.iter().any(|it| matches!(it.kind(), Kind::Set(_, items) if items.len() > 1) && !it.is_wholly_known()) {
        return Ok(Value::unknown(product_type(args)?).marked(marks));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (at, element) in elements.iter().enumerate() {
        let column: Vec<Value> = items(args, at)
            .iter()
            .map(|it| convert(it, element).map_err(|error| FunctionError::argument(at, error.reason)))
            .collect::<Result<_, _>>()?;
        rows = rows
            .iter()
            .flat_map(|row| column.iter().map(|it| row.iter().cloned().chain([it.clone()]).collect()))
            .collect();
    }
    let rows = rows.into_iter().map(Value::tuple).collect();
    let tuple = Type::tuple(elements);
    let product = if lists { Value::list(tuple, rows) } else { Value::set(tuple, rows) };
    Ok(product.marked(marks))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke, secret, v};
    use super::*;

    #[test]
    fn sets_are_of_one_type() {
        check(
            "setunion",
            &[
                ("[[\"b\"],[\"a\"]]", "[\"a\",\"b\"]"),
                ("[[1],[\"a\"]]", "[\"1\",\"a\"]"),
                ("[[true],[1]]", "!compatible"),
            ],
        );
        check(
            "setunion",
            &[("[[],[]]", "[]"), ("[[null],[\"a\"]]", "[\"a\",null]"), ("[\"a\"]", "!set of any single type required")],
        );
        check("setintersection", &[("[[1,2],[\"2\",\"3\"]]", "[\"2\"]"), ("[[],[\"a\"]]", "[]")]);
        check("setsubtract", &[("[[1,2],[\"1\"]]", "[\"2\"]"), ("[[\"b\",\"a\",\"a\"],[]]", "[\"a\",\"b\"]")]);
    }

    #[test]
    fn only_a_union_can_be_made_with_unknown_elements() {
        let unknown = Value::set(Type::String, vec![Value::unknown(Type::String)]);
        assert!(!invoke("setunion", &[unknown.clone(), v("[\"x\"]")]).unwrap().is_unknown());
        assert_eq!(invoke("setsubtract", &[v("[\"x\"]"), unknown]).unwrap().ty(), Type::set(Type::String));
    }

    #[test]
    fn products() {
        check(
            "setproduct",
            &[
                ("[[\"b\",\"a\"],[\"y\"]]", "[[\"b\",\"y\"],[\"a\",\"y\"]]"),
                ("[[\"a\",1],[true]]", "[[\"a\",true],[\"1\",true]]"),
            ],
        );
        check(
            "setproduct",
            &[
                ("[[\"a\"]]", "!at least two"),
                ("[[],[\"a\"]]", "[]"),
                ("[\"a\",[1]]", "!set or a list"),
                ("[[1,[2]],[1]]", "!same type"),
            ],
        );
        let set = Value::set(Type::String, vec!["b".into(), "a".into()]);
        let product = invoke("setproduct", &[set, v("[\"x\"]")]).unwrap();
        assert_eq!(product.ty(), Type::set(Type::tuple([Type::String, Type::String])));
        let marked = invoke("setproduct", &[Value::tuple(vec![secret("a")]), v("[\"b\"]")]).unwrap();
        assert!(!marked.is_sensitive() && marked.deep_marks().any());
    }
}
