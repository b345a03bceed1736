//! The lexer inside strings, heredocs and template files.

use super::{Kind, Lexer, MAX_FAULTS, Mode};

impl Lexer<'_> {
    /// Consumes text up to the next sequence or the closing quote, and that with it.
    pub(super) fn quoted(&mut self) {
        let mut end = self.quoted_end();
        if self.line_break_len(end) > 0
            && let Some(closing_quote) = self.end_of_string_over_lines(end)
        {
            end = closing_quote;
        }
        self.text_token(Kind::QuotedText, end);
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => {
                self.push(Kind::CloseQuote, 1);
                self.modes.pop();
            }
            Some(b'$' | b'%') => self.open_sequence(),
            Some(_) => self.cut_string(),
            None => {}
        }
    }

    /// Consumes one line of a heredoc, or the part before the next sequence and its opening.
    pub(super) fn heredoc(&mut self) {
        let Some(Mode::Heredoc { marker, line_start }) = self.modes.last_mut() else { return };
        let (marker, at_line_start) = (*marker, std::mem::replace(line_start, false));
        if at_line_start && self.close_heredoc(marker) {
            return;
        }
        let end = self.plain_end();
        let ends_line = self.text[..end].ends_with('\n') && end > self.at;
        self.text_token(Kind::PlainText, end);
        if let Some(Mode::Heredoc { line_start, .. }) = self.modes.last_mut() {
            *line_start = ends_line;
        }
        if !ends_line {
            self.open_sequence();
        }
    }

    /// Consumes one line of a template, or the part before the next sequence and its opening.
    pub(super) fn plain(&mut self) {
        let end = self.plain_end();
        self.text_token(Kind::PlainText, end);
        self.open_sequence();
    }

    fn close_heredoc(&mut self, marker: &str) -> bool {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() && c != '\n').len();
        if !rest[blank..].starts_with(marker) {
            return false;
        }
        let after = &rest[blank + marker.len()..];
        match after.find('\n') {
            Some(end) if after[..end].trim().is_empty() => {
                let line = blank + marker.len() + end;
                let line = if rest[..line].ends_with('\r') { line - 1 } else { line };
                self.push(Kind::CloseHeredoc, line);
                self.modes.pop();
                true
            }
            _ => false,
        }
    }

    /// The end of the text at the cursor: before a quote, a line break or a sequence, or the end of all.
    fn quoted_end(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        while let Some(&b) = bytes.get(end) {
            match b {
                b'"' => break,
                b'\n' | b'\r' if self.line_break_len(end) > 0 => break,
                b'\\' if self.line_break_len(end + 1) == 0 => end += 2,
                b'$' | b'%' => match self.sequence(end) {
                    Sequence::Opens => break,
                    Sequence::Escaped => end += 3,
                    Sequence::None => end += 1,
                },
                _ => end += 1,
            }
        }
        end.min(bytes.len())
    }

    fn line_break_len(&self, at: usize) -> usize {
        match (self.text.as_bytes().get(at), self.text.as_bytes().get(at + 1)) {
            (Some(b'\n'), _) => 1,
            (Some(b'\r'), Some(b'\n')) => 2,
            _ => 0,
        }
    }

    /// The end of the text at the cursor: after a line break, before a sequence, or the end of all.
    fn plain_end(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        while let Some(&b) = bytes.get(end) {
            match b {
                b'\n' => return end + 1,
                b'$' | b'%' => match self.sequence(end) {
                    Sequence::Opens => return end,
                    Sequence::Escaped => end += 3,
                    Sequence::None => end += 1,
                },
                _ => end += 1,
            }
        }
        end
    }

    /// What the `$` or `%` at `at` is.
    fn sequence(&self, at: usize) -> Sequence {
        let bytes = self.text.as_bytes();
        match (bytes.get(at + 1), bytes.get(at + 2)) {
            (Some(b'{'), _) => Sequence::Opens,
            (Some(second), Some(b'{')) if *second == bytes[at] => Sequence::Escaped,
            _ => Sequence::None,
        }
    }

    fn text_token(&mut self, kind: Kind, end: usize) {
        if end > self.at {
            self.push(kind, end - self.at);
        }
    }

    fn open_sequence(&mut self) {
        let bytes = self.rest().as_bytes();
        let strip = bytes.get(2) == Some(&b'~');
        let kind = match bytes.first() {
            Some(b'$') if bytes.get(1) == Some(&b'{') => Kind::Interpolation { strip },
            Some(b'%') if bytes.get(1) == Some(&b'{') => Kind::Directive { strip },
            _ => return,
        };
        self.push(kind, 2 + usize::from(strip));
        self.modes.push(Mode::Code { braces: 0 });
    }

    /// The closing quote of a string that breaks its line at `at`, if it seems to be meant to span lines: if the next
    /// line with a quote has an odd number of them. Otherwise its closing quote was forgotten.
    fn end_of_string_over_lines(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let quote = rest.find('"')?;
        let line_start = rest[..quote].rfind('\n').map_or(0, |it| it + 1);
        let line = rest[line_start..].split('\n').next().unwrap_or_default();
        if line.matches('"').count().is_multiple_of(2) {
            return None;
        }
        self.complain_of_line_break(at);
        Some(at + quote)
    }

    /// Ends a string whose closing quote is missing at the end of its line.
    fn cut_string(&mut self) {
        self.complain_of_line_break(self.at);
        self.push(Kind::Invalid, 0);
        self.modes.pop();
    }

    fn complain_of_line_break(&mut self, at: usize) {
        if self.faults.len() < MAX_FAULTS {
            self.fault(
                "Invalid multi-line string",
                "A quoted string ends on the line on which it starts. Close it with a double quote; write \\n for a \
                 line break, or use a heredoc (<<EOT) for a text of several lines.",
                at,
                at + 1,
            );
        }
    }
}

enum Sequence {
    /// `${` or `%{`.
    Opens,
    /// `$${` or `%%{`.
    Escaped,
    /// Neither.
    None,
}
