//! Colours and weights of text on a terminal, or none of them anywhere else.

use anstyle::{AnsiColor, Style};

/// Whether text is decorated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Text as it is.
    #[cfg(test)]
    pub const PLAIN: Paint = Paint { on: false };

    /// Decorates when `on`.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Whether text is decorated.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// Heavier.
    pub fn bold(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// Lighter.
    pub fn dim(self, text: &str) -> String {
        self.styled(AnsiColor::BrightBlack.on_default(), text)
    }

    /// Underlined.
    pub fn underline(self, text: &str) -> String {
        self.styled(Style::new().underline(), text)
    }

    /// In a colour.
    pub fn color(self, color: AnsiColor, text: &str) -> String {
        self.styled(color.on_default(), text)
    }

    /// Heavier and in a colour.
    pub fn strong(self, color: AnsiColor, text: &str) -> String {
        self.styled(color.on_default().bold(), text)
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.on && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decorates_only_when_told_to() {
        assert_eq!(Paint::PLAIN.bold("x"), "x");
        assert_eq!(Paint::new(true).bold("x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(Paint::new(true).bold(""), "");
    }
}
