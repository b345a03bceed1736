//! Draws a tree of differences as text.

use anstyle::AnsiColor;
use unicode_width::UnicodeWidthStr;

use super::{BlockChange, Change, Marker, Node, Transition};
use crate::render::Paint;

/// Attributes that are shown even where they stay the same, because they tell one object from another.
const IMPORTANT: [&str; 3] = ["id", "name", "tags"];

/// How a tree is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrawOptions {
    /// Colours.
    pub paint: Paint,
    /// Parts that stay the same are drawn too.
    pub show_same: bool,
    /// Removed parts have no `-> null`.
    pub hide_null: bool,
    /// There is no column for markers: an object is shown, and not a change.
    pub hide_markers: bool,
}

/// Draws a change whose first line continues a line that is already there; later lines are indented by `indent` steps
/// of four columns.
pub fn draw(change: &Change, indent: usize, options: DrawOptions) -> String {
    let mut out = String::new();
    write(&mut out, change, indent, options);
    out
}

/// Adds the change to a text. Each part is written once, however deep it lies.
fn write(out: &mut String, change: &Change, indent: usize, options: DrawOptions) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || write_here(out, change, indent, options));
}

fn write_here(out: &mut String, change: &Change, indent: usize, options: DrawOptions) {
    let forces = if change.replace { forces_replacement(options) } else { String::new() };
    let null = null_suffix(change.marker, options);
    match &change.node {
        Node::Scalar { before, after } => match (before, after) {
            (Some(before), Some(after)) if change.marker == Marker::Update => {
                out.push_str(&format!(
                    "{} {} {}{forces}",
                    scalar(before, options),
                    arrow(options),
                    scalar(after, options)
                ));
            }
            (Some(before), None) if before == "null" => {
                out.push_str(&format!("{}{forces}", scalar(before, options)));
            }
            (one, other) => {
                let value = other.as_deref().or(one.as_deref()).unwrap_or("null");
                out.push_str(&format!("{}{null}{forces}", scalar(value, options)));
            }
        },
        Node::Text(lines) => text(out, lines, indent, options, &forces, &null),
        Node::Json { inner, respelled } => json(out, change, inner, *respelled, indent, options),
        Node::Sensitive { .. } => out.push_str(&format!("(sensitive value){null}{forces}")),
        Node::Unknown { before: None } => out.push_str(&format!("(known after apply){forces}")),
        Node::Unknown { before: Some(before) } => {
            write(out, before, indent, DrawOptions { hide_null: true, ..options });
            out.push_str(&format!(" {} (known after apply){forces}", arrow(options)));
        }
        Node::Retyped { before, after } => {
            let options = DrawOptions { hide_null: true, ..options };
            write(out, before, indent, options);
            out.push_str(&format!(" {} ", arrow(options)));
            write(out, after, indent, options);
            out.push_str(&forces);
        }
        Node::List(items) => list(out, (items, true), indent, options, &forces, &null),
        Node::Set(items) => list(out, (items, false), indent, options, &forces, &null),
        Node::Map(items) => map(out, items, indent, options, &forces, &null),
        Node::Object(items) => object(out, items, indent, options, &forces, &null),
        Node::Block(content) => block(out, content, indent, options, &forces),
    }
}

/// The four columns in front of a part.
pub fn symbol(marker: Marker, paint: Paint) -> String {
    match marker {
        Marker::Same => "    ".into(),
        Marker::Create => format!("  {} ", paint.color(AnsiColor::Green, "+")),
        Marker::Delete => format!("  {} ", paint.color(AnsiColor::Red, "-")),
        Marker::Update => format!("  {} ", paint.color(AnsiColor::Yellow, "~")),
    }
}

/// A name as an argument would be written: quoted when it is no identifier.
pub fn attribute_name(name: &str) -> String {
    let identifier = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if identifier { name.into() } else { super::text::quoted(name) }
}

fn lead(indent: usize, marker: Marker, options: DrawOptions) -> String {
    let symbol = if options.hide_markers { String::new() } else { symbol(marker, options.paint) };
    format!("{}{symbol}", "    ".repeat(indent))
}

fn arrow(options: DrawOptions) -> String {
    options.paint.color(AnsiColor::Yellow, "->")
}

fn scalar(text: &str, options: DrawOptions) -> String {
    if text == "null" { options.paint.dim(text) } else { text.into() }
}

fn null_suffix(marker: Marker, options: DrawOptions) -> String {
    if marker != Marker::Delete || options.hide_null {
        return String::new();
    }
    format!(" {} {}", arrow(options), options.paint.dim("null"))
}

fn forces_replacement(options: DrawOptions) -> String {
    format!(" {}", options.paint.color(AnsiColor::Red, "# forces replacement"))
}

fn hidden(kind: &str, count: usize, options: DrawOptions) -> String {
    let plural = if count == 1 { "" } else { "s" };
    options.paint.dim(&format!("# ({count} unchanged {kind}{plural} hidden)"))
}

fn text(out: &mut String, lines: &[(Marker, String)], indent: usize, options: DrawOptions, forces: &str, null: &str) {
    out.push_str(&format!("<<-EOT{forces}\n"));
    for (marker, line) in lines {
        out.push_str(&format!("{}{line}\n", lead(indent + 1, *marker, options)));
    }
    out.push_str(&format!("{}EOT{null}", lead(indent, Marker::Same, options)));
}

fn json(out: &mut String, change: &Change, inner: &Change, respelled: bool, indent: usize, options: DrawOptions) {
    let inner_options = DrawOptions { hide_null: true, show_same: options.show_same || respelled, ..options };
    let document = draw(inner, indent + 1, inner_options);
    let note = match (respelled, change.replace) {
        (true, true) => format!(" {}", options.paint.color(AnsiColor::Red, "# whitespace changes force replacement")),
        (true, false) => " # whitespace changes".into(),
        (false, true) => forces_replacement(options),
        (false, false) => String::new(),
    };
    let null = null_suffix(change.marker, options);
    if !document.contains('\n') {
        out.push_str(&format!("jsonencode({document}){null}{note}"));
        return;
    }
    let marker = if change.marker == Marker::Update && !respelled { Marker::Update } else { Marker::Same };
    let (first, last) = (lead(indent + 1, marker, options), lead(indent, Marker::Same, options));
    out.push_str(&format!("jsonencode({note}\n{first}{document}\n{last}){null}"));
}

fn list(
    out: &mut String,
    (items, in_order): (&[Change], bool),
    indent: usize,
    options: DrawOptions,
    forces: &str,
    null: &str,
) {
    if items.is_empty() {
        return out.push_str(&format!("[]{null}{forces}"));
    }
    let inner = DrawOptions { hide_null: true, ..options };
    let note = |count| format!("{}{}\n", lead(indent + 1, Marker::Same, options), hidden("element", count, options));
    out.push_str(&format!("[{forces}\n"));
    let mut skipped = 0;
    for (item, shown) in items.iter().zip(shown_elements(items, in_order, options.show_same)) {
        if !shown {
            skipped += 1;
            continue;
        }
        if in_order && skipped > 0 {
            out.push_str(&note(std::mem::take(&mut skipped)));
        }
        let inner = DrawOptions { show_same: options.show_same || item.marker == Marker::Same, ..inner };
        out.push_str(&warning(item, indent + 1, inner));
        out.push_str(&lead(indent + 1, item.marker, inner));
        write(out, item, indent + 1, inner);
        out.push_str(",\n");
    }
    if skipped > 0 {
        out.push_str(&note(skipped));
    }
    out.push_str(&lead(indent, Marker::Same, options));
    out.push(']');
    out.push_str(null);
}

/// Which elements are drawn: in a list, those that change with their neighbours.
fn shown_elements(items: &[Change], in_order: bool, show_same: bool) -> Vec<bool> {
    let changes = |at: usize| items.get(at).is_some_and(|it| it.marker != Marker::Same);
    (0..items.len())
        .map(|at| show_same || changes(at) || in_order && (changes(at + 1) || at > 0 && changes(at - 1)))
        .collect()
}

fn map(out: &mut String, items: &[(String, Change)], indent: usize, options: DrawOptions, forces: &str, null: &str) {
    if items.is_empty() {
        return out.push_str(&format!("{{}}{null}{forces}"));
    }
    let keys: Vec<String> = items.iter().map(|(key, _)| super::text::quoted(key)).collect();
    let width = keys.iter().map(|key| key.width()).max().unwrap_or(0);
    let inner = DrawOptions { hide_null: true, ..options };
    out.push_str(&format!("{{{forces}\n"));
    let mut same = 0;
    for (key, (_, item)) in keys.iter().zip(items) {
        if item.marker == Marker::Same && !options.show_same {
            same += 1;
            continue;
        }
        entry(out, (key, width), item, indent + 1, inner);
    }
    if same > 0 {
        out.push_str(&format!("{}{}\n", lead(indent + 1, Marker::Same, options), hidden("element", same, options)));
    }
    out.push_str(&format!("{}}}{null}", lead(indent, Marker::Same, options)));
}

fn object(out: &mut String, items: &[(String, Change)], indent: usize, options: DrawOptions, forces: &str, null: &str) {
    if items.is_empty() {
        return out.push_str(&format!("{{}}{null}{forces}"));
    }
    let inner = DrawOptions { hide_null: true, ..options };
    out.push_str(&format!("{{{forces}\n"));
    attributes(out, items, indent + 1, inner);
    out.push_str(&format!("{}}}{null}", lead(indent, Marker::Same, options)));
}

fn attributes(out: &mut String, items: &[(String, Change)], indent: usize, options: DrawOptions) {
    let width = items.iter().map(|(name, _)| attribute_name(name).width()).max().unwrap_or(0);
    let mut same = 0;
    for (name, item) in items {
        let important = IMPORTANT.contains(&&**name);
        if item.marker == Marker::Same && !options.show_same && !important {
            same += 1;
            continue;
        }
        let options = DrawOptions { show_same: options.show_same || important, ..options };
        entry(out, (&attribute_name(name), width), item, indent, options);
    }
    if same > 0 {
        out.push_str(&format!("{}{}\n", lead(indent, Marker::Same, options), hidden("attribute", same, options)));
    }
}

fn entry(out: &mut String, (name, width): (&str, usize), item: &Change, indent: usize, options: DrawOptions) {
    let padding = " ".repeat(width.saturating_sub(name.width()));
    out.push_str(&warning(item, indent, options));
    out.push_str(&format!("{}{name}{padding} = ", lead(indent, item.marker, options)));
    write(out, item, indent, options);
    out.push('\n');
}

/// Lines above a value whose sensitivity changes.
fn warning(item: &Change, indent: usize, options: DrawOptions) -> String {
    let Node::Sensitive { transition: Some(Transition { becomes_sensitive, same_value }) } = item.node else {
        return String::new();
    };
    let word = options.paint.color(AnsiColor::Yellow, "Warning");
    let what = if becomes_sensitive {
        "this value becomes sensitive and is no longer shown after the apply."
    } else {
        "this value is no longer sensitive and is shown from the apply on."
    };
    let also = if same_value { " The value itself stays." } else { "" };
    format!("{}# {word}: {what}{also}\n", lead(indent, Marker::Same, options))
}

fn block(out: &mut String, content: &BlockChange, indent: usize, options: DrawOptions, forces: &str) {
    if content.attributes.is_empty() && content.blocks.is_empty() {
        return out.push_str(&format!("{{}}{forces}"));
    }
    out.push_str(&format!("{{{forces}\n"));
    attributes(out, &content.attributes, indent + 1, options);
    let mut same = 0;
    for (name, blocks) in &content.blocks {
        let mut first = true;
        for item in blocks {
            if item.marker == Marker::Same && !options.show_same {
                same += 1;
                continue;
            }
            if std::mem::take(&mut first) && !content.attributes.is_empty() {
                out.push('\n');
            }
            out.push_str(&warning(item, indent + 1, options));
            out.push_str(&format!("{}{} ", lead(indent + 1, item.marker, options), attribute_name(name)));
            write(out, item, indent + 1, options);
            out.push('\n');
        }
    }
    if same > 0 {
        out.push_str(&format!("\n{}{}\n", lead(indent + 1, Marker::Same, options), hidden("block", same, options)));
    }
    out.push_str(&lead(indent, Marker::Same, options));
    out.push('}');
}
