//! Conversion of values to types.

mod mismatch;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Kind, Marks, Number, ObjectType, Path, PathStep, Refinement, Type, Value, unify};

/// Why a value cannot have a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ConvertError {
    /// The part of the value that does not fit.
    pub path: Path,
    /// What is wrong: "a number is required".
    pub reason: String,
}

impl ConvertError {
    /// The reason after the place that it is about: `ports[0]: a number is required`.
    pub fn located(&self) -> String {
        if self.path.0.is_empty() { self.reason.clone() } else { format!("{}: {}", self.path, self.reason) }
    }
}

/// Converts a value to a type constraint as the language does for arguments and variables; marks and unknowns stay.
///
/// # Errors
/// Names the first part that does not fit.
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    if *ty == Type::Dynamic {
        return Ok(value.clone());
    }
    let given = value.ty();
    if given == *ty {
        return Ok(value.clone());
    }
    if !convertible(&given, ty) {
        return Err(ConvertError { path: Path::root(), reason: mismatch::reason(&given, ty) });
    }
    let mut at = Path::root();
    Conversion { path: &mut at }.run(value, &given, ty)
}

/// Whether values of one type can have the other; for some a value may still fail ("x" as a number).
pub(super) fn convertible(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (_, Type::Dynamic) | (Type::Dynamic, _) => true,
        (Type::Bool, Type::Number) | (Type::Number, Type::Bool) => false,
        (Type::Bool | Type::Number | Type::String, Type::Bool | Type::Number | Type::String) => true,
        (Type::List(from) | Type::Set(from), Type::List(to) | Type::Set(to)) | (Type::Map(from), Type::Map(to)) => {
            convertible(from, to)
        }
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(from, to)| convertible(from, to))
        }
        (Type::Tuple(from), Type::List(to) | Type::Set(to)) => match element_type(from, to) {
            Some(Type::Dynamic) => from.iter().all(|it| *it == Type::Dynamic),
            Some(element) => all_convertible(from.iter(), &element),
            None => from.is_empty(),
        },
        (Type::Object(from), Type::Map(to)) => {
            let types: Vec<Type> = from.attributes.values().cloned().collect();
            match element_type(&types, to) {
                Some(element) => all_convertible(types.iter(), &element),
                None => types.is_empty(),
            }
        }
        (Type::Object(from), Type::Object(to)) => to.attributes.iter().all(|(name, ty)| {
            from.attributes.get(name).map_or_else(|| to.optional.contains(name), |from| convertible(from, ty))
        }),
        (Type::Map(from), Type::Object(to)) => {
            to.attributes.iter().all(|(name, ty)| convertible(from, ty) || to.optional.contains(name))
        }
        _ => false,
    }
}

/// Long structures have few types, and most often the same one many times in a row.
fn all_convertible<'t>(types: impl Iterator<Item = &'t Type>, to: &Type) -> bool {
    let mut last = None;
    types.into_iter().all(|it| last == Some(it) || it == to || (convertible(it, to) && last.replace(it) != Some(it)))
}

/// The type that the elements of a collection get: the one that is asked for, or for `any` what all convert to.
fn element_type(types: &[Type], wanted: &Type) -> Option<Type> {
    if *wanted == Type::Dynamic { unify(types) } else { Some(wanted.clone()) }
}

/// Runs a conversion that is possible by the types.
struct Conversion<'p> {
    /// Where in the value the conversion is.
    path: &'p mut Path,
}

impl Conversion<'_> {
    fn run(&mut self, value: &Value, from: &Type, to: &Type) -> Result<Value, ConvertError> {
        if from == to || *to == Type::Dynamic {
            return Ok(value.clone());
        }
        let marks = value.marks();
        let converted = match value.kind() {
            Kind::Null(_) => Value::null(resolved(from, to)),
            Kind::Unknown(_, refinement) => unknown(from, resolved(from, to), refinement),
            _ if *from == Type::Dynamic => {
                // A known part of a value that is dynamic as a whole; its own type decides.
                let own = value.ty();
                if own == Type::Dynamic {
                    return Ok(value.clone());
                }
                if !convertible(&own, to) {
                    return Err(self.error(mismatch::reason(&own, to)));
                }
                return self.run(value, &own, to);
            }
            _ => self.known(value, from, to)?,
        };
        Ok(converted.marked(marks))
    }

    fn known(&mut self, value: &Value, from: &Type, to: &Type) -> Result<Value, ConvertError> {
        match (value.kind(), to) {
            (Kind::Number(number), Type::String) => Ok(Value::string(number.to_string())),
            (Kind::Bool(value), Type::String) => Ok(Value::string(if *value { "true" } else { "false" })),
            (Kind::String(text), Type::Number) => {
                Number::parse(text).map(Value::number).ok_or_else(|| self.error("a number is required"))
            }
            (Kind::String(text), Type::Bool) => self.bool(text),
            (Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items), Type::List(element)) => {
                if value.uncertain_length() {
                    return Ok(unknown(from, resolved(from, to), &value.refinement()));
                }
                let (element, items) = self.items(items, from, element)?;
                Ok(Value::list(element, items))
            }
            (Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items), Type::Set(element)) => {
                let (element, items) = self.items(items, from, element)?;
                Ok(Value::set(element, items))
            }
            (Kind::Tuple(items), Type::Tuple(types)) => self.tuple(items, from, types),
            (Kind::Map(_, items) | Kind::Object(items), Type::Map(element)) => self.map(items, from, element),
            (Kind::Object(items), Type::Object(object)) => self.object(items, from, object),
            (Kind::Map(_, items), Type::Object(object)) => self.object_of_map(items, from, object),
            _ => Err(self.error(mismatch::reason(from, to))),
        }
    }

    fn bool(&self, text: &str) -> Result<Value, ConvertError> {
        match text {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
                let lower = text.to_ascii_lowercase();
                Err(self.error(format!("a bool is required, which is written in lower case: \"{lower}\"")))
            }
            _ => Err(self.error("a bool is required")),
        }
    }

    /// Elements of a list, set or tuple as elements of one type, and that type.
    fn items(&mut self, items: &[Value], from: &Type, wanted: &Type) -> Result<(Type, Vec<Value>), ConvertError> {
        let element = match from {
            Type::Tuple(types) => element_type(types, wanted).unwrap_or(Type::Dynamic),
            _ => wanted.clone(),
        };
        let mut converted = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let given = match from {
                Type::Tuple(types) => &types[at],
                _ => from.element().unwrap_or(&Type::Dynamic),
            };
            converted.push(self.step(PathStep::Index(at), item, given, &element)?);
        }
        if !element.has_dynamic() {
            return Ok((element.without_optional(), converted));
        }
        let element = self.homogenise(converted.iter_mut(), from, &element)?;
        Ok((element, converted))
    }

    fn tuple(&mut self, items: &[Value], from: &Type, types: &[Type]) -> Result<Value, ConvertError> {
        let Type::Tuple(given) = from else { return Err(self.error("a tuple is required")) };
        let mut converted = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            converted.push(self.step(PathStep::Index(at), item, &given[at], &types[at])?);
        }
        Ok(Value::tuple(converted))
    }

    fn map(&mut self, items: &BTreeMap<Arc<str>, Value>, from: &Type, wanted: &Type) -> Result<Value, ConvertError> {
        let element = match from {
            Type::Object(object) if *wanted == Type::Dynamic => {
                let types: Vec<Type> = object.attributes.values().cloned().collect();
                unify(&types).unwrap_or(Type::Dynamic)
            }
            _ => wanted.clone(),
        };
        let mut converted = BTreeMap::new();
        for (name, item) in items {
            let given = match from {
                Type::Object(object) => &object.attributes[name],
                _ => from.element().unwrap_or(&Type::Dynamic),
            };
            converted.insert(name.clone(), self.step(PathStep::Name(name.clone()), item, given, &element)?);
        }
        if !element.has_dynamic() {
            return Ok(Value::map(element.without_optional(), converted));
        }
        let element = self.homogenise(converted.values_mut(), from, &element)?;
        Ok(Value::map(element, converted))
    }

    fn object(
        &mut self,
        items: &BTreeMap<Arc<str>, Value>,
        from: &Type,
        object: &ObjectType,
    ) -> Result<Value, ConvertError> {
        let Type::Object(given) = from else { return Err(self.error("an object is required")) };
        let mut converted = Vec::with_capacity(object.attributes.len());
        for (name, ty) in &object.attributes {
            let value = match items.get(name) {
                Some(item) => self.step(PathStep::Name(name.clone()), item, &given.attributes[name], ty)?,
                None => Value::null(ty.without_optional()),
            };
            converted.push((name.clone(), value));
        }
        Ok(Value::object(converted))
    }

    fn object_of_map(
        &mut self,
        items: &BTreeMap<Arc<str>, Value>,
        from: &Type,
        object: &ObjectType,
    ) -> Result<Value, ConvertError> {
        let given = from.element().unwrap_or(&Type::Dynamic);
        let mut converted = Vec::with_capacity(object.attributes.len());
        for (name, ty) in &object.attributes {
            let value = match items.get(name) {
                Some(_) if !convertible(given, ty) => {
                    let reason = mismatch::reason(given, ty);
                    return Err(self.error(format!("the map's elements do not fit the attribute \"{name}\": {reason}")));
                }
                Some(item) => self.step(PathStep::Name(name.clone()), item, given, ty)?,
                None if object.optional.contains(name) => Value::null(ty.without_optional()),
                None => return Err(self.error(format!("the map has no element for the required attribute \"{name}\""))),
            };
            converted.push((name.clone(), value));
        }
        Ok(Value::object(converted))
    }

    /// Brings elements that were converted to a type with `any` in it to one type, and gives that.
    fn homogenise<'v>(
        &mut self,
        items: impl Iterator<Item = &'v mut Value>,
        from: &Type,
        wanted: &Type,
    ) -> Result<Type, ConvertError> {
        let items: Vec<&mut Value> = items.collect();
        if items.is_empty() {
            let concrete = from.element().filter(|_| *wanted == Type::Dynamic);
            return Ok(concrete.unwrap_or(wanted).without_optional());
        }
        let types: Vec<Type> = items.iter().map(|it| it.ty()).collect();
        let mut concrete = types.iter().filter(|it| **it != Type::Dynamic);
        let first = concrete.next().cloned().unwrap_or(Type::Dynamic);
        let element = if concrete.all(|it| *it == first) {
            first
        } else {
            unify(&types).ok_or_else(|| self.error("all elements must have types that convert to one type"))?
        };
        for (item, ty) in items.into_iter().zip(&types) {
            if *ty != element {
                *item = self.run(item, ty, &element)?;
            }
        }
        Ok(element)
    }

    fn step(&mut self, step: PathStep, value: &Value, from: &Type, to: &Type) -> Result<Value, ConvertError> {
        if from == to {
            return Ok(value.clone());
        }
        self.path.0.push(step);
        let converted = self.run(value, from, to)?;
        self.path.0.pop();
        Ok(converted)
    }

    fn error(&self, reason: impl Into<String>) -> ConvertError {
        ConvertError { path: self.path.clone(), reason: reason.into() }
    }
}

impl Value {
    /// Whether it is a set whose unknown elements may turn out to be the same as others.
    pub(super) fn uncertain_length(&self) -> bool {
        matches!(self.kind(), Kind::Set(_, items) if items.len() > 1 && !self.is_wholly_known())
    }
}

/// An unknown after its conversion, with what stays true of it.
fn unknown(from: &Type, to: Type, known: &Refinement) -> Value {
    let mut refinement = Refinement { not_null: known.not_null, ..Refinement::default() };
    match (from, &to) {
        (Type::Object(object), Type::Map(_)) => exactly(&mut refinement, object.attributes.len()),
        (Type::Tuple(items), Type::List(_)) => exactly(&mut refinement, items.len()),
        (Type::Tuple(items), Type::Set(_)) => {
            exactly(&mut refinement, items.len());
            refinement.min_length = refinement.min_length.map(|it| it.min(1));
        }
        (from, to) if from.is_collection() && to.is_collection() => {
            let to_set = matches!(to, Type::Set(_));
            refinement.min_length = known.min_length.map(|it| if to_set { it.min(1) } else { it });
            refinement.max_length = known.max_length;
        }
        _ => {}
    }
    Value::refined(to, refinement)
}

fn exactly(refinement: &mut Refinement, length: usize) {
    refinement.min_length = Some(length as u64);
    refinement.max_length = Some(length as u64);
}

/// The type of an unknown or null after its conversion: `to` with what `from` says in the places of `any`.
fn resolved(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (Type::Dynamic, to) => to.without_optional(),
        (from, Type::Dynamic) => from.clone(),
        (Type::Tuple(from), Type::Tuple(to)) if from.len() == to.len() => {
            Type::tuple(from.iter().zip(to.iter()).map(|(from, to)| resolved(from, to)))
        }
        (from, Type::Object(to)) => Type::object(to.attributes.iter().map(|(name, ty)| {
            let given = match from {
                Type::Object(from) => from.attributes.get(name),
                from => from.element(),
            };
            (name.clone(), given.map_or_else(|| ty.without_optional(), |given| resolved(given, ty)))
        })),
        (from, Type::List(to)) => Type::list(resolved_element(from, to)),
        (from, Type::Set(to)) => Type::set(resolved_element(from, to)),
        (from, Type::Map(to)) => Type::map(resolved_element(from, to)),
        (_, to) => to.without_optional(),
    }
}

fn resolved_element(from: &Type, to: &Type) -> Type {
    if !to.has_dynamic() {
        return to.without_optional();
    }
    let given = match from {
        Type::Tuple(types) => unify(types),
        Type::Object(object) => unify(&object.attributes.values().cloned().collect::<Vec<_>>()),
        from => from.element().cloned(),
    };
    given.map_or_else(|| to.without_optional(), |given| resolved(&given, to))
}

/// Moves all marks of parts to the value as a whole.
impl Value {
    /// The value without the marks of its parts, which are added to its own.
    #[must_use]
    pub fn marks_raised(self) -> Self {
        let marks = self.deep_marks();
        if marks == Marks::NONE { self } else { self.without_marks(marks).marked(marks) }
    }
}

#[cfg(test)]
mod tests;
