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
    let forces = if change.replace { forces_replacement(options) } else { String::new() };
    let null = null_suffix(change.marker, options);
    match &change.node {
        Node::Scalar { before, after } => match (before, after) {
            (Some(before), Some(after)) if change.marker == Marker::Update => {
                format!("{} {} {}{forces}", scalar(before, options), arrow(options), scalar(after, options))
            }
            (Some(before), None) if before == "null" => format!("{}{forces}", scalar(before, options)),
            (one, other) => {
                let value = other.as_deref().or(one.as_deref()).unwrap_or("null");
                format!("{}{null}{forces}", scalar(value, options))
            }
        },
        Node::Text(lines) => text(lines, indent, options, &forces, &null),
        Node::Json { inner, respelled } => json(change, inner, *respelled, indent, options),
        Node::Sensitive { .. } => format!("(sensitive value){null}{forces}"),
        Node::Unknown { before: None } => format!("(known after apply){forces}"),
        Node::Unknown { before: Some(before) } => {
            let before = draw(before, indent, DrawOptions { hide_null: true, ..options });
            format!("{before} {} (known after apply){forces}", arrow(options))
        }
        Node::Retyped { before, after } => {
            let options = DrawOptions { hide_null: true, ..options };
            let (before, after) = (draw(before, indent, options), draw(after, indent, options));
            format!("{before} {} {after}{forces}", arrow(options))
        }
        Node::List(items) => list(items, true, indent, options, &forces, &null),
        Node::Set(items) => list(items, false, indent, options, &forces, &null),
        Node::Map(items) => map(items, indent, options, &forces, &null),
        Node::Object(items) => object(items, indent, options, &forces, &null),
        Node::Block(content) => block(content, indent, options, &forces),
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

fn text(lines: &[(Marker, String)], indent: usize, options: DrawOptions, forces: &str, null: &str) -> String {
    let mut out = format!("<<-EOT{forces}\n");
    for (marker, line) in lines {
        out += &format!("{}{line}\n", lead(indent + 1, *marker, options));
    }
    out + &lead(indent, Marker::Same, options) + "EOT" + null
}

fn json(change: &Change, inner: &Change, respelled: bool, indent: usize, options: DrawOptions) -> String {
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
        return format!("jsonencode({document}){null}{note}");
    }
    let marker = if change.marker == Marker::Update && !respelled { Marker::Update } else { Marker::Same };
    let (first, last) = (lead(indent + 1, marker, options), lead(indent, Marker::Same, options));
    format!("jsonencode({note}\n{first}{document}\n{last}){null}")
}

fn list(items: &[Change], in_order: bool, indent: usize, options: DrawOptions, forces: &str, null: &str) -> String {
    if items.is_empty() {
        return format!("[]{null}{forces}");
    }
    let inner = DrawOptions { hide_null: true, ..options };
    let note = |count| format!("{}{}\n", lead(indent + 1, Marker::Same, options), hidden("element", count, options));
    let mut out = format!("[{forces}\n");
    let mut skipped = 0;
    for (item, shown) in items.iter().zip(shown_elements(items, in_order, options.show_same)) {
        if !shown {
            skipped += 1;
            continue;
        }
        if in_order && skipped > 0 {
            out += &note(std::mem::take(&mut skipped));
        }
        let inner = DrawOptions { show_same: options.show_same || item.marker == Marker::Same, ..inner };
        out += &warning(item, indent + 1, inner);
        out += &format!("{}{},\n", lead(indent + 1, item.marker, inner), draw(item, indent + 1, inner));
    }
    if skipped > 0 {
        out += &note(skipped);
    }
    out + &lead(indent, Marker::Same, options) + "]" + null
}

/// Which elements are drawn: in a list, those that change with their neighbours.
fn shown_elements(items: &[Change], in_order: bool, show_same: bool) -> Vec<bool> {
    let changes = |at: usize| items.get(at).is_some_and(|it| it.marker != Marker::Same);
    (0..items.len())
        .map(|at| show_same || changes(at) || in_order && (changes(at + 1) || at > 0 && changes(at - 1)))
        .collect()
}

fn map(items: &[(String, Change)], indent: usize, options: DrawOptions, forces: &str, null: &str) -> String {
    if items.is_empty() {
        return format!("{{}}{null}{forces}");
    }
    let keys: Vec<String> = items.iter().map(|(key, _)| super::text::quoted(key)).collect();
    let width = keys.iter().map(|key| key.width()).max().unwrap_or(0);
    let inner = DrawOptions { hide_null: true, ..options };
    let mut out = format!("{{{forces}\n");
    let mut same = 0;
    for (key, (_, item)) in keys.iter().zip(items) {
        if item.marker == Marker::Same && !options.show_same {
            same += 1;
            continue;
        }
        out += &entry(key, width, item, indent + 1, inner);
    }
    if same > 0 {
        out += &format!("{}{}\n", lead(indent + 1, Marker::Same, options), hidden("element", same, options));
    }
    out + &lead(indent, Marker::Same, options) + "}" + null
}

fn object(items: &[(String, Change)], indent: usize, options: DrawOptions, forces: &str, null: &str) -> String {
    if items.is_empty() {
        return format!("{{}}{null}{forces}");
    }
    let inner = DrawOptions { hide_null: true, ..options };
    format!("{{{forces}\n") + &attributes(items, indent + 1, inner) + &lead(indent, Marker::Same, options) + "}" + null
}

fn attributes(items: &[(String, Change)], indent: usize, options: DrawOptions) -> String {
    let width = items.iter().map(|(name, _)| attribute_name(name).width()).max().unwrap_or(0);
    let mut out = String::new();
    let mut same = 0;
    for (name, item) in items {
        let important = IMPORTANT.contains(&&**name);
        if item.marker == Marker::Same && !options.show_same && !important {
            same += 1;
            continue;
        }
        let options = DrawOptions { show_same: options.show_same || important, ..options };
        out += &entry(&attribute_name(name), width, item, indent, options);
    }
    if same > 0 {
        out += &format!("{}{}\n", lead(indent, Marker::Same, options), hidden("attribute", same, options));
    }
    out
}

fn entry(name: &str, width: usize, item: &Change, indent: usize, options: DrawOptions) -> String {
    let padding = " ".repeat(width.saturating_sub(name.width()));
    let value = draw(item, indent, options);
    format!("{}{}{name}{padding} = {value}\n", warning(item, indent, options), lead(indent, item.marker, options))
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

fn block(content: &BlockChange, indent: usize, options: DrawOptions, forces: &str) -> String {
    if content.attributes.is_empty() && content.blocks.is_empty() {
        return format!("{{}}{forces}");
    }
    let mut out = format!("{{{forces}\n") + &attributes(&content.attributes, indent + 1, options);
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
            out += &warning(item, indent + 1, options);
            out += &lead(indent + 1, item.marker, options);
            out += &format!("{} {}\n", attribute_name(name), draw(item, indent + 1, options));
        }
    }
    if same > 0 {
        out += &format!("\n{}{}\n", lead(indent + 1, Marker::Same, options), hidden("block", same, options));
    }
    out + &lead(indent, Marker::Same, options) + "}"
}
