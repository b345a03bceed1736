//! Type constraints: the `type` argument of variables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind, Literal};
use crate::value::{self, Constraint, Defaults, ObjectType, Type};

/// Reads a type constraint such as `list(object({name = string, size = optional(number, 1)}))`.
///
/// # Errors
/// It is none, with the range of the wrong part.
pub fn read(expr: &Expr) -> Result<Constraint, Diagnostics> {
    let (ty, defaults) = constraint(expr)?;
    Ok(Constraint { ty, defaults: defaults.map(Arc::new) })
}

type Parsed = Result<(Type, Option<Defaults>), Diagnostics>;

fn constraint(expr: &Expr) -> Parsed {
    match &expr.kind {
        ExprKind::Variable(name) => keyword(name, expr.span),
        ExprKind::Literal(Literal::String(name)) => Err(quoted(name, expr.span)),
        ExprKind::Call(call) => constructor(call, expr.span),
        ExprKind::Parens(inner) => constraint(inner),
        _ => Err(invalid(
            expr.span,
            "A type specification is either a primitive type keyword (bool, number, string), any, or a complex type \
             constructor call, like list(string).",
        )),
    }
}

/// Before 0.12 types were written in quotes.
fn quoted(name: &str, span: Span) -> Diagnostics {
    let instead = match name {
        "string" => "string",
        "list" => "list(string)",
        "map" => "map(string)",
        _ => {
            let detail = "A type stands without quotes. Remove them.";
            return Diagnostic::error("Invalid legacy variable type hint", detail).at(span).into();
        }
    };
    let detail = format!("Types stand without quotes since version 0.12. Write {instead}.");
    Diagnostic::error("Invalid quoted type constraints", detail).at(span).into()
}

fn keyword(name: &str, span: Span) -> Parsed {
    let ty = match name {
        "bool" => Type::Bool,
        "string" => Type::String,
        "number" => Type::Number,
        "any" => Type::Dynamic,
        // Shorthand of old: any element type.
        "list" => Type::list(Type::Dynamic),
        "map" => Type::map(Type::Dynamic),
        "set" | "object" | "tuple" | "optional" => {
            return Err(invalid(span, &format!("The {name} type constructor requires arguments: {name}(…).")));
        }
        _ => {
            let near = crate::text::suggestion(name, ["bool", "string", "number", "any", "list", "map", "set"]);
            let near = near.map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
            return Err(invalid(span, &format!("The keyword {name:?} is not a valid type specification.{near}")));
        }
    };
    Ok((ty, None))
}

fn constructor(call: &Call, span: Span) -> Parsed {
    let name = &*call.name.name;
    let one = || match call.args.as_slice() {
        [arg] => Ok(arg),
        _ => Err(invalid(span, &format!("The {name} type constructor requires one argument."))),
    };
    match name {
        "list" | "set" | "map" => {
            let (element, defaults) = constraint(one()?)?;
            let ty = match name {
                "list" => Type::list(element),
                "set" => Type::set(element),
                _ => Type::map(element),
            };
            Ok((ty, defaults.map(|inner| children(BTreeMap::from([("".into(), Arc::new(inner))])))))
        }
        "tuple" => tuple(one()?),
        "object" => object(one()?),
        "optional" => Err(invalid(span, "optional(…) is only allowed on the attributes of an object type.")),
        _ => Err(invalid(call.name.span, &format!("{name:?} is not a type constructor."))),
    }
}

fn children(children: BTreeMap<Arc<str>, Arc<Defaults>>) -> Defaults {
    Defaults { children, ..Defaults::default() }
}

fn tuple(expr: &Expr) -> Parsed {
    let ExprKind::Tuple(items) = &expr.kind else {
        return Err(invalid(expr.span, "Tuple type constructor requires a list of element types: tuple([string])."));
    };
    let mut types = Vec::new();
    let mut inner = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let (ty, defaults) = constraint(item)?;
        types.push(ty);
        inner.extend(defaults.map(|defaults| (at.to_string().into(), Arc::new(defaults))));
    }
    Ok((Type::tuple(types), (!inner.is_empty()).then(|| children(inner))))
}

fn object(expr: &Expr) -> Parsed {
    let ExprKind::Object(items) = &expr.kind else {
        return Err(invalid(
            expr.span,
            "Object type constructor requires a map whose values are types: object({ name = string }).",
        ));
    };
    let mut ty = ObjectType { attributes: BTreeMap::new(), optional: BTreeSet::new() };
    let mut defaults = Defaults::default();
    for item in items {
        let name: Arc<str> = match &item.key.kind {
            ExprKind::Variable(name) => name.clone(),
            ExprKind::Literal(Literal::String(name)) => name.clone(),
            _ => return Err(invalid(item.key.span, "Object constructor map keys must be attribute names.")),
        };
        let (attribute, inner) = attribute(&name, &item.value, &mut ty, &mut defaults)?;
        ty.attributes.insert(name.clone(), attribute);
        defaults.children.extend(inner.map(|inner| (name, Arc::new(inner))));
    }
    let none = defaults.attributes.is_empty() && defaults.children.is_empty();
    Ok((Type::Object(Arc::new(ty)), (!none).then_some(defaults)))
}

/// The type of an object's attribute, which may be `optional(T)` or `optional(T, default)`.
fn attribute(name: &Arc<str>, expr: &Expr, object: &mut ObjectType, defaults: &mut Defaults) -> Parsed {
    let call = match &expr.kind {
        ExprKind::Call(call) if &*call.name.name == "optional" => call,
        _ => return constraint(expr),
    };
    let (ty, default) = match call.args.as_slice() {
        [ty] => (ty, None),
        [ty, default] => (ty, Some(default)),
        _ => return Err(invalid(expr.span, "optional takes a type and, if wanted, a default value.")),
    };
    let (ty, inner) = constraint(ty)?;
    object.optional.insert(name.clone());
    if let Some(expr) = default {
        let given = crate::eval::constant(expr)?;
        let given = inner.as_ref().map_or(given.clone(), |inner| value::apply_defaults(given, inner));
        let converted = value::convert(&given, &ty).map_err(|error| {
            let detail = format!("This default value is not compatible with the attribute's type constraint: {error}.");
            Diagnostics::from(Diagnostic::error("Invalid default value for optional attribute", detail).at(expr.span))
        })?;
        defaults.attributes.insert(name.clone(), converted);
    }
    Ok((ty, inner))
}

fn invalid(span: Span, detail: &str) -> Diagnostics {
    Diagnostic::error("Invalid type specification", detail).at(span).into()
}
