//! Tokens: the words of the language, as byte ranges of the text.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ident,
    Number,
    /// A line break outside strings; the break that ends a line comment counts as one.
    Newline,
    /// A comment; only for whoever asks for comments.
    Comment,
    Eof,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    /// The quote that starts a string.
    OpenQuote,
    /// The quote that ends a string.
    CloseQuote,
    /// `<<EOT` with its line break.
    OpenHeredoc {
        /// Written `<<-`: common indentation is removed.
        indented: bool,
    },
    /// The line that holds the end marker, without its line break.
    CloseHeredoc,
    /// Text of a quoted string, escapes undone by nobody yet.
    QuotedText,
    /// Text of a heredoc or of a template file, one token per line at most.
    PlainText,
    /// `${` or `${~`.
    Interpolation {
        /// White space before it is dropped.
        strip: bool,
    },
    /// `%{` or `%{~`.
    Directive {
        /// White space before it is dropped.
        strip: bool,
    },
    /// `}` or `~}` that ends an interpolation or a directive.
    SequenceEnd {
        /// White space after it is dropped.
        strip: bool,
    },
    Dot,
    Comma,
    Colon,
    DoubleColon,
    Ellipsis,
    FatArrow,
    Question,
    Equal,
    EqualEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    AndAnd,
    OrOr,
    Bang,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    /// Something the language has no use for; the lexer has already said so.
    Invalid,
}

impl Kind {
    /// The kind that ends what this kind opens.
    pub fn closer(self) -> Option<Kind> {
        match self {
            Kind::OpenBrace => Some(Kind::CloseBrace),
            Kind::OpenBracket => Some(Kind::CloseBracket),
            Kind::OpenParen => Some(Kind::CloseParen),
            Kind::OpenQuote => Some(Kind::CloseQuote),
            Kind::OpenHeredoc { .. } => Some(Kind::CloseHeredoc),
            Kind::Interpolation { .. } | Kind::Directive { .. } => Some(Kind::SequenceEnd { strip: false }),
            _ => None,
        }
    }

    /// The kind without its details, so that it can be compared with what [`Kind::closer`] returns.
    pub fn bare(self) -> Kind {
        match self {
            Kind::SequenceEnd { .. } => Kind::SequenceEnd { strip: false },
            other => other,
        }
    }
}

/// A word of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}
