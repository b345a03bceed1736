//! What a monitor has seen, and what it makes of calls without an answer.

use crate::cloud::ErrorKind;
use crate::errors::Trouble;
use crate::group::NoAnswer;

/// What a monitor has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// All is well.
    Fine,
    /// It is too early to look.
    TooEarly,
    /// AWS did not answer, and that means nothing.
    Ignored(Trouble),
    /// Somebody should know.
    Warning(Trouble),
    /// Recovery is due.
    Error(Trouble),
}

impl Look {
    /// The trouble, if there is any.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Fine | Self::TooEarly => None,
            Self::Ignored(trouble) | Self::Warning(trouble) | Self::Error(trouble) => Some(trouble),
        }
    }
}

/// What trouble means to a monitor: calls without an answer as its mode says, all else is an error.
pub fn judge(result: Result<(), Trouble>, no_answer: NoAnswer) -> Look {
    let Err(trouble) = result else { return Look::Fine };
    let kind = trouble.cause.as_ref().map(|it| it.kind);
    let answered = kind.is_none_or(|it| matches!(it, ErrorKind::NotFound | ErrorKind::Conflict));
    match no_answer {
        _ if trouble.is_warning => Look::Warning(trouble),
        _ if answered => Look::Error(trouble),
        NoAnswer::Ignore => Look::Ignored(trouble),
        NoAnswer::Warn => Look::Warning(trouble.warning()),
        NoAnswer::Recover => Look::Error(trouble),
    }
}
