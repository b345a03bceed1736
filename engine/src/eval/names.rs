//! What an expression may name, and how its steps look once their keys are known.

use super::expr::Evaluated;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::functions;
use crate::source::Span;
use crate::syntax::ast::{Expr, Ident, Step};
use crate::value::Value;

/// Gives names their values.
pub trait Names {
    /// The value that `root` and as many of `steps` as it likes name, and how many steps it took.
    ///
    /// # Errors
    /// There is no such thing, or its own evaluation failed.
    fn resolve(&mut self, root: &str, steps: &[StepValue<'_>], span: Span) -> Result<(Value, usize), Diagnostics>;

    /// Calls a function of the table or of a provider.
    ///
    /// # Errors
    /// There is no such function, or the call failed.
    fn call(&mut self, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated;

    /// Whether diagnostics are for somebody to read, so that looking up values for them is worth the time.
    fn explains(&self) -> bool {
        true
    }
}

/// The same names, where an error only decides what happens next and nobody will read it.
pub(super) struct Quiet<'n>(pub &'n mut dyn Names);

impl Names for Quiet<'_> {
    fn resolve(&mut self, root: &str, steps: &[StepValue<'_>], span: Span) -> Result<(Value, usize), Diagnostics> {
        self.0.resolve(root, steps, span)
    }

    fn call(&mut self, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
        self.0.call(name, args, spans)
    }

    fn explains(&self) -> bool {
        false
    }
}

/// Ranges of a call, for its diagnostics.
pub struct CallSpans<'a> {
    /// The name as written.
    pub called: &'a str,
    /// The name.
    pub name: Span,
    /// The whole call.
    pub call: Span,
    /// Each argument as written; an expanded last one stands for all of its elements.
    pub args: &'a [Expr],
}

/// A step whose key has been evaluated.
pub enum StepValue<'e> {
    /// `.name`
    Attr(&'e Ident),
    /// `[key]`
    Index(Value, Span),
    /// `[*]` or `.*`
    Splat {
        /// Steps per element.
        each: &'e [Step],
        /// `[*]` and not `.*`.
        full: bool,
        /// The operator.
        span: Span,
    },
}

impl StepValue<'_> {
    /// The range of the step.
    pub fn span(&self) -> Span {
        match self {
            StepValue::Attr(ident) => ident.span,
            StepValue::Index(_, span) | StepValue::Splat { span, .. } => *span,
        }
    }
}

/// A variable of a `for` expression, and those around it.
pub struct Frame<'p> {
    /// Name.
    pub name: &'p str,
    /// Value.
    pub value: Value,
    /// The frame around this one.
    pub outer: Option<&'p Frame<'p>>,
}

impl Frame<'_> {
    /// The value of the innermost variable of a name.
    pub fn find(&self, name: &str) -> Option<&Value> {
        let mut frame = self;
        loop {
            if frame.name == name {
                return Some(&frame.value);
            }
            frame = frame.outer?;
        }
    }
}

/// Nothing may be named: literals and operators only.
pub struct Constants;

impl Names for Constants {
    fn resolve(&mut self, _root: &str, _steps: &[StepValue<'_>], span: Span) -> Result<(Value, usize), Diagnostics> {
        Err(Diagnostic::error("Variables not allowed", "Variables may not be used here.").at(span).into())
    }

    fn call(&mut self, _name: &str, _args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
        Err(Diagnostic::error("Function calls not allowed", "Functions may not be called here.").at(spans.call).into())
    }
}

/// The variables of a template and nothing else.
pub struct TemplateNames<'a> {
    /// An object or map.
    pub variables: &'a Value,
    /// Where functions are called.
    pub functions: &'a functions::Context<'a>,
    /// The first variable that was missing, and where it is named.
    pub missing: &'a std::cell::RefCell<Option<(String, Span)>>,
}

impl Names for TemplateNames<'_> {
    fn resolve(&mut self, root: &str, _steps: &[StepValue<'_>], span: Span) -> Result<(Value, usize), Diagnostics> {
        if let Some(value) = self.variables.get(root) {
            return Ok((value.clone(), 0));
        }
        self.missing.borrow_mut().get_or_insert_with(|| (root.to_owned(), span));
        let detail = format!("There is no variable named {root:?}.");
        Err(Diagnostic::error("Unknown variable", detail).at(span).into())
    }

    fn call(&mut self, name: &str, args: &[Value], spans: &CallSpans<'_>) -> Evaluated {
        super::call::table(self.functions, name, args, spans)
    }

    /// The error of a template becomes one line of the error of its function.
    fn explains(&self) -> bool {
        false
    }
}
