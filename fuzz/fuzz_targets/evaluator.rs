//! Any expression is evaluated in a module without a crash, functions and all, and its value can be shown.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use plumb_engine::config::{Config, Variables, load};
use plumb_engine::console::{Answer, Console};
use plumb_engine::eval::Settings;
use plumb_engine::provider::Providers;
use plumb_engine::store::Snapshot;
use plumb_engine::value::{display, to_json, type_text};

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suite/language/fixture");
    load(&dir).0
});
static PROVIDERS: LazyLock<Providers> = LazyLock::new(Providers::default);

/// Functions that read the machine or take time by intent.
const LEFT_OUT: [&str; 3] = ["file", "bcrypt", "abspath"];

fuzz_target!(|text: &str| {
    if LEFT_OUT.iter().any(|it| text.contains(it)) {
        return;
    }
    let settings = Settings {
        working_dir: "/nonexistent".into(),
        workspace: "default".into(),
        plan_time: "2024-01-01T00:00:00Z".into(),
        now: Some("2024-01-01T00:00:00Z".into()),
        validating: false,
    };
    let (variables, snapshot) = (Variables::default(), Snapshot::default());
    let (mut console, _) = Console::new(&CONFIG, &PROVIDERS, &variables, &snapshot, settings);
    if let Ok(Answer::Value(value)) = console.eval(text) {
        display(&value);
        to_json(&value, None);
        type_text(&value.ty());
    }
});
