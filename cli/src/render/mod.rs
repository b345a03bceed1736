//! Text and JSON for people and programs: functions from the engine's data to strings.

pub mod confluence;
pub mod diagnostic;
pub mod diff;
pub mod drift;
pub mod graph;
pub mod ha;
pub mod ha_agent;
pub mod history;
pub mod json_diagnostic;
pub mod json_functions;
pub mod json_plan;
pub mod json_state;
pub mod json_stream;
pub mod json_value;
pub mod operation;
pub mod outputs;
mod paint;
pub mod plan;
pub mod progress;
pub mod runtime;
mod schema;
pub mod state_show;
pub mod steps;
pub mod summary;
pub mod table;
#[cfg(test)]
mod tests;
mod unified_diff;

pub use paint::Paint;
pub use schema::{provider_source, schema_block, schema_version};
pub use unified_diff::unified_diff;

use plumb_engine::provider::Providers;

/// What every rendering of objects needs besides the objects.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Schemas.
    pub providers: &'a Providers,
    /// Colours.
    pub paint: Paint,
    /// Width of the terminal in columns; text is broken to fit.
    pub columns: usize,
}

/// Breaks a paragraph into lines of at most `columns` columns, at spaces. Lines that begin with a space stay as they
/// are.
pub fn wrap(text: &str, columns: usize) -> String {
    let lines: Vec<String> = text.lines().map(|line| wrap_line(line, columns)).collect();
    lines.join("\n")
}

fn wrap_line(line: &str, columns: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    if line.starts_with(' ') || line.width() <= columns {
        return line.into();
    }
    let mut out = String::new();
    let mut used = 0;
    for word in line.split(' ') {
        let width = word.width();
        if used > 0 && used + 1 + width > columns {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += width;
    }
    out
}

#[cfg(test)]
mod wrapping {
    use super::*;

    #[test]
    fn breaks_at_spaces_only_where_needed() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("incomprehensible x", 5), "incomprehensible\nx");
        assert_eq!(wrap(" one two three", 7), " one two three");
        assert_eq!(wrap("a\n\nb", 7), "a\n\nb");
    }
}
