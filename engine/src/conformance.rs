//! Expressions with the answers that Terraform's console gives, and the few on which plumb differs by intent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::{Variables, load};
use crate::console::{Answer, Console};
use crate::eval::Settings;
use crate::provider::Providers;
use crate::store::Snapshot;
use crate::value::{display, type_display};

/// Answers by expression; an answer that begins with `! ` is the summary of an error.
type Table = BTreeMap<String, String>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suite/language")
}

/// Reads a table: an expression at the margin, its answer indented below it, an empty line between entries. Lines that
/// begin with `# ` are headings or reasons.
fn table(name: &str) -> Table {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let mut table = Table::new();
    let mut entry: Option<(String, Vec<&str>)> = None;
    for line in text.lines().filter(|it| !it.starts_with("# ")).chain(["end of file"]) {
        match (line.strip_prefix("  "), &mut entry) {
            (Some(answer), Some((_, lines))) => lines.push(answer),
            (None, Some((_, lines))) if line.is_empty() => lines.push(""),
            (None, _) if line.is_empty() => {}
            _ => {
                if let Some((expr, lines)) = entry.replace((line.to_owned(), Vec::new())) {
                    let known = table.insert(expr, lines.join("\n").trim_end().to_owned());
                    assert_eq!(known, None, "an expression stands twice in {name}");
                }
            }
        }
    }
    table
}

#[test]
fn expressions_have_the_answers_of_terraform() {
    let (config, found) = load(&folder().join("fixture"));
    assert!(!found.has_errors(), "{found:?}");
    let settings = Settings {
        working_dir: folder(),
        workspace: "default".into(),
        plan_time: "2024-01-01T00:00:00Z".into(),
        now: Some("2024-01-01T00:00:00Z".into()),
        validating: false,
    };
    let providers = Providers::default();
    let (mut console, found) = Console::new(&config, &providers, &Variables::default(), &Snapshot::default(), settings);
    assert!(found.is_empty(), "{found:?}");
    let (expected, mut exceptions) = (table("expressions.txt"), table("exceptions.txt"));
    let mut wrong = String::new();
    for (expr, of_terraform) in &expected {
        let actual = match console.eval(expr) {
            Ok(Answer::Value(value)) => display(&value),
            Ok(Answer::Type(ty)) => type_display(&ty),
            Err((_, found)) => format!("! {}", found.iter().next().unwrap().summary),
        };
        let wanted = exceptions.remove(expr).inspect(|it| assert_ne!(it, of_terraform, "{expr} is no exception"));
        let wanted = wanted.as_ref().unwrap_or(of_terraform);
        if actual.trim_end() != wanted {
            wrong += &format!("{expr}\n  wanted {wanted}\n  but got {actual}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(exceptions.is_empty(), "exceptions that stand for nothing: {exceptions:?}");
    assert!(expected.len() >= 150, "{} expressions", expected.len());
}
