//! Stored objects as blocks: `show` and `state show`.

use plumb_engine::provider::Providers;
use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus, Snapshot};
use plumb_engine::value::{Marks, infer_json};

use super::diff::{self, DrawOptions, attribute_name};
use super::{View, json_state, operation, schema_block};

/// Every object and output of a state.
pub fn state(snapshot: &Snapshot, view: View<'_>) -> String {
    if snapshot.objects.is_empty() && snapshot.outputs.is_empty() {
        let never_written = snapshot.serial == 0;
        let text =
            if never_written { "No state.\n" } else { "The state file is empty. No resources are represented.\n" };
        return text.into();
    }
    let objects: Vec<String> = snapshot.objects.iter().map(|(key, record)| object(key, record, view)).collect();
    let mut out = objects.join("\n");
    if !snapshot.outputs.is_empty() {
        out += "\n\nOutputs:\n\n";
        for (name, output) in &snapshot.outputs {
            let mut value = infer_json(&output.value);
            if output.sensitive {
                value = value.marked(Marks::SENSITIVE);
            }
            let options = DrawOptions { show_same: true, hide_markers: true, paint: view.paint, hide_null: true };
            let value = diff::draw(&diff::value(&value, &value), 0, options);
            out += &format!("{} = {value}\n", attribute_name(name));
        }
    }
    out
}

/// One object with a comment that names it.
pub fn object(key: &ObjectKey, record: &ObjectRecord, view: View<'_>) -> String {
    let tainted = if record.status == ObjectStatus::Tainted { " (tainted)" } else { "" };
    let block = draw(key, record, view.providers, view);
    format!("# {key}:{tainted}\n{} {block}\n", operation::header(&key.addr))
}

fn draw(key: &ObjectKey, record: &ObjectRecord, providers: &Providers, view: View<'_>) -> String {
    let value = json_state::object(key, record, providers);
    let schema = schema_block(providers, &record.provider, &key.addr.resource, &[&value]);
    let tree = diff::block(&value, &value, &schema, &[]);
    let options = DrawOptions { show_same: true, hide_markers: true, paint: view.paint, hide_null: true };
    diff::draw(&tree, 0, options)
}
