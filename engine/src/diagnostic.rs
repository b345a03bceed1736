//! Diagnostics: errors and warnings as values that are collected, not thrown.

use serde::{Deserialize, Serialize};

use crate::source::Span;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command cannot do what was asked.
    Error,
    /// The command goes on; the person should know.
    Warning,
}

/// One thing to tell a person: what, where, why and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// A few words without names of the user's things: "Unsupported argument".
    pub summary: String,
    /// Full sentences: what is wrong, why, and what to do about it.
    pub detail: String,
    /// The range that is wrong.
    pub subject: Option<Span>,
    /// A larger range to show around the subject.
    pub context: Option<Span>,
    /// The resource instance or block in whose evaluation it arose.
    pub address: Option<String>,
    /// References of the failing expression, each with the rest of a sentence about its value: `is "a"`, `has a
    /// sensitive value`. Never a sensitive value itself.
    pub values: Vec<(String, String)>,
    /// The function whose call failed, as it is called.
    pub function: Option<String>,
    /// What about a value is the reason, where a kind of value is.
    pub cause: Option<Cause>,
    /// The values of the failing expression have been looked up.
    pub explained: bool,
}

/// Kinds of values that something cannot be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It is known only after apply.
    Unknown,
    /// It is sensitive.
    Sensitive,
    /// It is ephemeral.
    Ephemeral,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            subject: None,
            context: None,
            address: None,
            values: Vec::new(),
            function: None,
            cause: None,
            explained: false,
        }
    }

    /// A warning without a place.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// Puts the diagnostic at a range, unless it has one already.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.subject.get_or_insert(span);
        self
    }

    /// Puts the diagnostic at a range where one is known, unless it has one already.
    #[must_use]
    pub fn at_opt(mut self, span: Option<Span>) -> Self {
        self.subject = self.subject.or(span);
        self
    }

    /// Names the instance or block that was evaluated, unless one is named already.
    #[must_use]
    pub fn of(mut self, address: impl ToString) -> Self {
        self.address.get_or_insert_with(|| address.to_string());
        self
    }

    /// Adds what there is to say of a reference of the failing expression: `is "a"`.
    #[must_use]
    pub fn with_value(mut self, reference: impl Into<String>, statement: impl Into<String>) -> Self {
        self.values.push((reference.into(), statement.into()));
        self
    }

    /// Tells what kind of value is the reason.
    #[must_use]
    pub fn caused_by(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Whether it stops the command.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Diagnostics in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; an exact repetition is dropped.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// How many of them are errors.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|it| it.is_error()).count()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// `Err(self)` if any is an error, else the value together with the warnings.
    pub fn with<T>(self, value: T) -> Result<(T, Diagnostics), Diagnostics> {
        if self.has_errors() { Err(self) } else { Ok((value, self)) }
    }

    /// Names `address` in each that names none.
    #[must_use]
    pub fn of(self, address: &impl ToString) -> Self {
        Self(self.0.into_iter().map(|it| it.of(address.to_string())).collect())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        for diagnostic in iter {
            self.push(diagnostic);
        }
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        let mut all = Self::new();
        all.extend(iter);
        all
    }
}
