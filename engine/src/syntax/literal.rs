//! Escape sequences: from the text of a string as it is written to the text that it means.

use std::borrow::Cow;
use std::ops::Range;

/// An escape sequence that means nothing; the range is in bytes of the written text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EscapeFault {
    /// Where the sequence stands.
    pub range: Range<usize>,
    /// What is wrong and what to write instead.
    pub detail: String,
}

/// The text that the inside of a quoted string means; a faulty sequence stays as it is written.
pub(crate) fn unescape(written: &str) -> (Cow<'_, str>, Vec<EscapeFault>) {
    let mut faults = Vec::new();
    if !written.contains('\\') {
        return (undouble(written), faults);
    }
    let mut out = String::with_capacity(written.len());
    let mut at = 0;
    while let Some(found) = written[at..].find('\\') {
        out.push_str(&undouble(&written[at..at + found]));
        at += found;
        match escape(&written[at..]) {
            Ok((c, len)) => {
                out.push(c);
                at += len;
            }
            Err((len, detail)) => {
                out.push_str(&written[at..at + len]);
                faults.push(EscapeFault { range: at..at + len, detail });
                at += len;
            }
        }
    }
    out.push_str(&undouble(&written[at..]));
    (Cow::Owned(out), faults)
}

/// The text with `$${` and `%%{` turned into `${` and `%{`: the only sequences outside quotes.
pub(crate) fn undouble(written: &str) -> Cow<'_, str> {
    if !written.contains("$${") && !written.contains("%%{") {
        return Cow::Borrowed(written);
    }
    Cow::Owned(written.replace("$${", "${").replace("%%{", "%{"))
}

/// Reads the sequence at the start of the text: its character and length, or the length of the faulty part and why.
fn escape(text: &str) -> Result<(char, usize), (usize, String)> {
    let Some(selector) = text[1..].chars().next() else {
        return Err((
            1,
            "A backslash starts an escape sequence, but nothing follows. Write \\\\ for a backslash.".into(),
        ));
    };
    let simple = match selector {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' => '"',
        '\\' => '\\',
        'u' => return hexadecimal(text, 4),
        'U' => return hexadecimal(text, 8),
        other => {
            let detail = format!(
                "`\\{other}` means nothing. The sequences are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \\UNNNNNNNN; write \
                 \\\\ for a backslash, and $${{ or %%{{ for a literal ${{ or %{{."
            );
            return Err((1 + other.len_utf8(), detail));
        }
    };
    Ok((simple, 2))
}

fn hexadecimal(text: &str, digits: usize) -> Result<(char, usize), (usize, String)> {
    let found = text[2..].bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    let written = &text[..2 + found];
    if found < digits {
        let detail = format!(
            "`{written}` is cut short: {digits} hexadecimal digits follow a `{}`, with zeros in front.",
            &text[..2]
        );
        return Err((written.len(), detail));
    }
    let code = u32::from_str_radix(&written[2..], 16).ok().and_then(char::from_u32);
    code.map(|c| (c, written.len())).ok_or_else(|| {
        let detail = format!(
            "`{written}` is no character: Unicode ends at 10FFFF and leaves out D800 to DFFF. Characters above FFFF are \
             written \\U with eight digits."
        );
        (written.len(), detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_become_their_characters() {
        for (written, expected) in [
            ("plain", "plain"),
            (r#"a\n\r\t\"\\b"#, "a\n\r\t\"\\b"),
            (r"\u00e9\U0001F600", "é😀"),
            ("$${a} %%{b} $${", "${a} %{b} ${"),
            ("$$${a} $a %%%{", "$${a} $a %%{"),
            (r"\\$${n", r"\${n"),
        ] {
            assert_eq!(unescape(written), (Cow::Borrowed(expected), vec![]), "{written}");
        }
    }

    #[test]
    fn each_faulty_sequence_is_named_with_its_range() {
        for (written, expected) in [
            (r"\q\a", &[r"\q", r"\a"][..]),
            (r"a\u12 ", &[r"\u12"]),
            (r"\U00110000", &[r"\U00110000"]),
            (r"\ud83d\n", &[r"\ud83d"]),
            (r"\é", &[r"\é"]),
            ("\\", &["\\"]),
        ] {
            let (_, faults) = unescape(written);
            let found: Vec<_> = faults.into_iter().map(|it| &written[it.range]).collect();
            assert_eq!(found, expected, "{written}");
        }
    }
}
