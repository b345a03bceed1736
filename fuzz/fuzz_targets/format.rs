//! A file that can be read is laid out without a crash, reads as the same afterwards, and is then left as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_engine::format::format;
use plumb_engine::source::SourceMap;

fuzz_target!(|text: &str| {
    let file = SourceMap::default().add("input", text);
    if let Ok(once) = format(file, text) {
        let twice = format(file, &once).expect("what was laid out can be read");
        assert_eq!(once, twice);
    }
});
