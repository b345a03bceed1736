//! What is wrong with an argument list, in one error that names the way out.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use plumb_engine::diagnostic::Diagnostic;

/// Why an argument list leads to no command.
#[derive(Debug)]
pub enum Misuse {
    /// Nothing is wrong: a text was asked for, such as help.
    Asked(String),
    /// Something is wrong.
    Wrong(Box<Diagnostic>),
}

/// Summary of errors about options.
const BAD_FLAGS: &str = "Failed to parse command-line flags";

/// What an error of clap says, in the form of every other diagnostic. Options are named with one hyphen, as this tool
/// documents them.
pub fn misuse(error: &clap::Error) -> Misuse {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Misuse::Asked(one_hyphen(&error.render().to_string()));
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(one_hyphen(text)),
        Some(ContextValue::Strings(texts)) => Some(one_hyphen(&texts.join(", "))),
        _ => None,
    };
    let given = context(ContextKind::InvalidArg).unwrap_or_default();
    let suggestion = |kind| context(kind).map(|it| format!(" Did you mean {it}?")).unwrap_or_default();
    let (summary, detail) = match error.kind() {
        ErrorKind::UnknownArgument if given.starts_with('-') => {
            (BAD_FLAGS, format!("There is no option {given} here.{}", suggestion(ContextKind::SuggestedArg)))
        }
        ErrorKind::UnknownArgument => {
            ("Too many command line arguments", format!("The argument {given:?} is one too many."))
        }
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            (
                "Unknown command",
                format!("There is no command {name:?}.{}", suggestion(ContextKind::SuggestedSubcommand)),
            )
        }
        ErrorKind::MissingRequiredArgument => ("Missing argument", format!("The command needs {given}.")),
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg).unwrap_or_default();
            ("Options exclude each other", format!("Of {given} and {other} only one can be given."))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = context(ContextKind::InvalidValue).unwrap_or_default();
            let reason = std::error::Error::source(error).map(|it| format!(": {it}")).unwrap_or_default();
            match &*value {
                "" => (BAD_FLAGS, format!("The option {given} needs a value.")),
                _ => ("Invalid value", format!("The value {value:?} does not fit {given}{reason}.")),
            }
        }
        _ => ("Invalid arguments", one_hyphen(error.to_string().trim_start_matches("error: ").trim_end())),
    };
    let help = "Run the command with -help to see what it takes.";
    Misuse::Wrong(Box::new(Diagnostic::error(summary, format!("{detail}\n\n{help}"))))
}

/// A text about options, each with one hyphen.
pub fn one_hyphen(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let option = rest.starts_with("--") && rest[2..].starts_with(|c: char| c.is_ascii_lowercase());
        if option && !previous.is_alphanumeric() && previous != '-' {
            rest = &rest[1..];
        }
        out.push(c);
        previous = c;
        rest = &rest[c.len_utf8()..];
    }
    out
}
