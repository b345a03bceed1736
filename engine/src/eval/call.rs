//! Function calls, and the two functions that decide themselves what is evaluated.

use super::expr::{Evaluated, all, eval};
use super::names::{CallSpans, Frame, Names, Quiet};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::functions;
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind, Literal};
use crate::value::{self, Marks, Type, Value};

/// Evaluates a call: the arguments first, but for `try` and `can`.
pub(super) fn eval_call(call: &Call, span: Span, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    match &*call.name.name {
        "try" | "core::try" => return first_without_error(call, span, names, frame),
        "can" | "core::can" => return can(call, span, names, frame),
        _ => {}
    }
    let mut args = all(&call.args, names, frame)?;
    if let ("templatestring" | "core::templatestring", Some(template)) = (&*call.name.name, call.args.first()) {
        direct_reference(template)?;
    }
    let mut marks = Marks::NONE;
    if call.expand_last {
        let last = args.pop().unwrap_or_else(|| Value::tuple(Vec::new()));
        let (last, of_last) = last.unmarked();
        marks = of_last;
        if last.is_unknown() {
            return Ok(Value::unknown(Type::Dynamic).marked(marks));
        }
        match last.as_slice() {
            Some(items) => args.extend_from_slice(items),
            None => return Err(not_expandable(call, &last)),
        }
    }
    let spans = CallSpans { called: &call.name.name, name: call.name.span, call: span, args: &call.args };
    names.call(&call.name.name, &args, &spans).map(|value| value.marked(marks))
}

/// Calls a function of the language's table.
pub(super) fn table(context: &functions::Context<'_>, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
    let Some(function) = functions::find(name) else { return Err(unknown(name).at(spans.name).into()) };
    invoke(function, name, context, args, spans)
}

/// There is no such function. What stands in a namespace that is not the core's comes from a provider.
fn unknown(name: &str) -> Diagnostic {
    let Some((namespace, last)) = name.rsplit_once("::") else {
        let near = functions::suggestion(name).map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
        return Diagnostic::error("Call to unknown function", format!("There is no function named {name:?}.{near}"));
    };
    let detail = match (namespace, functions::suggestion(last)) {
        ("core", Some(near)) => format!("There is no function named {name:?}. Did you mean \"core::{near}\"?"),
        ("core", None) => format!("There is no function named {name:?}."),
        _ => format!(
            "There is no function named {name:?}. A function of a provider is called provider::NAME::FUNCTION, with the \
             provider's name from required_providers."
        ),
    };
    Diagnostic::error("Unknown provider function", detail)
}

/// Calls a function; the diagnostic of a failed call is at the argument that is wrong, where one is.
pub(super) fn invoke(
    function: &functions::Function,
    called: &str,
    context: &functions::Context<'_>,
    args: &[Value],
    spans: &CallSpans<'_>,
) -> Evaluated {
    functions::call(function, context, args).map_err(|error| {
        let at = error.argument.and_then(|at| spans.args.get(at).or(spans.args.last()));
        let span = at.map_or(spans.call, |it| it.span);
        let diagnostic = Diagnostic::error(error.summary(), error.detail(called, function)).at(span);
        Diagnostic { function: Some(spans.called.to_owned()), ..diagnostic }.into()
    })
}

/// The last argument's elements, where three dots ask for them.
enum Expanded {
    /// These, and the expressions before them.
    Items(Vec<Value>),
    /// It is not known yet which.
    Unknown(Marks),
}

fn expanded(call: &Call, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Result<Expanded, Diagnostics> {
    let Some(last) = call.args.last().filter(|_| call.expand_last) else { return Ok(Expanded::Items(Vec::new())) };
    let (last, marks) = eval(last, names, frame)?.unmarked();
    if last.is_unknown() {
        return Ok(Expanded::Unknown(marks));
    }
    match last.as_slice() {
        Some(items) => Ok(Expanded::Items(items.iter().map(|it| it.clone().marked(marks)).collect())),
        None => Err(not_expandable(call, &last)),
    }
}

fn first_without_error(call: &Call, span: Span, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let more = match expanded(call, names, frame)? {
        Expanded::Items(items) => items,
        Expanded::Unknown(marks) => return Ok(Value::unknown(Type::Dynamic).marked(marks)),
    };
    let mut diagnostics = Vec::new();
    let written = &call.args[..call.args.len() - usize::from(call.expand_last)];
    for arg in written {
        match eval(arg, &mut Quiet(names), frame) {
            Ok(value) => return Ok(settled(value)),
            Err(found) => diagnostics.extend(found),
        }
    }
    if let Some(value) = more.into_iter().next() {
        return Ok(settled(value));
    }
    let reasons: Vec<_> = diagnostics.iter().map(|it| format!("- {}: {}", it.summary, it.detail)).collect();
    let detail = if reasons.is_empty() {
        "Call to function \"try\" failed: at least one argument is required.".to_owned()
    } else {
        format!(
            "Call to function \"try\" failed: no expression succeeded:\n{}\n\nAt least one expression must produce a \
             successful result.",
            reasons.join("\n")
        )
    };
    Err(Diagnostic::error("Error in function call", detail).at(span).into())
}

/// A value of `try`. What is unknown may yet turn out to fail, and then a later argument would be the result.
fn settled(value: Value) -> Value {
    if value.is_wholly_known() { value } else { Value::unknown(Type::Dynamic).marked(value.deep_marks()) }
}

fn can(call: &Call, span: Span, names: &mut dyn Names, frame: Option<&Frame<'_>>) -> Evaluated {
    let more = match expanded(call, names, frame)? {
        Expanded::Items(items) => items,
        Expanded::Unknown(marks) => return Ok(Value::unknown(Type::Dynamic).marked(marks)),
    };
    let written = &call.args[..call.args.len() - usize::from(call.expand_last)];
    let result = match (written, more.as_slice()) {
        ([arg], []) => eval(arg, &mut Quiet(names), frame),
        ([], [value]) => Ok(value.clone()),
        (written, more) => {
            let (summary, detail) = if written.is_empty() && more.is_empty() {
                (
                    "Not enough function arguments",
                    "Function \"can\" expects 1 argument(s). Missing value for \"expression\".",
                )
            } else {
                ("Too many function arguments", "Function \"can\" expects only 1 argument(s).")
            };
            return Err(Diagnostic::error(summary, detail).at(span).into());
        }
    };
    Ok(match result {
        Ok(value) if !value.is_wholly_known() => Value::unknown(Type::Bool).marked(value.deep_marks()),
        // That there is a value tells nothing of it.
        Ok(_) => Value::from(true),
        Err(_) => Value::from(false),
    })
}

/// The template of `templatestring` comes from elsewhere: a text that is put together in place could stand there itself.
fn direct_reference(template: &Expr) -> Result<(), Diagnostics> {
    let mut source = template;
    while let ExprKind::Access(access) = &source.kind {
        source = &access.source;
    }
    let way_out = match &source.kind {
        ExprKind::Variable(_) => return Ok(()),
        ExprKind::Wrapped(_) => "write the reference without ${ and } around it",
        ExprKind::Template(_) | ExprKind::Literal(Literal::String(_)) => {
            "a template that is written in place is an expression by itself and needs no function"
        }
        _ => "give the expression a name with a local value, and refer to that",
    };
    let detail = format!(
        "Invalid value for \"template\" parameter: invalid template expression: it must be a direct reference to a text \
         from elsewhere; {way_out}."
    );
    Err(Diagnostic::error("Invalid function argument", detail).at(template.span).into())
}

fn not_expandable(call: &Call, last: &Value) -> Diagnostics {
    let detail = if last.is_null() {
        "The expanding argument (indicated by ...) must not be null.".to_owned()
    } else {
        format!(
            "The expanding argument (indicated by ...) must be of a tuple, list, or set type, not {}.",
            value::type_text(&last.ty())
        )
    };
    let span = call.args.last().map_or(call.name.span, |it| it.span);
    let diagnostic = Diagnostic::error("Invalid expanding argument value", detail).at(span);
    Diagnostic { function: Some(call.name.name.to_string()), ..diagnostic }.into()
}
