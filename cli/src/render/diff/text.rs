//! Texts: how one line is quoted, how several lines are compared, and which texts hold JSON.

use plumb_engine::value::{Value, infer_json};
use similar::{ChangeTag, TextDiff};

use super::Marker;

/// The document that a text holds, when it is a JSON object or array.
pub fn as_json(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(infer_json(&json))
}

/// Whether a text is shown line by line.
pub fn is_multi_line(text: &str) -> bool {
    text.contains('\n')
}

/// Lines of a text that all have one marker.
pub fn lines(text: &str) -> Vec<(Marker, String)> {
    text.trim_end_matches('\n').split('\n').map(|line| (Marker::Same, line.into())).collect()
}

/// Lines of two texts with what happens to each.
pub fn compare_lines(before: &str, after: &str) -> Vec<(Marker, String)> {
    let (old, new) = (before.trim_end_matches('\n'), after.trim_end_matches('\n'));
    let old: Vec<&str> = old.split('\n').collect();
    let new: Vec<&str> = new.split('\n').collect();
    let diff = TextDiff::from_slices(&old, &new);
    diff.iter_all_changes()
        .map(|change| {
            let marker = match change.tag() {
                ChangeTag::Equal => Marker::Same,
                ChangeTag::Delete => Marker::Delete,
                ChangeTag::Insert => Marker::Create,
            };
            (marker, change.value().to_owned())
        })
        .collect()
}

/// A text in quotes, control characters escaped.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x80 && c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_the_oracle_does() {
        assert_eq!(
            quoted("tab\t quote\" back\\ dollar ${x} é \u{1} %{y}"),
            r#""tab\t quote\" back\\ dollar ${x} é \x01 %{y}""#
        );
    }

    #[test]
    fn compares_line_by_line() {
        let got = compare_lines("a\nb\nc\n", "a\nx\nc\nd\n");
        let want = [
            (Marker::Same, "a"),
            (Marker::Delete, "b"),
            (Marker::Create, "x"),
            (Marker::Same, "c"),
            (Marker::Create, "d"),
        ];
        assert_eq!(got, want.map(|(marker, line)| (marker, line.to_owned())));
    }
}
