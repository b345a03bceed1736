//! Functions that take regular expressions.

use std::rc::Rc;

use regex::Captures;

use super::pattern::Pattern;
use super::{Context, Function, FunctionError, Outcome, Parameter, any, string, text};
use crate::value::{Type, Value};

const PATTERN: Parameter = Parameter::new("pattern", "A regular expression in RE2's syntax.", string);
const STRING: Parameter = Parameter::new("string", "The string to search.", string);

pub(super) static REGEX: Function = Function::new(
    "regex",
    "The first match of a pattern: a string, or a tuple or an object of its groups.",
    &[PATTERN, STRING],
    any,
    regex,
)
.typed(match_type);

pub(super) static REGEXALL: Function = Function::new(
    "regexall",
    "A list of all matches of a pattern.",
    &[PATTERN, STRING],
    || Type::list(Type::Dynamic),
    regexall,
)
.typed(|args| Ok(Type::list(match_type(args)?)));

pub(super) static REPLACE: Function = Function::new(
    "replace",
    "Replaces every occurrence of a text, or of a pattern that is written between slashes.",
    &[
        Parameter::new("str", "The string to work on.", string),
        Parameter::new("substr", "The text to look for, or a /pattern/.", string),
        Parameter::new("replace", "What to put in its place; for a pattern, $1 or $name stands for a group.", string),
    ],
    string,
    |_, args| {
        let (text, wanted, replacement) = (text(args, 0), text(args, 1), text(args, 2));
        let pattern = wanted.strip_prefix('/').and_then(|it| it.strip_suffix('/'));
        Ok(match pattern {
            Some(pattern) => {
                let pattern = Pattern::new(pattern).map_err(|error| invalid(1, &error))?;
                pattern.replace_all(text, replacement)
            }
            None => text.replace(wanted, replacement),
        }
        .into())
    },
);

fn invalid(at: usize, why: &str) -> FunctionError {
    FunctionError::argument(at, format!("invalid regexp pattern: {why}"))
}

/// The pattern of the first argument, whose groups must all be alike.
fn pattern(args: &[Value]) -> Result<Rc<Pattern>, FunctionError> {
    let pattern = Pattern::new(text(args, 0)).map_err(|error| invalid(0, &error))?;
    let named = pattern.names.iter().flatten().count();
    if named > 0 && named < pattern.names.len() {
        return Err(invalid(0, "cannot mix both named and unnamed capture groups"));
    }
    Ok(pattern)
}

fn match_type(args: &[Value]) -> Result<Type, FunctionError> {
    if args[0].is_unknown() { Ok(Type::Dynamic) } else { Ok(type_of(&*pattern(args)?)) }
}

fn type_of(pattern: &Pattern) -> Type {
    match pattern.names.first() {
        None => Type::String,
        Some(None) => Type::tuple(pattern.names.iter().map(|_| Type::String)),
        Some(Some(_)) => Type::object(pattern.names.iter().flatten().map(|it| (it.as_str(), Type::String))),
    }
}

/// A match as a value; groups that took no part in it are null.
fn value_of(pattern: &Pattern, captures: &Captures<'_>) -> Value {
    let mut groups = captures.iter().map(|it| it.map_or(Value::null(Type::String), |it| it.as_str().into()));
    let whole = groups.next().expect("a match has a group 0");
    match pattern.names.first() {
        None => whole,
        Some(None) => Value::tuple(groups.collect()),
        Some(Some(_)) => Value::object(pattern.names.iter().flatten().map(String::as_str).zip(groups)),
    }
}

fn regex(_: &Context<'_>, args: &[Value]) -> Outcome {
    let pattern = pattern(args)?;
    let found = pattern.regex.captures(text(args, 1));
    let found = found.ok_or_else(|| FunctionError::failed("pattern did not match any part of the given string"))?;
    Ok(value_of(&pattern, &found))
}

fn regexall(_: &Context<'_>, args: &[Value]) -> Outcome {
    let pattern = pattern(args)?;
    let all = pattern.regex.captures_iter(text(args, 1)).map(|it| value_of(&pattern, &it)).collect();
    Ok(Value::list(type_of(&pattern), all))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke};
    use super::*;

    #[test]
    fn the_groups_decide_the_type() {
        check(
            "regex",
            &[
                ("[\"[a-z]+\",\"12ab3\"]", "\"ab\""),
                ("[\"(a)?b\",\"b\"]", "[null]"),
                ("[\"(?<n>x)\",\"x\"]", "{\"n\":\"x\"}"),
            ],
        );
        check(
            "regex",
            &[
                ("[\"x\",\"y\"]", "!did not match"),
                ("[\"(\",\"y\"]", "!invalid regexp"),
                ("[\"(a)(?P<b>c)\",\"ac\"]", "!cannot mix"),
            ],
        );
        let unknown = Value::unknown(Type::String);
        let result = invoke("regex", &["(a)".into(), unknown.clone()]).unwrap();
        assert_eq!(result.ty(), Type::tuple([Type::String]));
        assert_eq!(invoke("regex", &[unknown, "a".into()]).unwrap().ty(), Type::Dynamic);
    }

    #[test]
    fn all_matches() {
        check("regexall", &[("[\"a*\",\"baac\"]", "[\"\",\"aa\",\"\"]"), ("[\"x\",\"y\"]", "[]")]);
        check("regexall", &[("[\"(\\\\w)(\\\\d)\",\"a1 b2\"]", "[[\"a\",\"1\"],[\"b\",\"2\"]]")]);
        check("regexall", &[("[\"(?P<x>a)|(?P<y>b)\",\"ab\"]", "[{\"x\":\"a\",\"y\":null},{\"x\":null,\"y\":\"b\"}]")]);
    }

    #[test]
    fn replacing() {
        check(
            "replace",
            &[("[\"hello world\",\"/w.*d/\",\"all\"]", "\"hello all\""), ("[\"a/b/c\",\"/\",\"-\"]", "\"a-b-c\"")],
        );
        check(
            "replace",
            &[
                ("[\"a/b\",\"//\",\"-\"]", "\"-a-/-b-\""),
                ("[\"abc\",\"(a)\",\"x\"]", "\"abc\""),
                ("[123,2,9]", "\"193\""),
            ],
        );
        check("replace", &[("[\"a\",\"/(/\",\"x\"]", "!invalid regexp")]);
    }
}
