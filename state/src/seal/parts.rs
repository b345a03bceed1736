//! Sensitive parts of a JSON value, replaced by sealed ones in their places.

use plumb_engine::value::{Path, PathStep};
use serde_json::{Map, Value as Json};

use super::DataKey;

/// The only member of the object that stands in place of a sealed part.
const MARKER: &str = "$sealed";

/// Seals the parts that lie at paths. Where a path leads nowhere, because the value is written with its type, the
/// innermost part on the way is sealed.
pub(crate) fn seal_parts(key: &DataKey, place: &str, json: &mut Json, paths: &[Path]) {
    for path in paths {
        let (part, depth) = walk(json, &path.0);
        if text_of(part).is_none() {
            let sealed = key.seal(&place_of(place, path, depth), part.to_string().as_bytes());
            *part = Json::Object(Map::from_iter([(MARKER.to_owned(), Json::String(sealed))]));
        }
    }
}

/// Opens what [`seal_parts`] has sealed; without a key, sealed parts become null. `None` when a part cannot be opened.
pub(crate) fn open_parts(key: Option<&DataKey>, place: &str, json: &mut Json, paths: &[Path]) -> Option<()> {
    for path in paths {
        // A part may have been sealed inside of one that was sealed after it.
        loop {
            let (part, depth) = walk(json, &path.0);
            let Some(sealed) = text_of(part) else { break };
            *part = match key {
                None => Json::Null,
                Some(key) => serde_json::from_slice(&key.open(&place_of(place, path, depth), sealed)?).ok()?,
            };
        }
    }
    Some(())
}

/// Makes the parts that lie at paths null, sealed or not.
pub(crate) fn hide_parts(json: &mut Json, paths: &[Path]) {
    for path in paths {
        *walk(json, &path.0).0 = Json::Null;
    }
}

/// The part at a path, or the innermost one on the way that exists or is sealed, with its depth.
fn walk<'j>(json: &'j mut Json, path: &[PathStep]) -> (&'j mut Json, usize) {
    let mut part = json;
    for (depth, step) in path.iter().enumerate() {
        let inside = match (step, &*part) {
            _ if text_of(part).is_some() => false,
            (PathStep::Name(name), Json::Object(members)) => members.contains_key(&**name),
            (PathStep::Index(at), Json::Array(items)) => *at < items.len(),
            _ => false,
        };
        if !inside {
            return (part, depth);
        }
        part = match step {
            PathStep::Name(name) => &mut part[&**name],
            PathStep::Index(at) => &mut part[*at],
        };
    }
    (part, path.len())
}

fn text_of(json: &Json) -> Option<&str> {
    let members = json.as_object().filter(|it| it.len() == 1)?;
    members.get(MARKER)?.as_str()
}

fn place_of(place: &str, path: &Path, depth: usize) -> String {
    format!("{place}\u{0}{}", Path(path.0[..depth].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_come_back_as_they_were() {
        let key = DataKey::draw();
        let value = json!({"a": "x", "l": [{"p": 1, "q": null}], "dynamic": {"value": {"k": "v"}, "type": "dynamic"}});
        let root = Path::root();
        let paths = [
            root.name("l").index(0).name("p"),
            root.name("l").index(0),
            root.name("dynamic").name("k"),
            root.name("a"),
            root.name("a"),
        ];
        let mut sealed = value.clone();
        seal_parts(&key, "row", &mut sealed, &paths);
        let text = sealed.to_string();
        assert!(!text.contains("\"x\"") && !text.contains("\"v\"") && !text.contains("null"), "{text}");
        let mut hidden = sealed.clone();
        open_parts(None, "row", &mut hidden, &paths).unwrap();
        assert_eq!(hidden, json!({"a": null, "l": [null], "dynamic": null}));
        let mut other = sealed.clone();
        assert!(open_parts(Some(&key), "another row", &mut other, &paths).is_none());
        open_parts(Some(&key), "row", &mut sealed, &paths).unwrap();
        assert_eq!(sealed, value);
    }

    #[test]
    fn parts_cannot_be_swapped() {
        let key = DataKey::draw();
        let paths = [Path::root().name("a"), Path::root().name("b")];
        let mut value = json!({"a": 1, "b": 2});
        seal_parts(&key, "row", &mut value, &paths);
        let mut swapped = json!({"a": value["b"], "b": value["a"]});
        assert!(open_parts(Some(&key), "row", &mut swapped, &paths).is_none());
    }
}
