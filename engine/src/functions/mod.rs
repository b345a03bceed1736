//! The functions of the language: what a function is, how a call treats its arguments, and how a name is found.

mod charset;
mod collection;
mod convert;
mod crypto;
mod csv;
mod datetime;
mod duration;
mod encoding;
mod filesystem;
mod format;
mod glob;
mod hcl;
mod network;
mod numeric;
mod pattern;
mod regex;
mod sequence;
mod sets;
mod string;
mod table;
mod template;
mod yaml;
mod yaml_encode;

use std::path::PathBuf;

use crate::diagnostic::Diagnostics;
use crate::value::{Kind, Marks, Number, Refinement, Type, Value, convert as convert_value};

pub use hcl::TERRAFORM_PROVIDER;
pub(crate) use hcl::{expression_text, write_string};
pub(crate) use string::graphemes;
pub use table::{REMOVED, all, find, forms, suggestion};

/// What a body returns.
type Outcome = Result<Value, FunctionError>;

/// Computes the type of a result from the arguments, some of which may be unknown.
pub type ResultType = fn(&[Value]) -> Result<Type, FunctionError>;

/// A function: its signature as data, and its body.
pub struct Function {
    /// Name without namespace.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
    /// Parameters in order.
    pub parameters: &'static [Parameter],
    /// The parameter that takes all further arguments.
    pub variadic: Option<Parameter>,
    /// The type of the result where nothing is known of the arguments but their parameters' types.
    pub returns: fn() -> Type,
    /// No result is null; a result that is unknown yet will not be null either.
    pub not_null: bool,
    /// The body. Arguments are converted, checked and unmarked as the parameters say.
    pub call: fn(&Context<'_>, &[Value]) -> Result<Value, FunctionError>,
    /// The type of the result for given arguments, some of which may be unknown: what an unknown result has. `None`
    /// where it is that of [`Function::returns`] whatever the arguments.
    pub result_type: Option<ResultType>,
    /// Listings show the type of [`Function::returns`], although an argument of no type leaves the result open.
    pub listed_as_returned: bool,
}

/// A parameter of a function.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Name, for messages.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// The type that an argument is converted to; `Type::Dynamic` for any.
    pub ty: fn() -> Type,
    /// A null is passed on instead of refused.
    pub allow_null: bool,
    /// An unknown is passed on instead of making the result unknown.
    pub allow_unknown: bool,
    /// A null or unknown of no type is passed on instead of making the result unknown and of no type.
    pub allow_dynamic: bool,
    /// Marks are passed on instead of being moved to the result.
    pub allow_marks: bool,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// What kind of failure it is: it decides the summary of a diagnostic.
    pub kind: FunctionErrorKind,
    /// The argument that is wrong, from 0; `None` for the call as a whole.
    pub argument: Option<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
}

/// The kinds of [`FunctionError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionErrorKind {
    /// An argument is missing.
    NotEnoughArguments,
    /// There are more arguments than parameters.
    TooManyArguments,
    /// One argument is wrong.
    InvalidArgument,
    /// The call as a whole failed.
    Failed,
}

/// What a function may use of the world.
pub struct Context<'a> {
    /// Directory that relative file names start from: the working directory.
    pub base_dir: PathBuf,
    /// Time that `timestamp()` returns, as RFC 3339 in UTC; `None` while planning: then it is unknown.
    pub now: Option<String>,
    /// Time of the plan, as RFC 3339 in UTC: what `plantimestamp()` returns; `None` where there is no plan: then it is
    /// unknown.
    pub plan_time: Option<String>,
    /// Whether `uuid()` and `bcrypt()` draw random numbers; while planning they do not and are unknown.
    pub random: bool,
    /// The call stands in a template that `templatefile` or `templatestring` renders.
    pub in_template: bool,
    /// Parses and evaluates a template with the given variables (an object or map) and nothing else in scope; functions
    /// in it are called with [`Context::in_template`] set.
    pub render: &'a dyn Fn(&TemplateSource<'_>, &Value) -> Result<Value, TemplateError>,
    /// Parses the text of a `.tfvars` file and evaluates its arguments with nothing in scope: an object.
    pub read_tfvars: &'a dyn Fn(&str) -> Result<Value, Diagnostics>,
}

/// A template that a function renders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateSource<'a> {
    /// Name that diagnostics show for its file.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Why a template has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// It refers to a variable that it was not given.
    MissingVariable {
        /// Name of the variable.
        name: String,
        /// Where the template refers to it: `greet.tftpl:1,8-12`.
        at: String,
    },
    /// It cannot be parsed or evaluated.
    Failed(Diagnostics),
}

/// Why a number is refused whose digits would take minutes.
const UNWIELDY: &str = "a number of more than two hundred thousand digits is not calculated with";

/// Calls a function: checks the number of arguments, converts them, lets unknown and null arguments and marks through as
/// the parameters say, and calls the body.
///
/// # Errors
/// A wrong number of arguments, an argument that is null or does not convert, and what the function itself refuses. A
/// message never holds a text that came from a sensitive argument.
pub fn call(function: &Function, ctx: &Context<'_>, args: &[Value]) -> Result<Value, FunctionError> {
    function.check_count(args.len())?;
    if let Some(at) = args.iter().position(|it| it.as_number().is_some_and(Number::is_unwieldy)) {
        return Err(FunctionError::argument(at, UNWIELDY));
    }
    let outcome = prepare(function, args).and_then(|(args, marks)| {
        check_nulls(function, &args)?;
        Ok(run(function, ctx, &args)?.marked(marks))
    });
    outcome.map_err(|error| error.without_secrets(args))
}

/// Arguments of the parameters' types and without the marks that the body is not to see; and those marks.
fn prepare(function: &Function, args: &[Value]) -> Result<(Vec<Value>, Marks), FunctionError> {
    let mut marks = Marks::NONE;
    let mut prepared = Vec::with_capacity(args.len());
    for (at, arg) in args.iter().enumerate() {
        let parameter = function.parameter(at);
        let ty = (parameter.ty)();
        let mut arg = match ty {
            Type::Dynamic => arg.clone(),
            ty => convert_value(arg, &ty).map_err(|error| FunctionError::argument(at, error.reason))?,
        };
        if !parameter.allow_marks {
            let own = arg.deep_marks();
            if own.any() {
                marks = marks.and(own);
                arg = arg.without_marks(own);
            }
        }
        prepared.push(arg);
    }
    Ok((prepared, marks))
}

/// Refuses nulls up to the first argument of no type, which makes the rest moot.
fn check_nulls(function: &Function, args: &[Value]) -> Result<(), FunctionError> {
    for (at, arg) in args.iter().enumerate() {
        let parameter = function.parameter(at);
        if arg.is_null() && !parameter.allow_null {
            return Err(FunctionError::argument(at, "argument must not be null"));
        }
        if is_untyped(arg) && !parameter.allow_dynamic {
            break;
        }
    }
    Ok(())
}

fn run(function: &Function, ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let with_parameters = || args.iter().enumerate().map(|(at, arg)| (function.parameter(at), arg));
    if with_parameters().any(|(parameter, arg)| is_untyped(arg) && !parameter.allow_dynamic) {
        return Ok(Value::unknown(Type::Dynamic));
    }
    let result = if with_parameters().any(|(parameter, arg)| arg.is_unknown() && !parameter.allow_unknown) {
        Value::unknown(function.result_type(args)?)
    } else {
        (function.call)(ctx, args)?
    };
    Ok(if function.not_null { not_null(result) } else { result })
}

/// Notes in an unknown result that it will not be null.
fn not_null(value: Value) -> Value {
    match value.kind() {
        Kind::Unknown(ty, refinement) if *ty != Type::Dynamic => {
            let refinement = Refinement { not_null: true, ..refinement.clone() };
            Value::from(Kind::Unknown(ty.clone(), refinement)).marked(value.marks())
        }
        _ => value,
    }
}

/// Whether it is a null or an unknown of no type.
fn is_untyped(value: &Value) -> bool {
    matches!(value.kind(), Kind::Null(Type::Dynamic) | Kind::Unknown(Type::Dynamic, _))
}

impl Function {
    /// The parameter that takes the argument at `at`.
    fn parameter(&self, at: usize) -> &Parameter {
        let parameter = self.parameters.get(at).or(self.variadic.as_ref());
        parameter.expect("the number of arguments was checked")
    }

    /// The type of the result for arguments of which some are unknown.
    ///
    /// # Errors
    /// Arguments that the function refuses whatever their values.
    pub fn result_type(&self, args: &[Value]) -> Result<Type, FunctionError> {
        match self.result_type {
            Some(result_type) => result_type(args),
            None => Ok((self.returns)()),
        }
    }

    /// The type of the result that a listing of signatures shows: `Dynamic` where it depends on the arguments.
    pub fn listed_type(&self) -> Type {
        let depends = self.parameters.iter().chain(&self.variadic).any(|it| {
            let free = (it.ty)() == Type::Dynamic;
            free && !it.allow_dynamic
        });
        if depends && !self.listed_as_returned { Type::Dynamic } else { (self.returns)() }
    }

    fn check_count(&self, given: usize) -> Result<(), FunctionError> {
        let wanted = self.parameters.len();
        if given < wanted {
            let least = if self.variadic.is_some() { " at least" } else { "" };
            let missing = self.parameters[given].name;
            let message = format!("expects{least} {wanted} argument(s). Missing value for \"{missing}\"");
            return Err(FunctionError { kind: FunctionErrorKind::NotEnoughArguments, argument: None, message });
        }
        if given > wanted && self.variadic.is_none() {
            let message = format!("expects only {wanted} argument(s)");
            return Err(FunctionError { kind: FunctionErrorKind::TooManyArguments, argument: Some(wanted), message });
        }
        Ok(())
    }
}

/// Tables of functions are constants, made of these.
impl Function {
    /// A function with a fixed number of parameters, whose result is never null.
    pub const fn new(
        name: &'static str,
        description: &'static str,
        parameters: &'static [Parameter],
        returns: fn() -> Type,
        call: fn(&Context<'_>, &[Value]) -> Result<Value, FunctionError>,
    ) -> Self {
        let (variadic, result_type) = (None, None);
        let (not_null, listed_as_returned) = (true, false);
        Self { name, description, parameters, variadic, returns, not_null, call, result_type, listed_as_returned }
    }

    const fn variadic(mut self, parameter: Parameter) -> Self {
        self.variadic = Some(parameter);
        self
    }

    /// The type of the result depends on the arguments.
    const fn typed(mut self, result_type: ResultType) -> Self {
        self.result_type = Some(result_type);
        self
    }

    /// Listings show the type of the result although an argument has none.
    const fn listed_as_returned(mut self) -> Self {
        self.listed_as_returned = true;
        self
    }

    /// A result may be null.
    const fn nullable(mut self) -> Self {
        self.not_null = false;
        self
    }
}

impl Parameter {
    /// A parameter whose arguments are converted to a type and must be neither null nor unknown.
    pub const fn new(name: &'static str, description: &'static str, ty: fn() -> Type) -> Self {
        let (allow_null, allow_unknown, allow_dynamic, allow_marks) = (false, false, false, false);
        Self { name, description, ty, allow_null, allow_unknown, allow_dynamic, allow_marks }
    }

    const fn null(mut self) -> Self {
        self.allow_null = true;
        self
    }

    const fn unknown(mut self) -> Self {
        self.allow_unknown = true;
        self
    }

    const fn dynamic(mut self) -> Self {
        self.allow_dynamic = true;
        self
    }

    const fn marks(mut self) -> Self {
        self.allow_marks = true;
        self
    }

    /// The body sees the argument as it is.
    const fn anything(self) -> Self {
        self.null().unknown().dynamic().marks()
    }
}

fn any() -> Type {
    Type::Dynamic
}

fn bool() -> Type {
    Type::Bool
}

fn number() -> Type {
    Type::Number
}

fn string() -> Type {
    Type::String
}

fn strings() -> Type {
    Type::list(Type::String)
}

fn list() -> Type {
    Type::list(Type::Dynamic)
}

fn set() -> Type {
    Type::set(Type::Dynamic)
}

/// Most characters that a function fills up with at once: more is a mistake, and would only use up the memory.
const LONGEST_FILL: usize = 1 << 24;

impl FunctionError {
    /// An argument is wrong.
    pub fn argument(at: usize, message: impl Into<String>) -> Self {
        Self { kind: FunctionErrorKind::InvalidArgument, argument: Some(at), message: message.into() }
    }

    /// The call as a whole failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: FunctionErrorKind::Failed, argument: None, message: message.into() }
    }

    /// The summary of a diagnostic.
    pub fn summary(&self) -> &'static str {
        match self.kind {
            FunctionErrorKind::NotEnoughArguments => "Not enough function arguments",
            FunctionErrorKind::TooManyArguments => "Too many function arguments",
            FunctionErrorKind::InvalidArgument => "Invalid function argument",
            FunctionErrorKind::Failed => "Error in function call",
        }
    }

    /// The detail of a diagnostic about a call of `function` by the name `called`.
    pub fn detail(&self, called: &str, function: &Function) -> String {
        let message = &self.message;
        match (self.kind, self.argument) {
            (FunctionErrorKind::NotEnoughArguments | FunctionErrorKind::TooManyArguments, _) => {
                format!("Function \"{called}\" {message}.")
            }
            (FunctionErrorKind::InvalidArgument, Some(at)) => {
                format!("Invalid value for \"{}\" parameter: {message}.", function.parameter(at).name)
            }
            _ => format!("Call to function \"{called}\" failed: {message}."),
        }
    }

    /// The error with every quoted text of a sensitive argument replaced.
    fn without_secrets(mut self, args: &[Value]) -> Self {
        for arg in args {
            let secret = arg.deep_marks().has(Marks::SENSITIVE);
            arg.any(&mut |part| {
                if secret && let Some(text) = part.as_str() {
                    self.message = self.message.replace(&quote(text), "(sensitive value)");
                }
                false
            });
        }
        self
    }
}

/// A user's text as every message shows it; only so can [`FunctionError::without_secrets`] find it.
fn quote(text: &str) -> String {
    crate::addr::quote(text)
}

/// The text of an argument whose parameter is a string that is neither null nor unknown.
fn text(args: &[Value], at: usize) -> &str {
    args[at].as_str().expect("the argument is a known string")
}

/// The number of an argument whose parameter is a number that is neither null nor unknown.
fn num(args: &[Value], at: usize) -> &Number {
    args[at].as_number().expect("the argument is a known number")
}

/// An argument that must be a whole number of 64 bits.
fn whole(args: &[Value], at: usize) -> Result<i64, FunctionError> {
    num(args, at).as_i64().ok_or_else(|| FunctionError::failed(NOT_WHOLE))
}

const NOT_WHOLE: &str = "value must be a whole number, between -9223372036854775808 and 9223372036854775807";

/// The elements of an argument that is a known list, set or tuple.
fn items(args: &[Value], at: usize) -> &[Value] {
    args[at].as_slice().expect("the argument is a known sequence")
}

#[cfg(test)]
pub(crate) mod testing {
    //! What the tests of all families call functions with.

    use super::*;

    /// Calls a function of the table by name in a world without templates, at a fixed time.
    pub fn invoke(name: &str, args: &[Value]) -> Outcome {
        let render = |_: &TemplateSource<'_>, _: &Value| Err(TemplateError::Failed(Diagnostics::new()));
        let read_tfvars = |_: &str| Err(Diagnostics::new());
        let ctx = Context {
            base_dir: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
            now: Some("2024-05-06T07:08:09Z".into()),
            plan_time: None,
            random: true,
            in_template: false,
            render: &render,
            read_tfvars: &read_tfvars,
        };
        call(find(name).unwrap(), &ctx, args)
    }

    /// A value from JSON text: objects, tuples, strings, numbers, bools, untyped nulls.
    pub fn v(json: &str) -> Value {
        crate::value::infer_json(&serde_json::from_str(json).unwrap())
    }

    /// Checks calls given as a JSON tuple of arguments against their result as JSON text, `!` before a part of an
    /// error message, or `?` for an unknown result.
    #[track_caller]
    pub fn check(name: &str, cases: &[(&str, &str)]) {
        for (args, want) in cases {
            let args = v(args);
            let got = match invoke(name, args.as_slice().unwrap()) {
                Ok(value) if value.is_unknown() => "?".to_owned(),
                Ok(value) => crate::value::to_json(&value, None).to_string(),
                Err(error) => format!("!{}", error.message),
            };
            match want.strip_prefix('!') {
                Some(part) => assert!(got.starts_with('!') && got.contains(part), "{name}({args:?}): {got}"),
                None => assert_eq!(&got, want, "{name}({args:?})"),
            }
        }
    }

    /// A sensitive string.
    pub fn secret(text: &str) -> Value {
        Value::from(text).marked(Marks::SENSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{invoke, secret, v};
    use super::*;

    #[test]
    fn counts_arguments() {
        let error = invoke("substr", &[v("\"a\"")]).unwrap_err();
        assert_eq!(error.summary(), "Not enough function arguments");
        let detail = error.detail("core::substr", find("substr").unwrap());
        assert_eq!(detail, "Function \"core::substr\" expects 3 argument(s). Missing value for \"offset\".");
        assert_eq!(invoke("abs", &[v("1"), v("2")]).unwrap_err().summary(), "Too many function arguments");
        let error = invoke("setunion", &[]).unwrap_err();
        assert!(error.message.contains("at least 1"), "{}", error.message);
    }

    #[test]
    fn converts_arguments() {
        assert_eq!(invoke("upper", &[v("true")]).unwrap(), Value::from("TRUE"));
        let error = invoke("abs", &[v("\"x\"")]).unwrap_err();
        assert_eq!((error.argument, error.summary()), (Some(0), "Invalid function argument"));
        let error = invoke("max", &[v("1"), v("null")]).unwrap_err();
        assert_eq!((error.argument, error.message.as_str()), (Some(1), "argument must not be null"));
    }

    #[test]
    fn unknown_arguments_make_the_result_unknown_but_typed() {
        let result = invoke("upper", &[Value::unknown(Type::Dynamic)]).unwrap();
        assert_eq!(*result.kind(), Kind::Unknown(Type::String, Refinement { not_null: true, ..Refinement::default() }));
        assert_eq!(invoke("reverse", &[Value::unknown(Type::Dynamic)]).unwrap(), Value::unknown(Type::Dynamic));
        let result = invoke("max", &[v("1"), Value::unknown(Type::Number).marked(Marks::SENSITIVE)]).unwrap();
        assert!(result.is_unknown() && result.is_sensitive());
    }

    #[test]
    fn marks_go_to_the_result() {
        assert_eq!(invoke("upper", &[secret("a")]).unwrap(), secret("A"));
        let list = Value::tuple(vec![secret("b"), "a".into()]);
        assert_eq!(invoke("join", &["-".into(), list]).unwrap(), secret("b-a"));
    }

    #[test]
    fn messages_hide_secrets() {
        let error = invoke("base64decode", &[secret("hunter2!")]).unwrap_err();
        assert!(!error.message.contains("hunter2"), "{}", error.message);
        assert!(error.message.contains("(sensitive value)"), "{}", error.message);
    }
}
