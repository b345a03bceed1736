//! Builds the tree of differences from two values and a schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use plumb_engine::schema::{self, Nesting};
use plumb_engine::value::{Kind, Marks, Path, PathStep, Type, Value, to_json};

use super::sequence::{self, Pairing};
use super::{BlockChange, Change, Marker, Node, Transition, text};

/// The differences of two objects of a resource type; a null object is absent. `replace` are the paths that force a
/// replacement.
pub fn block(before: &Value, after: &Value, schema: &schema::Block, replace: &[Path]) -> Change {
    let paths = Paths(replace.iter().map(|path| &path.0[..]).collect());
    compare_block(present(before), present(after), schema, &paths)
}

/// The differences of two values without a schema, such as outputs; a null value is absent.
pub fn value(before: &Value, after: &Value) -> Change {
    compare(Sides { before: present(before), after: present(after), loose: true }, &Paths::default())
}

/// Both sides of a part; `None` where it does not exist.
#[derive(Clone, Copy)]
struct Sides<'v> {
    before: Option<&'v Value>,
    after: Option<&'v Value>,
    /// Maps are shown as objects and sets as lists: within an attribute of dynamic type, as in JSON.
    loose: bool,
}

/// What is left of the paths that force a replacement, seen from a part.
#[derive(Clone, Default)]
struct Paths<'p>(Vec<&'p [PathStep]>);

impl<'p> Paths<'p> {
    fn here(&self) -> bool {
        self.0.iter().any(|path| path.is_empty())
    }

    fn here_or_within(&self) -> bool {
        !self.0.is_empty()
    }

    fn name(&self, name: &str) -> Paths<'p> {
        self.step(|step| matches!(step, PathStep::Name(it) if **it == *name))
    }

    /// The element that is at `after` once the change is made, or that was at `before` if it is removed.
    fn element(&self, (before, after): Pairing) -> Paths<'p> {
        self.step(|step| matches!(step, PathStep::Index(it) if Some(*it) == after.or(before)))
    }

    fn step(&self, fits: impl Fn(&PathStep) -> bool) -> Paths<'p> {
        let inner = self.0.iter().filter_map(|path| path.split_first());
        Paths(inner.filter(|(step, _)| fits(step)).map(|(_, rest)| rest).collect())
    }
}

fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

fn compare_block(before: Option<&Value>, after: Option<&Value>, schema: &schema::Block, paths: &Paths<'_>) -> Change {
    if let Some(hidden) = hide(before, after, paths, false) {
        return hidden;
    }
    if after.is_some_and(Value::is_unknown) {
        let before = before.map(|it| Box::new(compare_block(Some(it), None, schema, &Paths::default())));
        return Change {
            marker: unknown_marker(before.is_some()),
            replace: paths.here(),
            node: Node::Unknown { before },
        };
    }
    let mut content = BlockChange::default();
    for (name, attribute) in &schema.attributes {
        let sides = Sides {
            before: before.and_then(|it| it.get(name)).and_then(present),
            after: after.and_then(|it| it.get(name)).and_then(present),
            loose: attribute.ty == Type::Dynamic,
        };
        if sides.before.is_none() && sides.after.is_none() {
            continue;
        }
        let paths = paths.name(name);
        let hidden = hide(sides.before, sides.after, &paths, attribute.sensitive);
        content.attributes.push((name.to_string(), hidden.unwrap_or_else(|| compare(sides, &paths))));
    }
    for (name, nested) in &schema.blocks {
        let (before, after) = (before.and_then(|it| it.get(name)), after.and_then(|it| it.get(name)));
        let blocks = compare_blocks(before, after, nested, &paths.name(name));
        if !blocks.is_empty() {
            content.blocks.push((name.to_string(), blocks));
        }
    }
    let parts = content.attributes.iter().map(|(_, it)| it).chain(content.blocks.iter().flat_map(|(_, it)| it));
    let marker = container(before.is_some(), after.is_some(), parts);
    Change { marker, replace: paths.here(), node: Node::Block(content) }
}

/// The blocks of one type name.
fn compare_blocks(
    before: Option<&Value>,
    after: Option<&Value>,
    nested: &schema::NestedBlock,
    paths: &Paths<'_>,
) -> Vec<Change> {
    let single = nested.nesting == Nesting::Single;
    let whole = |it: &&Value| it.is_unknown() || it.is_sensitive();
    if single || before.filter(whole).is_some() || after.filter(whole).is_some() {
        let (before, after) = (before.and_then(blocks_present), after.and_then(blocks_present));
        if before.is_none() && after.is_none() {
            return Vec::new();
        }
        if single || hide(before, after, paths, false).is_some() {
            return vec![compare_block(before, after, &nested.block, paths)];
        }
        let before = before
            .map(|it| Box::new(compare(Sides { before: Some(it), after: None, loose: false }, &Paths::default())));
        let marker = unknown_marker(before.is_some());
        return vec![Change { marker, replace: paths.here(), node: Node::Unknown { before } }];
    }
    let (before, after) = (elements(before), elements(after));
    let pairs = match nested.nesting {
        Nesting::Set => sequence::by_equality(before, after),
        _ => sequence::align(before, after),
    };
    let changes = pairs.into_iter().map(|pair| {
        let (before, after) = (pair.0.map(|at| &before[at]), pair.1.map(|at| &after[at]));
        let mut change = compare_block(before, after, &nested.block, &paths.element(pair));
        change.replace |= paths.here() && change.marker != Marker::Same;
        change
    });
    changes.collect()
}

/// Neither null nor a collection without elements.
fn blocks_present(value: &Value) -> Option<&Value> {
    present(value).filter(|it| it.as_slice().is_none_or(|items| !items.is_empty()))
}

fn elements(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_slice).unwrap_or(&[])
}

fn compare(sides: Sides<'_>, paths: &Paths<'_>) -> Change {
    if let Some(hidden) = hide(sides.before, sides.after, paths, false) {
        return hidden;
    }
    let replace = paths.here();
    if sides.after.is_some_and(Value::is_unknown) {
        let before = sides
            .before
            .map(|it| Box::new(compare(Sides { before: Some(it), after: None, ..sides }, &Paths::default())));
        return Change { marker: unknown_marker(before.is_some()), replace, node: Node::Unknown { before } };
    }
    if let (Some(before), Some(after)) = (sides.before, sides.after)
        && form(before, sides.loose) != form(after, sides.loose)
    {
        return Change { replace, ..retyped(before, after, sides.loose) };
    }
    let Some(sample) = sides.after.or(sides.before) else {
        return Change::new(Marker::Same, Node::Scalar { before: Some("null".into()), after: Some("null".into()) });
    };
    let change = match form(sample, sides.loose) {
        Form::Text => compare_text(sides),
        Form::Scalar => compare_scalar(sides),
        Form::Sequence => sequence_node(sides, paths, Node::List),
        Form::Set => sequence_node(sides, paths, Node::Set),
        Form::Map => keyed(sides, paths, Node::Map),
        Form::Object => keyed(sides, paths, Node::Object),
    };
    Change { replace, ..change }
}

/// How a value is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Scalar,
    /// A text of several lines, or one that holds JSON.
    Text,
    Sequence,
    Set,
    Map,
    Object,
}

fn form(value: &Value, loose: bool) -> Form {
    match value.kind() {
        Kind::String(it) if text::is_multi_line(it) || text::as_json(it).is_some() => Form::Text,
        Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Form::Scalar,
        Kind::List(..) | Kind::Tuple(_) => Form::Sequence,
        Kind::Set(..) if loose => Form::Sequence,
        Kind::Set(..) => Form::Set,
        Kind::Map(..) if !loose => Form::Map,
        Kind::Map(..) | Kind::Object(_) => Form::Object,
    }
}

/// A change between values of different forms. A text that gets more lines is still compared by lines.
fn retyped(before: &Value, after: &Value, loose: bool) -> Change {
    if let (Some(old), Some(new)) = (before.as_str(), after.as_str())
        && text::as_json(old).is_none()
        && text::as_json(new).is_none()
    {
        return Change::new(Marker::Update, Node::Text(text::compare_lines(old, new)));
    }
    let before = compare(Sides { before: Some(before), after: None, loose }, &Paths::default());
    let after = compare(Sides { before: None, after: Some(after), loose }, &Paths::default());
    Change::new(Marker::Update, Node::Retyped { before: Box::new(before), after: Box::new(after) })
}

fn compare_text(sides: Sides<'_>) -> Change {
    let (before, after) = (sides.before.and_then(Value::as_str), sides.after.and_then(Value::as_str));
    let json = (before.and_then(text::as_json), after.and_then(text::as_json));
    let marker = leaf_marker(before, after);
    if json.0.is_some() == before.is_some() && json.1.is_some() == after.is_some() {
        let inner = compare(Sides { before: json.0.as_ref(), after: json.1.as_ref(), loose: true }, &Paths::default());
        let respelled = marker == Marker::Update && inner.marker == Marker::Same;
        return Change::new(marker, Node::Json { inner: Box::new(inner), respelled });
    }
    match (sides.before.zip(sides.after), json) {
        (Some((before, after)), (Some(_), _) | (_, Some(_))) => retyped(before, after, sides.loose),
        _ => Change::new(
            marker,
            Node::Text(match (before, after) {
                (Some(before), Some(after)) => text::compare_lines(before, after),
                (one, other) => text::lines(one.or(other).unwrap_or_default()),
            }),
        ),
    }
}

fn compare_scalar(sides: Sides<'_>) -> Change {
    let (before, after) = (sides.before.map(literal), sides.after.map(literal));
    Change::new(leaf_marker(before.as_deref(), after.as_deref()), Node::Scalar { before, after })
}

fn literal(value: &Value) -> String {
    match value.kind() {
        Kind::String(it) => text::quoted(it),
        _ => to_json(value, None).to_string(),
    }
}

fn leaf_marker(before: Option<&str>, after: Option<&str>) -> Marker {
    match (before, after) {
        (None, Some(_)) => Marker::Create,
        (Some(_), None) => Marker::Delete,
        (before, after) if before == after => Marker::Same,
        _ => Marker::Update,
    }
}

fn unknown_marker(existed: bool) -> Marker {
    if existed { Marker::Update } else { Marker::Create }
}

fn sequence_node(sides: Sides<'_>, paths: &Paths<'_>, node: fn(Vec<Change>) -> Node) -> Change {
    let (before, after) = (elements(sides.before), elements(sides.after));
    let is_set = sides.before.or(sides.after).is_some_and(|it| form(it, sides.loose) == Form::Set);
    let pairs = if is_set {
        sequence::by_equality(before, after)
    } else if sides.loose && before.len() == after.len() {
        sequence::by_position(before.len(), after.len())
    } else {
        sequence::align(before, after)
    };
    let changes: Vec<Change> = pairs
        .into_iter()
        .map(|pair| {
            let part = Sides { before: pair.0.map(|at| &before[at]), after: pair.1.map(|at| &after[at]), ..sides };
            compare(part, &paths.element(pair))
        })
        .collect();
    Change::new(container(sides.before.is_some(), sides.after.is_some(), &changes), node(changes))
}

fn keyed(sides: Sides<'_>, paths: &Paths<'_>, node: fn(Vec<(String, Change)>) -> Node) -> Change {
    let maps = [sides.before, sides.after].map(|it| it.and_then(Value::as_map));
    let keys: BTreeSet<&Arc<str>> = maps.iter().flatten().flat_map(|it| it.keys()).collect();
    let parts: Vec<(String, Change)> = keys
        .into_iter()
        .map(|key| {
            let [before, after] = maps.map(|it| it.and_then(|it| it.get(key)));
            (key.to_string(), compare(Sides { before, after, ..sides }, &paths.name(key)))
        })
        .collect();
    let marker = container(sides.before.is_some(), sides.after.is_some(), parts.iter().map(|(_, it)| it));
    Change::new(marker, node(parts))
}

fn container<'c>(before: bool, after: bool, parts: impl IntoIterator<Item = &'c Change>) -> Marker {
    match (before, after) {
        (false, true) => Marker::Create,
        (true, false) => Marker::Delete,
        _ if parts.into_iter().all(|it| it.marker == Marker::Same) => Marker::Same,
        _ => Marker::Update,
    }
}

/// The change of a value of which at least one side is sensitive, by its schema or by its mark.
fn hide(before: Option<&Value>, after: Option<&Value>, paths: &Paths<'_>, by_schema: bool) -> Option<Change> {
    let sensitive = |it: Option<&Value>| it.is_some_and(|it| by_schema || it.is_sensitive());
    if !sensitive(before) && !sensitive(after) {
        return None;
    }
    let bare = |it: Option<&Value>| it.map(|it| it.clone().without_marks(Marks::SENSITIVE));
    let same_value = bare(before) == bare(after);
    let transition = (before.is_some() && after.is_some() && sensitive(before) != sensitive(after))
        .then(|| Transition { becomes_sensitive: sensitive(after), same_value });
    let marker = match (before, after) {
        (None, _) => Marker::Create,
        (_, None) => Marker::Delete,
        _ if same_value && transition.is_none() => Marker::Same,
        _ => Marker::Update,
    };
    Some(Change { marker, replace: paths.here_or_within(), node: Node::Sensitive { transition } })
}
