//! Indentation of `<<-` heredocs: what all lines share is removed.

use super::template::Piece;

/// Removes the blanks that every line of the heredoc starts with.
///
/// A line starts where the piece before it ends with a line break, which strip markers may have taken away. Blank lines
/// do not count; a line that starts with a sequence has no indentation.
pub(super) fn unindent(pieces: &mut [Piece]) {
    let mut line_starts = Vec::new();
    let mut shared = usize::MAX;
    let mut at_line_start = true;
    for (index, piece) in pieces.iter().enumerate() {
        let text = match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Interpolation(_) | Piece::Directive(..) => "",
        };
        let is_blank_line = text.ends_with('\n') && text.trim_start().is_empty();
        if at_line_start && !is_blank_line {
            shared = shared.min(indentation(text));
            line_starts.push(index);
        }
        at_line_start = text.ends_with('\n');
    }
    for index in line_starts {
        if let Piece::Text(text) = &mut pieces[index] {
            let cut = text.char_indices().nth(shared).map_or(text.len(), |(at, _)| at);
            text.drain(..cut);
        }
    }
}

fn indentation(text: &str) -> usize {
    text.chars().take_while(|c| c.is_whitespace()).count()
}
