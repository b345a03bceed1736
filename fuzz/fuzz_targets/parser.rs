//! Any text is read as a file without a crash, and every range lies within the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_engine::source::SourceMap;
use plumb_engine::syntax::{is_incomplete, parse_body, parse_expr};

fuzz_target!(|text: &str| {
    let file = SourceMap::default().add("input", text);
    let (body, found) = parse_body(file, text);
    assert!(body.span.range().end <= text.len());
    for span in found.iter().filter_map(|it| it.subject) {
        assert!(span.range().end <= text.len() && text.get(span.range()).is_some(), "{span:?}");
    }
    parse_expr(file, text, 0);
    is_incomplete(text);
});
