//! Checks of configurations, of which any part may be unknown: that is never an error.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::value::Value;

/// Checks of one block, collected; each error says where the block is by its path.
pub struct Check<'a> {
    block: &'a Value,
    path: String,
}

impl<'a> Check<'a> {
    /// Checks of a block, which stands at `path`: empty for the resource itself.
    pub fn of(block: &'a Value, path: impl Into<String>) -> Self {
        Self { block, path: path.into() }
    }

    /// The nested blocks of a type, as far as the configuration tells them.
    pub fn blocks(&self, name: &str) -> Vec<Check<'a>> {
        let Some(value) = self.block.get(name) else { return Vec::new() };
        if value.as_map().is_some() {
            return vec![Check::of(value, self.at(name))];
        }
        let items = value.as_slice().unwrap_or_default().iter().enumerate();
        let blocks = items.filter(|(_, it)| it.as_map().is_some());
        blocks.map(|(at, it)| Check::of(it, format!("{}[{at}]", self.at(name)))).collect()
    }

    /// A text that is set and known.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.block.get(name).and_then(Value::as_str)
    }

    /// A whole number that is set and known.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.block.get(name).and_then(Value::as_number).and_then(|it| it.as_i64())
    }

    /// Texts of a list or set, as far as they are known.
    pub fn texts(&self, name: &str) -> Vec<&'a str> {
        let items = self.block.get(name).and_then(Value::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).collect()
    }

    /// A value that is set and wholly known.
    pub fn known(&self, name: &str) -> Option<&'a Value> {
        self.block.get(name).filter(|it| !it.is_null() && it.is_wholly_known())
    }

    /// Whether an argument is left out for sure.
    pub fn is_unset(&self, name: &str) -> bool {
        self.block.get(name).is_none_or(|it| !it.is_unknown() && it.is_null())
    }

    /// Where an argument of the block stands.
    pub fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// An error about an argument; `detail` follows its name.
    pub fn error(&self, name: &str, detail: impl std::fmt::Display) -> Diagnostic {
        let detail = format!("The argument \"{}\" {detail}", self.at(name));
        Diagnostic::error("Invalid value for argument", detail)
    }

    /// A text must be one of `words`.
    pub fn one_of(&self, found: &mut Diagnostics, name: &str, words: &[&str]) {
        if let Some(text) = self.text(name).filter(|it| !words.contains(it)) {
            let words: Vec<String> = words.iter().map(|it| format!("\"{it}\"")).collect();
            found.push(self.error(name, format!("is \"{text}\"; it takes {}.", words.join(", "))));
        }
    }

    /// A number must lie in a range.
    pub fn range(&self, found: &mut Diagnostics, name: &str, least: i64, most: i64) {
        if let Some(number) = self.number(name).filter(|it| !(least..=most).contains(it)) {
            found.push(self.error(name, format!("is {number}; it takes {least} to {most}.")));
        }
    }

    /// An argument must be set.
    pub fn needed(&self, found: &mut Diagnostics, name: &str, because: &str) {
        if self.is_unset(name) {
            let detail = format!("The argument \"{}\" must be set {because}.", self.at(name));
            found.push(Diagnostic::error("Missing required argument", detail));
        }
    }
}
