//! Addresses as `moved` and `removed` blocks write them: fixed steps, relative to the module of the block.

use std::fmt;
use std::sync::Arc;

use super::references::{RESERVED, resource_name};
use crate::addr::{ConfigResource, InstanceKey, Mode, ModuleAddr, ModulePath, ResourceName};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::ast::{Access, Expr, ExprKind, Step};
use crate::value::Kind;

/// A module, a resource or an instance of one, seen from a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockAddr {
    /// Calls from the module of the block, each with the key that is written.
    pub module: ModuleAddr,
    /// The resource with the key that is written; `None` for the module itself.
    pub resource: Option<(ResourceName, InstanceKey)>,
}

impl fmt::Display for BlockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.module)?;
        let Some((resource, key)) = &self.resource else { return Ok(()) };
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{dot}{resource}{key}")
    }
}

/// A part of a traversal: a name or a key in brackets.
enum Part {
    Name(Arc<str>),
    Key(InstanceKey),
}

/// Reads the address of a `moved` block.
///
/// # Errors
/// The expression is no fixed traversal, or names something that has no instances.
pub(super) fn moved(expr: &Expr) -> Result<BlockAddr, Diagnostics> {
    let parts = parts(expr)?;
    let (module, rest) = modules(&parts, expr)?;
    let resource = match rest {
        [] => None,
        rest => Some(resource(rest, expr)?),
    };
    Ok(BlockAddr { module, resource })
}

/// Reads the address of a `removed` block: a block of the configuration, so without keys.
///
/// # Errors
/// The expression is no fixed traversal, names an instance, or a data source.
pub(super) fn removed(expr: &Expr) -> Result<(ModulePath, Option<ResourceName>), Diagnostics> {
    let parts = parts(expr)?;
    let (module, rest) = modules(&parts, expr)?;
    if module.0.iter().any(|(_, key)| *key != InstanceKey::None) {
        let detail = "A removed block stands for every instance of a module. Leave out the key in brackets.";
        return Err(Diagnostic::error("Module instance keys not allowed", detail).at(expr.span).into());
    }
    let resource = match rest {
        [] => None,
        rest => {
            let (name, used) = named(rest, expr)?;
            if rest.len() > used {
                let detail = "A removed block stands for every instance of a resource. Name the resource alone, such \
                              as aws_vpc.main.";
                return Err(Diagnostic::error("Resource instance keys not allowed", detail).at(expr.span).into());
            }
            if name.mode == Mode::Data {
                let detail = "A data source is only read and leaves the state with its block, so nothing has to be \
                              said about its end. Take this removed block out.";
                return Err(Diagnostic::error("Data source address not allowed", detail).at(expr.span).into());
            }
            Some(name)
        }
    };
    Ok((module.path(), resource))
}

/// Reads the resource that the `to` of an `import` block names. Its keys may be expressions where the block is repeated.
///
/// # Errors
/// The expression is no traversal, or names something that cannot be imported.
pub(super) fn import_target(expr: &Expr, repeated: bool) -> Result<ConfigResource, Diagnostics> {
    let managed_only = || {
        let detail = "Only an instance of a managed resource can be taken over, such as aws_vpc.main.";
        Diagnostic::error("Invalid import address", detail).at(expr.span)
    };
    let with_address = |mut found: Diagnostics| {
        found.push(managed_only());
        found
    };
    let parts = if repeated {
        match &expr.kind {
            ExprKind::Access(access) => names_of(access).ok_or_else(|| Diagnostics::from(managed_only()))?,
            _ => return Err(managed_only().into()),
        }
    } else {
        parts(expr).map_err(with_address)?
    };
    let (module, rest) = modules(&parts, expr)?;
    if rest.is_empty() {
        return Err(with_address(invalid("After the module a resource must be named: its type and its name.", expr)));
    }
    let (resource, _) = resource(rest, expr)?;
    if resource.mode != Mode::Managed {
        return Err(managed_only().into());
    }
    Ok(ConfigResource { module: module.path(), resource })
}

/// The names of a traversal; any key counts as one.
fn names_of(access: &Access) -> Option<Vec<Part>> {
    let ExprKind::Variable(root) = &access.source.kind else { return None };
    let steps = access.steps.iter().map(|step| match step {
        Step::Attr(ident) => Some(Part::Name(ident.name.clone())),
        Step::Index { .. } => Some(Part::Key(InstanceKey::Int(0))),
        Step::Splat { .. } => None,
    });
    [Some(Part::Name(root.clone()))].into_iter().chain(steps).collect()
}

/// The steps of a traversal whose keys are constants.
fn parts(expr: &Expr) -> Result<Vec<Part>, Diagnostics> {
    let wrong = || {
        let detail = "The address must be written out: names joined by dots, and keys in brackets that are fixed \
                      numbers or texts. Expressions, calls and templates cannot stand here.";
        Diagnostics::from(Diagnostic::error("Invalid expression", detail).at(expr.span))
    };
    match &expr.kind {
        ExprKind::Variable(name) => Ok(vec![Part::Name(name.clone())]),
        ExprKind::Access(access) => access_parts(access).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn access_parts(access: &Access) -> Option<Vec<Part>> {
    let ExprKind::Variable(root) = &access.source.kind else { return None };
    let steps = access.steps.iter().map(|step| match step {
        Step::Attr(ident) => Some(Part::Name(ident.name.clone())),
        Step::Index { key, .. } => match crate::eval::constant(key).ok()?.kind() {
            Kind::String(text) => Some(Part::Key(InstanceKey::Str(text.clone()))),
            Kind::Number(number) => u64::try_from(number.as_i64()?).ok().map(|at| Part::Key(InstanceKey::Int(at))),
            _ => None,
        },
        Step::Splat { .. } => None,
    });
    [Some(Part::Name(root.clone()))].into_iter().chain(steps).collect()
}

fn modules<'p>(parts: &'p [Part], expr: &Expr) -> Result<(ModuleAddr, &'p [Part]), Diagnostics> {
    let mut module = ModuleAddr::root();
    let mut rest = parts;
    while let [Part::Name(first), after @ ..] = rest
        && &**first == "module"
    {
        let [Part::Name(name), after @ ..] = after else {
            let detail = "The word module must be followed by a dot and the name of a module call.";
            return Err(Diagnostic::error("Invalid address operator", detail).at(expr.span).into());
        };
        let (key, after) = match after {
            [Part::Key(key), after @ ..] => (key.clone(), after),
            after => (InstanceKey::None, after),
        };
        module = module.child(name, key);
        rest = after;
    }
    Ok((module, rest))
}

fn resource(parts: &[Part], expr: &Expr) -> Result<(ResourceName, InstanceKey), Diagnostics> {
    let (name, used) = named(parts, expr)?;
    match &parts[used..] {
        [] => Ok((name, InstanceKey::None)),
        [Part::Key(key)] => Ok((name, key.clone())),
        [Part::Name(_), ..] => {
            Err(invalid("After a resource only the key of an instance may follow, in brackets.", expr))
        }
        [Part::Key(_), ..] => Err(invalid("Nothing may follow the key of an instance.", expr)),
    }
}

fn named(parts: &[Part], expr: &Expr) -> Result<(ResourceName, usize), Diagnostics> {
    let names: Vec<Option<&Arc<str>>> = parts
        .iter()
        .map(|part| match part {
            Part::Name(name) => Some(name),
            Part::Key(_) => None,
        })
        .collect();
    let root = names.first().copied().flatten();
    if let Some(root) = root.filter(|root| RESERVED.contains(&&***root)) {
        let detail = format!(
            "{root:?} begins a reference to a value and no resource type has this name. For a resource type of this \
             name write resource.{root} instead."
        );
        return Err(invalid(&detail, expr));
    }
    root.and_then(|root| resource_name(root, &names[1..]))
        .map(|(name, used)| (name, used + 1))
        .ok_or_else(|| invalid("A resource is named by its type, a dot and its name.", expr))
}

fn invalid(detail: &str, expr: &Expr) -> Diagnostics {
    Diagnostic::error("Invalid address", detail).at(expr.span).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse_expr;

    fn read<T>(text: &str, with: fn(&Expr) -> Result<T, Diagnostics>) -> Result<T, String> {
        let file = crate::source::SourceMap::default().add("main.tf", text);
        let (expr, _) = parse_expr(file, text, 0);
        with(&expr).map_err(|found| found.iter().next().unwrap().summary.clone())
    }

    #[test]
    fn an_address_is_a_fixed_traversal() {
        for text in ["module.a", "module.a[\"x\"].module.b[0]", "aws_vpc.a", "module.a.data.aws_ami.b[3]"] {
            assert_eq!(read(text, moved).unwrap().to_string(), text);
        }
        for (text, summary) in [
            ("\"aws_vpc.a\"", "Invalid expression"),
            ("aws_vpc.a[var.x]", "Invalid expression"),
            ("aws_vpc.a[*]", "Invalid expression"),
            ("aws_vpc.a.id", "Invalid address"),
            ("aws_vpc.a[0][1]", "Invalid address"),
            ("aws_vpc", "Invalid address"),
            ("var.x", "Invalid address"),
            ("module.a.b", "Invalid address"),
            ("module", "Invalid address operator"),
        ] {
            assert_eq!(read(text, moved).unwrap_err(), summary, "{text}");
        }
    }

    #[test]
    fn what_is_removed_has_no_keys() {
        assert!(read("module.a.aws_vpc.b", removed).is_ok());
        for (text, summary) in [
            ("aws_vpc.a[0]", "Resource instance keys not allowed"),
            ("aws_vpc.a.id", "Resource instance keys not allowed"),
            ("module.a[0].aws_vpc.b", "Module instance keys not allowed"),
            ("data.aws_ami.a", "Data source address not allowed"),
        ] {
            assert_eq!(read(text, removed).unwrap_err(), summary, "{text}");
        }
    }
}
