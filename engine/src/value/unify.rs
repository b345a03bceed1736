//! The one type that several values can be converted to.

use std::cmp::Ordering;

use indexmap::IndexSet;

use super::convert::convertible;
use super::{ObjectType, Type};

/// The type to which values of all of `types` convert, as conditionals, `tolist` and `for` need it; `None` where
/// there is none. `Dynamic` among them makes the result `Dynamic` or the type of the others, as the oracle does.
pub fn unify(types: &[Type]) -> Option<Type> {
    unify_distinct(&types.iter().collect())
}

/// Why the results of a conditional have no type in common, without a full stop: what the two are, at the first place
/// where they part.
pub fn mismatch_text(yes: &Type, no: &Type) -> String {
    let apart = |yes: &Type, no: &Type| unify(&[yes.clone(), no.clone()]).is_none();
    match (yes, no) {
        (Type::Object(left), Type::Object(right)) => {
            let shared = left.attributes.iter().filter_map(|(name, ty)| Some((name, ty, right.attributes.get(name)?)));
            let first = shared.into_iter().find(|(_, yes, no)| apart(yes, no));
            if let Some((name, yes, no)) = first {
                return format!("Type mismatch for object attribute {name:?}: {}", mismatch_text(yes, no));
            }
            let only = |one: &ObjectType, other: &ObjectType| {
                one.attributes.keys().find(|it| !other.attributes.contains_key(*it)).cloned()
            };
            match (only(left, right), only(right, left)) {
                (Some(name), _) => {
                    format!("The 'true' value has the attribute {name:?}, and the 'false' value has not")
                }
                (None, Some(name)) => {
                    format!("The 'false' value has the attribute {name:?}, and the 'true' value has not")
                }
                _ => "The attributes of the two objects have no type in common".into(),
            }
        }
        (Type::Tuple(left), Type::Tuple(right)) => {
            let first = left.iter().zip(right.iter()).enumerate().find(|(_, (yes, no))| apart(yes, no));
            match first {
                Some((at, (yes, no))) => format!("Type mismatch for tuple element {at}: {}", mismatch_text(yes, no)),
                None => format!("The 'true' tuple has {} elements, the 'false' tuple {}", left.len(), right.len()),
            }
        }
        (Type::List(yes), Type::List(no)) | (Type::Set(yes), Type::Set(no)) | (Type::Map(yes), Type::Map(no)) => {
            format!("Type mismatch for the elements: {}", mismatch_text(yes, no))
        }
        _ => format!("The 'true' value is {}, but the 'false' value is {}", yes.friendly_name(), no.friendly_name()),
    }
}

/// Works on each type once, in the order of first appearance: long collections have few types.
fn unify_distinct(types: &IndexSet<&Type>) -> Option<Type> {
    if types.len() <= 1 {
        return types.first().map(|it| (*it).clone());
    }
    let kinds = Kinds::of(types);
    let others = types.len() - kinds.dynamic;
    if kinds.same_kind(others) && kinds.dynamic > 0 {
        // Which way the known ones go depends on what the unknown ones turn out to be.
        return Some(Type::Dynamic);
    }
    if kinds.maps == others || kinds.lists == others || kinds.sets == others {
        return unify_collections(types);
    }
    if kinds.objects == others {
        return unify_objects(types);
    }
    if kinds.tuples == others {
        return unify_tuples(types);
    }
    if kinds.objects > 0 && kinds.tuples > 0 {
        return None;
    }
    let as_collections = if kinds.maps > 0 && kinds.maps + kinds.objects == others {
        with_structures_as(types, objects_to_map)
    } else if kinds.lists > 0 && kinds.lists + kinds.tuples == others {
        with_structures_as(types, tuples_to_list)
    } else {
        None
    };
    as_collections.or_else(|| one_of(types))
}

/// How many types there are of each kind.
#[derive(Default)]
struct Kinds {
    maps: usize,
    lists: usize,
    sets: usize,
    objects: usize,
    tuples: usize,
    dynamic: usize,
}

impl Kinds {
    fn of(types: &IndexSet<&Type>) -> Self {
        let mut kinds = Self::default();
        for ty in types {
            match ty {
                Type::Map(_) => kinds.maps += 1,
                Type::List(_) => kinds.lists += 1,
                Type::Set(_) => kinds.sets += 1,
                Type::Object(_) => kinds.objects += 1,
                Type::Tuple(_) => kinds.tuples += 1,
                Type::Dynamic => kinds.dynamic += 1,
                Type::Bool | Type::Number | Type::String => {}
            }
        }
        kinds
    }

    fn same_kind(&self, count: usize) -> bool {
        [self.maps, self.lists, self.sets, self.objects, self.tuples].contains(&count)
    }
}

fn unify_collections(types: &IndexSet<&Type>) -> Option<Type> {
    let element = unify_distinct(&types.iter().filter_map(|it| it.element()).collect())?;
    match types.first()? {
        Type::Map(_) => Some(Type::map(element)),
        Type::Set(_) => Some(Type::set(element)),
        _ => Some(Type::list(element)),
    }
}

/// Objects with the same attributes unify attribute by attribute, others as a map.
fn unify_objects(types: &IndexSet<&Type>) -> Option<Type> {
    let objects: Vec<&ObjectType> = types.iter().filter_map(|it| as_object(it)).collect();
    let first = objects.first()?;
    if !objects.iter().all(|it| it.attributes.keys().eq(first.attributes.keys())) {
        return objects_to_map(types);
    }
    let mut attributes = Vec::with_capacity(first.attributes.len());
    for name in first.attributes.keys() {
        let across = objects.iter().filter_map(|it| it.attributes.get(name)).collect();
        attributes.push((name.clone(), unify_distinct(&across)?));
    }
    let unified = Type::object(attributes);
    if all_convert(types, &unified) { Some(unified) } else { objects_to_map(types) }
}

/// Tuples of the same length unify element by element, others as a list.
fn unify_tuples(types: &IndexSet<&Type>) -> Option<Type> {
    let tuples: Vec<&[Type]> = types.iter().filter_map(|it| as_tuple(it)).collect();
    let first = tuples.first()?;
    if !tuples.iter().all(|it| it.len() == first.len()) {
        return tuples_to_list(types);
    }
    let mut items = Vec::with_capacity(first.len());
    for at in 0..first.len() {
        items.push(unify_distinct(&tuples.iter().map(|it| &it[at]).collect())?);
    }
    let unified = Type::tuple(items);
    if all_convert(types, &unified) { Some(unified) } else { tuples_to_list(types) }
}

fn objects_to_map(types: &IndexSet<&Type>) -> Option<Type> {
    let element = types.iter().filter_map(|it| as_object(it)).flat_map(|it| it.attributes.values()).collect();
    let map = Type::map(unify_distinct(&element)?);
    types.iter().all(|it| as_object(it).is_none() || convertible(it, &map)).then_some(map)
}

fn tuples_to_list(types: &IndexSet<&Type>) -> Option<Type> {
    let element = types.iter().filter_map(|it| as_tuple(it)).flatten().collect();
    let list = Type::list(unify_distinct(&element)?);
    types.iter().all(|it| as_tuple(it).is_none() || convertible(it, &list)).then_some(list)
}

/// Tries with the collection that all structures among the types make, beside the collections that are there.
fn with_structures_as(types: &IndexSet<&Type>, merge: fn(&IndexSet<&Type>) -> Option<Type>) -> Option<Type> {
    let merged = merge(types)?;
    let replaced =
        types.iter().map(|it| if matches!(it, Type::Object(_) | Type::Tuple(_)) { &merged } else { *it }).collect();
    unify_distinct(&replaced).filter(Type::is_collection)
}

/// The first of the types, in order of preference, to which all convert.
fn one_of(types: &IndexSet<&Type>) -> Option<Type> {
    let mut rest: Vec<&Type> = types.iter().copied().collect();
    while !rest.is_empty() {
        let best =
            rest.iter().position(|it| !rest.iter().any(|other| preference(other, it) == Ordering::Less)).unwrap_or(0);
        let candidate = rest.remove(best);
        if all_convert(types, candidate) {
            return Some(candidate.clone());
        }
    }
    None
}

fn all_convert(types: &IndexSet<&Type>, to: &Type) -> bool {
    types.iter().all(|it| convertible(it, to))
}

/// `Less` where `left` is the better result: text before other primitives, lists before sets and tuples, maps before
/// objects, anything before `Dynamic`.
fn preference(left: &Type, right: &Type) -> Ordering {
    match (left, right) {
        (Type::Dynamic, Type::Dynamic) => Ordering::Equal,
        (Type::Dynamic, _) => Ordering::Greater,
        (_, Type::Dynamic) => Ordering::Less,
        (Type::String, Type::Bool | Type::Number) => Ordering::Less,
        (Type::Bool | Type::Number, Type::String) => Ordering::Greater,
        (Type::List(left), Type::List(right))
        | (Type::Set(left), Type::Set(right))
        | (Type::Map(left), Type::Map(right)) => preference(left, right),
        (Type::List(_) | Type::Tuple(_), Type::Set(_)) | (Type::List(_), Type::Tuple(_)) => Ordering::Less,
        (Type::Set(_), Type::List(_) | Type::Tuple(_)) | (Type::Tuple(_), Type::List(_)) => Ordering::Greater,
        (Type::Map(_), Type::Object(_)) => Ordering::Less,
        (Type::Object(_), Type::Map(_)) => Ordering::Greater,
        (Type::Object(left), Type::Object(right)) if left.attributes.keys().eq(right.attributes.keys()) => {
            joint(left.attributes.values().zip(right.attributes.values()))
        }
        (Type::Tuple(left), Type::Tuple(right)) if left.len() == right.len() => joint(left.iter().zip(right.iter())),
        _ => Ordering::Equal,
    }
}

/// The preference on which all pairs agree.
fn joint<'t>(pairs: impl Iterator<Item = (&'t Type, &'t Type)>) -> Ordering {
    let orders: Vec<Ordering> = pairs.map(|(left, right)| preference(left, right)).collect();
    match (orders.contains(&Ordering::Less), orders.contains(&Ordering::Greater)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

fn as_object(ty: &Type) -> Option<&ObjectType> {
    match ty {
        Type::Object(object) => Some(object),
        _ => None,
    }
}

fn as_tuple(ty: &Type) -> Option<&[Type]> {
    match ty {
        Type::Tuple(items) => Some(items),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(types: &[Type]) -> String {
        unify(types).map_or("-".into(), |it| it.to_string())
    }

    fn tuple(items: &[Type]) -> Type {
        Type::tuple(items.iter().cloned())
    }

    #[test]
    fn text_takes_primitives_that_do_not_take_each_other() {
        assert_eq!(unified(&[Type::Number, Type::Bool]), "-");
        assert_eq!(unified(&[Type::Number, Type::String, Type::Bool]), "string");
        assert_eq!(unified(&[Type::Dynamic, Type::Number]), "number");
        assert_eq!(unified(&[Type::Dynamic, Type::Dynamic]), "any");
        assert_eq!(unified(&[]), "-");
    }

    #[test]
    fn tuples_and_objects_unify_inside_or_become_collections() {
        let (n, s) = (Type::Number, Type::String);
        assert_eq!(unified(&[tuple(std::slice::from_ref(&n)), tuple(std::slice::from_ref(&s))]), "tuple([string])");
        assert_eq!(unified(&[tuple(&[]), tuple(std::slice::from_ref(&s))]), "list(string)");
        assert_eq!(unified(&[tuple(&[]), tuple(&[n.clone(), Type::Bool])]), "-");
        let objects = [Type::object([("a", n.clone())]), Type::object([("b", s.clone())])];
        assert_eq!(unified(&objects), "map(string)");
        let objects = [Type::object([("a", n.clone())]), Type::object([("a", Type::Dynamic)])];
        assert_eq!(unified(&objects), "object({a=number})");
        assert_eq!(unified(&[tuple(&[]), Type::object::<&str>([])]), "-");
        assert_eq!(unified(&[Type::Dynamic, tuple(&[n])]), "any");
    }

    #[test]
    fn collections_take_structures() {
        let (n, s) = (Type::Number, Type::String);
        assert_eq!(unified(&[Type::list(s.clone()), tuple(std::slice::from_ref(&n))]), "list(string)");
        assert_eq!(unified(&[Type::set(s.clone()), tuple(std::slice::from_ref(&s))]), "set(string)");
        assert_eq!(unified(&[Type::set(s.clone()), Type::list(s.clone())]), "list(string)");
        assert_eq!(unified(&[Type::map(n.clone()), Type::object([("b", s.clone())])]), "map(string)");
        assert_eq!(unified(&[Type::list(n), Type::list(s)]), "list(string)");
    }
}
