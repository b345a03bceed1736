//! Lines that a person types at a prompt, with editing, history and completion.

use plumb_engine::console::is_incomplete;
use plumb_engine::diagnostic::Diagnostic;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use crate::session::Failure;

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Entered {
    /// One expression, which may have several lines.
    Text(String),
    /// Ctrl-D or Ctrl-C.
    End,
}

/// Reads lines from the terminal. The history lasts as long as the editor: what was typed may be secret, so no file
/// keeps it.
pub struct LineEditor(Editor<Expressions, MemHistory>);

impl LineEditor {
    /// An editor that completes the given names, which are sorted.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn new(names: Vec<String>) -> Result<Self, Failure> {
        let config = Config::builder().completion_type(CompletionType::List).build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(|error| unusable(&error))?;
        editor.set_helper(Some(Expressions { names }));
        Ok(Self(editor))
    }

    /// Reads one expression.
    ///
    /// # Errors
    /// The terminal cannot be read.
    pub fn read(&mut self, prompt: &str) -> Result<Entered, Failure> {
        match self.0.readline(prompt) {
            Ok(text) => {
                // A history that is full forgets its oldest line; nothing else can go wrong in memory.
                self.0.add_history_entry(text.as_str()).ok();
                Ok(Entered::Text(text))
            }
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(Entered::End),
            Err(error) => Err(unusable(&error)),
        }
    }
}

fn unusable(error: &ReadlineError) -> Failure {
    let detail = format!("The terminal cannot be read: {error}. Pipe the expressions into the command instead.");
    Diagnostic::error("Terminal not usable", detail).into()
}

/// What the editor must know of the language.
struct Expressions {
    names: Vec<String>,
}

impl Helper for Expressions {}
impl Highlighter for Expressions {}
impl Hinter for Expressions {
    type Hint = String;
}

impl Completer for Expressions {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(&self.names, &line[..at]))
    }
}

impl Validator for Expressions {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let incomplete = is_incomplete(context.input());
        Ok(if incomplete { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

/// Where the last word of a text starts, and the names that begin with it.
fn complete(names: &[String], text: &str) -> (usize, Vec<String>) {
    let in_name = |it: char| it.is_alphanumeric() || matches!(it, '_' | '-' | '.');
    let start = text.char_indices().rev().take_while(|(_, it)| in_name(*it)).last().map_or(text.len(), |(at, _)| at);
    let word = &text[start..];
    let first = names.partition_point(|it| it.as_str() < word);
    if word.is_empty() {
        return (start, Vec::new());
    }
    (start, names[first..].iter().take_while(|it| it.starts_with(word)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_the_last_word() {
        let names: Vec<String> = ["local.a", "lower(", "var.region", "var.regions"].map(String::from).into();
        assert_eq!(complete(&names, "upper(var.reg"), (6, vec!["var.region".into(), "var.regions".into()]));
        assert_eq!(complete(&names, "lo"), (0, vec!["local.a".into(), "lower(".into()]));
        assert_eq!(complete(&names, "1 + "), (4, Vec::new()));
        assert_eq!(complete(&names, "é + var.regions"), (5, vec!["var.regions".into()]));
        assert_eq!(complete(&names, "nope"), (0, Vec::new()));
    }
}
