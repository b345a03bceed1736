//! Lines: indentation, blanks between words, columns shared by neighbouring lines.

use std::ops::Range;

use super::space::separates;
use super::word::Word;
use crate::syntax::TokenKind as Kind;

/// Columns that a level of nesting is worth.
const INDENTATION: usize = 2;

/// Sets the blanks before every word of a file.
pub(super) fn arrange(words: &mut [Word<'_>]) {
    let lines = split(words);
    indent(words, &lines);
    for line in &lines {
        space(words, line.lead());
        space(words, line.value());
    }
    align(words, &lines, Line::value);
    align(words, &lines, Line::comment);
}

/// A line as word indexes of its cells. What spans lines without a line break of the code, a heredoc above all, is in
/// one line.
struct Line {
    start: usize,
    /// Where the `=` and all after it begin: in a line that holds an argument as a whole.
    value: usize,
    /// Where the comment begins that ends the line.
    comment: usize,
    end: usize,
}

impl Line {
    fn lead(&self) -> Range<usize> {
        self.start..self.value
    }

    fn value(&self) -> Range<usize> {
        self.value..self.comment
    }

    fn comment(&self) -> Range<usize> {
        self.comment..self.end
    }
}

fn split(words: &[Word<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    // What stands before the end of the file stays: nothing follows that it could be aligned with.
    let count = words.iter().position(|it| it.kind == Kind::Eof).unwrap_or(words.len());
    while start < count {
        let end = words[start..count].iter().position(Word::ends_line).map_or(count, |it| start + it + 1);
        lines.push(line(words, start, end));
        start = end;
    }
    lines
}

fn line(words: &[Word<'_>], start: usize, end: usize) -> Line {
    let comment = if end - start > 1 && words[end - 1].kind == Kind::Comment { end - 1 } else { end };
    let equal = (start + 1..comment).find(|&at| words[at].kind == Kind::Equal);
    // With a bracket left open or closed too many the line is no whole argument.
    let value = equal.filter(|&at| nesting(&words[at..comment]) == 0).unwrap_or(comment);
    Line { start, value, comment, end }
}

fn nesting(words: &[Word<'_>]) -> isize {
    words.iter().map(Word::nesting).sum()
}

/// A level for every line that opens more brackets than it closes, however many they are.
fn indent(words: &mut [Word<'_>], lines: &[Line]) {
    let mut levels: Vec<isize> = Vec::new();
    for line in lines {
        if words[line.start].kind == Kind::Newline {
            words[line.start].blanks = 0;
            continue;
        }
        let lead = &words[line.lead()];
        // Sequences of a heredoc are text: they take no part in the layout of what follows.
        let code = lead.iter().position(|it| matches!(it.kind, Kind::OpenHeredoc { .. })).unwrap_or(lead.len());
        let change = nesting(&lead[..code]) + nesting(&words[line.value()]);
        close(&mut levels, -change);
        words[line.start].blanks = INDENTATION * levels.len();
        if change > 0 {
            levels.push(change);
        }
    }
}

fn close(levels: &mut Vec<isize>, mut brackets: isize) {
    while brackets > 0
        && let Some(open) = levels.last_mut()
    {
        if brackets < *open {
            *open -= brackets;
            return;
        }
        brackets -= *open;
        levels.pop();
    }
}

fn space(words: &mut [Word<'_>], cell: Range<usize>) {
    for at in cell.start..cell.end.saturating_sub(1) {
        let before = if at > cell.start { Some(&words[at - 1]) } else { None };
        words[at + 1].blanks = usize::from(separates(before, &words[at], &words[at + 1]));
    }
}

/// Starts a cell in the same column in all of the lines in a row that have it.
fn align(words: &mut [Word<'_>], lines: &[Line], cell: impl Fn(&Line) -> Range<usize>) {
    for chain in lines.chunk_by(|one, other| cell(one).is_empty() == cell(other).is_empty()) {
        if cell(&chain[0]).is_empty() {
            continue;
        }
        let widths: Vec<usize> =
            chain.iter().map(|line| words[line.start..cell(line).start].iter().map(Word::columns).sum()).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        for (line, width) in chain.iter().zip(widths) {
            words[cell(line).start].blanks = widest - width + 1;
        }
    }
}
