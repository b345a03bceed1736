//! Outputs of the root module as text: their changes in a plan, and their values.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_engine::plan::OutputChange;
use plumb_engine::store::OutputRecord;
use plumb_engine::value::{Marks, Value, display, infer_json};
use unicode_width::UnicodeWidthStr;

use super::Paint;
use super::diff::{self, DrawOptions, Marker, attribute_name};

/// The changes, one per line and more; nothing for outputs that stay.
pub fn changes(outputs: &BTreeMap<Arc<str>, OutputChange>, paint: Paint) -> String {
    let width = outputs.keys().map(|name| attribute_name(name).width()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, output) in outputs {
        let [before, after] = [&output.before, &output.after].map(|it| hidden(it, output.sensitive));
        let tree = diff::value(&before, &after);
        if tree.marker == Marker::Same {
            continue;
        }
        let name = attribute_name(name);
        let padding = " ".repeat(width - name.width());
        let options = DrawOptions { paint, ..DrawOptions::default() };
        let value = diff::draw(&tree, 0, options);
        out += &format!("{}{name}{padding} = {value}\n", diff::symbol(tree.marker, paint));
    }
    out
}

/// Names and values as the language writes them, one output after the other.
pub fn values(outputs: &BTreeMap<Arc<str>, OutputRecord>) -> String {
    outputs.iter().map(|(name, output)| format!("{name} = {}\n", value(output))).collect()
}

/// The value of one output, or that it is sensitive.
pub fn value(output: &OutputRecord) -> String {
    if output.sensitive { "<sensitive>".into() } else { display(&infer_json(&output.value)) }
}

/// A value that is shown as `(sensitive value)` wherever it is one. A null stays: it means that there is no output.
fn hidden(value: &Value, sensitive: bool) -> Value {
    if sensitive && !value.is_null() { value.clone().marked(Marks::SENSITIVE) } else { value.clone() }
}
