//! Any text is read and rendered as a template without a crash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_engine::eval::constant;
use plumb_engine::source::SourceMap;
use plumb_engine::syntax::parse_template;
use plumb_engine::value::display;

fuzz_target!(|text: &str| {
    let file = SourceMap::default().add("input", text);
    let (expr, found) = parse_template(file, text, 0);
    if !found.has_errors()
        && let Ok(value) = constant(&expr)
    {
        display(&value);
    }
});
