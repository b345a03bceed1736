//! Functions of lists and tuples.

use std::collections::HashMap;

use super::{
    Context, Function, FunctionError, NOT_WHOLE, Outcome, Parameter, any, items, list, number, strings, whole,
};
use crate::value::{Kind, Marks, Type, Value, convert, equal, order_key, unify};

pub(super) static CHUNKLIST: Function = Function::new(
    "chunklist",
    "Cuts a list into lists of a length.",
    &[
        Parameter::new("list", "The list to cut.", list).marks(),
        Parameter::new("size", "The greatest length of a part; all but the last have it. 0 for one part.", number)
            .marks(),
    ],
    || Type::list(list()),
    chunklist,
)
.typed(|args| Ok(Type::list(args[0].ty())));

pub(super) static COMPACT: Function = Function::new(
    "compact",
    "A list of strings without nulls and empty strings.",
    &[Parameter::new("list", "The list to filter.", strings)],
    strings,
    |_, args| {
        if !args[0].is_wholly_known() {
            return Ok(Value::unknown(strings()));
        }
        let full = items(args, 0).iter().filter(|it| it.as_str().is_some_and(|text| !text.is_empty()));
        Ok(Value::list(Type::String, full.cloned().collect()))
    },
);

pub(super) static CONCAT: Function =
    Function::new("concat", "The elements of lists and tuples one after the other.", &[], any, concat)
        .variadic(Parameter::new("seqs", "Lists and tuples.", any).marks())
        .typed(concat_type);

pub(super) static DISTINCT: Function = Function::new(
    "distinct",
    "A list without the repetitions of its elements.",
    &[Parameter::new("list", "The list to filter.", list)],
    list,
    distinct,
)
.typed(same_type);

pub(super) static ELEMENT: Function = Function::new(
    "element",
    "The element at a position, which starts over after the end.",
    &[
        Parameter::new("list", "A list or tuple.", any).marks(),
        Parameter::new("index", "The position, from 0.", number),
    ],
    any,
    element,
)
.nullable()
.typed(element_type);

pub(super) static FLATTEN: Function = Function::new(
    "flatten",
    "Replaces all sequences within a sequence by their elements.",
    &[Parameter::new("list", "A sequence that has sequences as elements.", any).marks()],
    any,
    flatten,
)
.typed(|_| Ok(Type::Dynamic));

pub(super) static MATCHKEYS: Function = Function::new(
    "matchkeys",
    "Those values whose key is among the wanted ones.",
    &[
        Parameter::new("values", "Values to choose from.", list),
        Parameter::new("keys", "The key of each value, in the same order.", list),
        Parameter::new("searchset", "Keys of the values that are wanted.", list),
    ],
    list,
    matchkeys,
)
.typed(same_type);

pub(super) static REVERSE: Function = Function::new(
    "reverse",
    "The elements of a sequence from last to first.",
    &[Parameter::new("list", "A list or tuple.", any).marks()],
    any,
    |_, args| {
        let ty = reverse_type(args)?;
        let reversed = items(args, 0).iter().rev().cloned().collect();
        Ok(match ty {
            Type::List(element) => Value::list((*element).clone(), reversed),
            _ => Value::tuple(reversed),
        }
        .marked(args[0].marks()))
    },
)
.typed(reverse_type);

pub(super) static SLICE: Function = Function::new(
    "slice",
    "The elements of a list from one position up to another.",
    &[
        Parameter::new("list", "A list or tuple.", any).marks(),
        Parameter::new("start_index", "Position of the first element to take.", number),
        Parameter::new("end_index", "Position of the first element to leave out.", number),
    ],
    any,
    slice,
)
.typed(slice_type);

pub(super) static SORT: Function = Function::new(
    "sort",
    "A list of strings in the order of their bytes.",
    &[Parameter::new("list", "The list to sort.", strings)],
    strings,
    sort,
);

fn same_type(args: &[Value]) -> Result<Type, FunctionError> {
    Ok(args[0].ty())
}

fn chunklist(_: &Context<'_>, args: &[Value]) -> Outcome {
    let marks = args[0].marks().and(args[1].marks());
    let size = whole(args, 1).map_err(|error| FunctionError::failed(format!("invalid size: {}", error.message)))?;
    let size = usize::try_from(size).map_err(|_| FunctionError::failed("the size argument must be positive"))?;
    let element = args[0].ty().element().cloned().unwrap_or(Type::Dynamic);
    let all = items(args, 0);
    let size = if size == 0 { all.len().max(1) } else { size };
    let chunks = all.chunks(size).map(|chunk| Value::list(element.clone(), chunk.to_vec())).collect();
    Ok(Value::list(args[0].ty(), chunks).marked(marks))
}

/// The list type that all arguments have in common; `None` where the result is a tuple.
fn common_list(args: &[Value]) -> Option<Type> {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    if types.iter().all(|it| matches!(it, Type::List(_))) { unify(&types) } else { None }
}

fn concat_type(args: &[Value]) -> Result<Type, FunctionError> {
    check_concat(args)?;
    if let Some(list) = common_list(args) {
        return Ok(list);
    }
    let mut types = Vec::new();
    for arg in args {
        match (arg.ty(), arg.as_slice()) {
            (Type::Tuple(items), _) => types.extend(items.iter().cloned()),
            (Type::List(element), Some(items)) => types.extend(items.iter().map(|_| (*element).clone())),
            _ => return Ok(Type::Dynamic),
        }
    }
    Ok(Type::tuple(types))
}

fn check_concat(args: &[Value]) -> Result<(), FunctionError> {
    if args.is_empty() {
        return Err(FunctionError::failed("at least one argument is required"));
    }
    match args.iter().position(|it| !matches!(it.ty(), Type::List(_) | Type::Tuple(_))) {
        Some(at) => {
            let got = args[at].ty().friendly_name();
            Err(FunctionError::argument(at, format!("all arguments must be lists or tuples; got {got}")))
        }
        None => Ok(()),
    }
}

fn concat(_: &Context<'_>, args: &[Value]) -> Outcome {
    check_concat(args)?;
    let marks = args.iter().fold(Marks::NONE, |marks, it| marks.and(it.marks()));
    let Some(ty) = common_list(args) else {
        let all = (0..args.len()).flat_map(|at| items(args, at)).cloned().collect();
        return Ok(Value::tuple(all).marked(marks));
    };
    let mut all = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        let list = convert(arg, &ty).map_err(|error| FunctionError::argument(at, error.reason))?;
        all.extend(list.as_slice().unwrap_or_default().iter().cloned());
    }
    Ok(Value::list(ty.element().cloned().unwrap_or(Type::Dynamic), all).marked(marks))
}

fn distinct(_: &Context<'_>, args: &[Value]) -> Outcome {
    if !args[0].is_wholly_known() {
        return Ok(Value::unknown(args[0].ty()));
    }
    let element = args[0].ty().element().cloned().unwrap_or(Type::Dynamic);
    // Strings are by far the most common elements; for them a search per element would be far slower.
    if element == Type::String {
        let mut seen = std::collections::HashSet::new();
        let first = items(args, 0).iter().filter(|it| seen.insert(it.as_str()));
        return Ok(Value::list(element, first.cloned().collect()));
    }
    // Only what is written alike can be equal.
    let mut seen: HashMap<String, Vec<&Value>> = HashMap::new();
    let mut all: Vec<Value> = Vec::new();
    for item in items(args, 0) {
        let alike = seen.entry(order_key(item)).or_default();
        if !alike.iter().any(|it| equal(it, item).as_bool() == Some(true)) {
            alike.push(item);
            all.push(item.clone());
        }
    }
    Ok(Value::list(element, all))
}

fn element_index(args: &[Value]) -> Result<i64, FunctionError> {
    whole(args, 1).map_err(|_| FunctionError::failed(format!("invalid index: {NOT_WHOLE}")))
}

fn empty_list() -> FunctionError {
    FunctionError::failed("cannot use element function with an empty list")
}

fn element_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args[0].ty() {
        Type::List(element) => Ok((*element).clone()),
        Type::Tuple(_) if args[1].is_unknown() => Ok(Type::Dynamic),
        Type::Tuple(types) => {
            let at = element_index(args)?;
            if types.is_empty() {
                return Err(empty_list());
            }
            let at = usize::try_from(at % types.len() as i64).map_err(|_| negative_tuple_index())?;
            Ok(types[at].clone())
        }
        other => {
            let message = format!("cannot read elements from {}", other.friendly_name());
            Err(FunctionError::failed(message))
        }
    }
}

fn negative_tuple_index() -> FunctionError {
    FunctionError::failed("a tuple has no element at a negative index; use tolist to count from the end of a list")
}

fn element(_: &Context<'_>, args: &[Value]) -> Outcome {
    element_type(args)?;
    let at = element_index(args)?;
    let all = items(args, 0);
    if all.is_empty() {
        return Err(empty_list());
    }
    Ok(all[at.rem_euclid(all.len() as i64) as usize].clone().marked(args[0].marks()))
}

fn flatten(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args[0].as_slice().is_none() {
        return Err(FunctionError::failed("can only flatten lists, sets and tuples"));
    }
    let (mut all, mut marks) = (Vec::new(), Marks::NONE);
    let known = flatten_into(&args[0], &mut all, &mut marks);
    let flat = if known { Value::tuple(all) } else { Value::unknown(Type::Dynamic) };
    Ok(flat.marked(marks))
}

/// Whether all elements are known to be or not to be sequences.
fn flatten_into(value: &Value, out: &mut Vec<Value>, marks: &mut Marks) -> bool {
    *marks = marks.and(value.marks());
    let unsure = |it: &Value| matches!(it.kind(), Kind::Set(..)) && !it.is_wholly_known();
    let mut known = !unsure(value);
    for item in value.as_slice().unwrap_or_default() {
        match item.kind() {
            Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => known &= flatten_into(item, out, marks),
            Kind::Unknown(Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_), _) => {
                known = false;
                *marks = marks.and(item.marks());
            }
            _ => out.push(item.clone()),
        }
    }
    known
}

fn matchkeys(_: &Context<'_>, args: &[Value]) -> Outcome {
    let ty = args[0].ty();
    let element = ty.element().cloned().unwrap_or(Type::Dynamic);
    let common = unify(&[args[1].ty(), args[2].ty()]);
    let common = common.ok_or_else(|| FunctionError::failed("keys and searchset must be of the same type"))?;
    if items(args, 0).len() != items(args, 1).len() {
        return Err(FunctionError::failed("length of keys and values should be equal"));
    }
    let convert = |at: usize| convert(&args[at], &common).map_err(|error| FunctionError::argument(at, error.reason));
    let (keys, wanted) = (convert(1)?, convert(2)?);
    let wanted = wanted.as_slice().unwrap_or_default();
    if wanted.is_empty() {
        return Ok(Value::list(element, Vec::new()));
    }
    if !args[0].is_wholly_known() || !keys.is_wholly_known() {
        return Ok(Value::unknown(ty));
    }
    let mut chosen = Vec::new();
    for (value, key) in items(args, 0).iter().zip(keys.as_slice().unwrap_or_default()) {
        for candidate in wanted {
            match equal(key, candidate).as_bool() {
                Some(true) => {
                    chosen.push(value.clone());
                    break;
                }
                Some(false) => {}
                None => return Ok(Value::unknown(ty)),
            }
        }
    }
    Ok(Value::list(element, chosen))
}

fn reverse_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args[0].ty() {
        Type::Tuple(types) => Ok(Type::tuple(types.iter().rev().cloned())),
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        other => {
            let message = format!("can only reverse list or tuple values, not {}", other.friendly_name());
            Err(FunctionError::argument(0, message))
        }
    }
}

/// Start and end as far as they are known.
fn slice_bounds(args: &[Value]) -> Result<(Option<usize>, Option<usize>), FunctionError> {
    let length = match args[0].ty() {
        Type::Tuple(types) => Some(types.len()),
        Type::List(_) => args[0].as_slice().map(<[Value]>::len),
        Type::Set(_) => {
            let message = "cannot slice a set, because its elements have no positions; convert it to a list if the \
                           order of the result is not important";
            return Err(FunctionError::argument(0, message));
        }
        _ => return Err(FunctionError::argument(0, "must be a list or tuple value")),
    };
    let bound = |at: usize, name: &str| {
        if args[at].is_unknown() {
            return Ok(None);
        }
        let error = |why: String| FunctionError::argument(at, why);
        let bound = whole(args, at).map_err(|_| error(format!("invalid {name} index: {NOT_WHOLE}")))?;
        let bound = usize::try_from(bound).map_err(|_| error(format!("{name} index must not be less than zero")))?;
        if length.is_some_and(|length| bound > length) {
            return Err(error(format!("{name} index must not be greater than the length of the list")));
        }
        Ok(Some(bound))
    };
    let (start, end) = (bound(1, "start")?, bound(2, "end")?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(FunctionError::argument(1, "start index must not be greater than end index"));
    }
    Ok((start, end))
}

fn slice_type(args: &[Value]) -> Result<Type, FunctionError> {
    Ok(match (args[0].ty(), slice_bounds(args)?) {
        (Type::Tuple(types), (Some(start), Some(end))) => Type::tuple(types[start..end].iter().cloned()),
        (Type::Tuple(_), _) => Type::Dynamic,
        (list, _) => list,
    })
}

fn slice(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (start, end) = slice_bounds(args)?;
    let part = items(args, 0)[start.unwrap_or(0)..end.unwrap_or(0)].to_vec();
    let part = match args[0].kind() {
        Kind::List(element, _) => Value::list(element.clone(), part),
        _ => Value::tuple(part),
    };
    Ok(part.marked(args[0].marks()))
}

fn sort(_: &Context<'_>, args: &[Value]) -> Outcome {
    if !args[0].is_wholly_known() {
        return Ok(Value::unknown(strings()));
    }
    let mut all = items(args, 0).to_vec();
    if let Some(at) = all.iter().position(Value::is_null) {
        let message = format!("given list element {at} is null; a null string cannot be sorted");
        return Err(FunctionError::failed(message));
    }
    all.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
    Ok(Value::list(Type::String, all))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke, secret, v};
    use super::*;

    fn numbers(all: &[i64]) -> Value {
        Value::list(Type::Number, all.iter().map(|it| Value::from(*it)).collect())
    }

    #[test]
    fn chunks() {
        check(
            "chunklist",
            &[("[[\"a\",\"b\",\"c\"],2]", "[[\"a\",\"b\"],[\"c\"]]"), ("[[1,2],0]", "[[1,2]]"), ("[[],2]", "[]")],
        );
        check("chunklist", &[("[[1],-1]", "!must be positive"), ("[[1],0.5]", "!invalid size")]);
    }

    #[test]
    fn filters() {
        check(
            "compact",
            &[("[[\"\",\"a\",null,\" \"]]", "[\"a\",\" \"]"), ("[{\"a\":\"\"}]", "!list of string required")],
        );
        check(
            "distinct",
            &[
                ("[[\"a\",\"b\",\"a\"]]", "[\"a\",\"b\"]"),
                ("[[1,\"1\"]]", "[\"1\"]"),
                ("[[{\"a\":1},{\"a\":1}]]", "[{\"a\":1}]"),
            ],
        );
        check("distinct", &[("[[null,null]]", "[null]"), ("[[2,1,2.0]]", "[2,1]")]);
        check(
            "matchkeys",
            &[
                ("[[1,2,3],[\"x\",\"y\",\"y\"],[\"y\"]]", "[2,3]"),
                ("[[1],[\"x\"],[]]", "[]"),
                ("[[1],[[1]],[1]]", "!same type"),
            ],
        );
        check("sort", &[("[[10,9,1]]", "[\"1\",\"10\",\"9\"]"), ("[[\"b\",null]]", "!element 1 is null")]);
    }

    #[test]
    fn concatenation() {
        assert_eq!(invoke("concat", &[numbers(&[1]), numbers(&[2])]).unwrap(), numbers(&[1, 2]));
        assert_eq!(invoke("concat", &[numbers(&[1]), v("[\"a\"]")]).unwrap(), v("[1,\"a\"]"));
        let texts = Value::list(Type::String, vec!["a".into()]);
        let both = invoke("concat", &[texts, numbers(&[1])]).unwrap();
        assert_eq!(both, Value::list(Type::String, vec!["a".into(), "1".into()]));
        check("concat", &[("[]", "!at least one"), ("[[\"a\"],{}]", "!got object"), ("[[1],null]", "!null")]);
        let result = invoke("concat", &[v("[1]"), Value::unknown(Type::tuple([Type::String]))]).unwrap();
        assert_eq!(result.ty(), Type::tuple([Type::Number, Type::String]));
        let marked = invoke("concat", &[Value::tuple(vec![secret("a")]), v("[1]")]).unwrap();
        assert!(!marked.is_sensitive() && marked.as_slice().unwrap()[0].is_sensitive());
    }

    #[test]
    fn elements() {
        check(
            "element",
            &[("[[\"a\",\"b\",\"c\"],5]", "\"c\""), ("[[],0]", "!empty list"), ("[\"abc\",0]", "!from string")],
        );
        check("element", &[("[[1],0.5]", "!invalid index"), ("[[1,2],-1]", "!negative index")]);
        assert_eq!(invoke("element", &[numbers(&[1, 2, 3]), v("-1")]).unwrap(), v("3"));
        let pair = Value::tuple(vec![secret("x"), "y".into()]);
        assert_eq!(invoke("element", &[pair, v("1")]).unwrap(), Value::from("y"));
    }

    #[test]
    fn flattening() {
        check(
            "flatten",
            &[
                ("[[[1,[2]],[],3,{\"a\":[1]}]]", "[1,2,3,{\"a\":[1]}]"),
                ("[\"abc\"]", "!only flatten"),
                ("[[[null],null]]", "[null,null]"),
            ],
        );
        let inner = Value::tuple(vec![Value::unknown(Type::String), "a".into()]);
        let flat = invoke("flatten", &[Value::tuple(vec![inner.clone()])]).unwrap();
        assert_eq!(flat, inner);
        let list = Value::tuple(vec![Value::unknown(Type::list(Type::String)), "a".into()]);
        assert_eq!(invoke("flatten", &[list]).unwrap(), Value::unknown(Type::Dynamic));
    }

    #[test]
    fn slices() {
        check(
            "slice",
            &[
                ("[[1,2,3],1,3]", "[2,3]"),
                ("[[],0,0]", "[]"),
                ("[[1],-1,1]", "!less than zero"),
                ("[[1],0,2]", "!greater than the length"),
            ],
        );
        check(
            "slice",
            &[
                ("[[1,2],1,0]", "!greater than end"),
                ("[\"abc\",0,1]", "!list or tuple"),
                ("[[1],0.5,1]", "!invalid start index"),
            ],
        );
        let set = Value::set(Type::String, vec!["a".into()]);
        assert!(invoke("slice", &[set, v("0"), v("1")]).unwrap_err().message.contains("cannot slice a set"));
        let result = invoke("slice", &[v("[1,\"a\"]"), v("0"), Value::unknown(Type::Number)]).unwrap();
        assert_eq!(result, Value::unknown(Type::Dynamic));
    }

    #[test]
    fn reversing() {
        check("reverse", &[("[[1,\"a\"]]", "[\"a\",1]"), ("[\"abc\"]", "!not string")]);
        let set = Value::set(Type::String, vec!["a".into(), "b".into()]);
        let list = Value::list(Type::String, vec!["b".into(), "a".into()]);
        assert_eq!(invoke("reverse", &[set]).unwrap(), list);
    }
}
