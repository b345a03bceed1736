//! Functions of strings that need neither patterns nor formats.

use unicode_segmentation::UnicodeSegmentation;

use super::{
    Context, Function, FunctionError, LONGEST_FILL, Outcome, Parameter, bool, items, number, string, strings, text,
    whole,
};
use crate::value::{Kind, Type, Value};

const STR: Parameter = Parameter::new("str", "The string to work on.", string);

pub(super) static CHOMP: Function =
    Function::new("chomp", "Removes line breaks from the end of a string.", &[STR], string, |_, args| {
        Ok(text(args, 0).trim_end_matches(['\n', '\r']).into())
    });

pub(super) static ENDSWITH: Function = Function::new(
    "endswith",
    "Whether a string ends with another.",
    &[STR, Parameter::new("suffix", "The end to look for.", string)],
    bool,
    |_, args| Ok(text(args, 0).ends_with(text(args, 1)).into()),
);

pub(super) static INDENT: Function = Function::new(
    "indent",
    "Adds spaces to the start of every line but the first.",
    &[Parameter::new("spaces", "How many spaces to add after each line break.", number), STR],
    string,
    |_, args| {
        let spaces = usize::try_from(whole(args, 0)?);
        let spaces = spaces.map_err(|_| FunctionError::argument(0, "the number of spaces must not be negative"))?;
        if spaces > LONGEST_FILL {
            return Err(FunctionError::argument(0, format!("the number of spaces must not exceed {LONGEST_FILL}")));
        }
        Ok(text(args, 1).replace('\n', &format!("\n{}", " ".repeat(spaces))).into())
    },
);

pub(super) static JOIN: Function = Function::new(
    "join",
    "Concatenates the strings of lists with a separator between them.",
    &[Parameter::new("separator", "What to put between two strings.", string)],
    string,
    join,
)
.variadic(Parameter::new("lists", "Lists of strings.", strings));

pub(super) static LOWER: Function =
    Function::new("lower", "Changes all letters to lower case.", &[STR], string, |_, args| {
        Ok(text(args, 0).chars().map(simple_lower).collect::<String>().into())
    });

pub(super) static SPLIT: Function = Function::new(
    "split",
    "Cuts a string into parts at every separator.",
    &[Parameter::new("separator", "What stands between two parts.", string), STR],
    strings,
    |_, args| {
        let (separator, text) = (text(args, 0), text(args, 1));
        let parts: Vec<Value> = if separator.is_empty() {
            text.chars().map(|it| Value::from(it.encode_utf8(&mut [0; 4]) as &str)).collect()
        } else {
            text.split(separator).map(Value::from).collect()
        };
        Ok(Value::list(Type::String, parts))
    },
);

pub(super) static STARTSWITH: Function = Function::new(
    "startswith",
    "Whether a string starts with another.",
    &[STR.unknown(), Parameter::new("prefix", "The start to look for.", string)],
    bool,
    startswith,
);

pub(super) static STRCONTAINS: Function = Function::new(
    "strcontains",
    "Whether a string has another within it.",
    &[STR, Parameter::new("substr", "The part to look for.", string)],
    bool,
    |_, args| Ok(text(args, 0).contains(text(args, 1)).into()),
);

pub(super) static STRREV: Function =
    Function::new("strrev", "Reverses the characters of a string.", &[STR], string, |_, args| {
        let mut all = graphemes(text(args, 0));
        all.reverse();
        Ok(all.concat().into())
    });

pub(super) static SUBSTR: Function = Function::new(
    "substr",
    "A part of a string, by position and length in characters.",
    &[
        STR,
        Parameter::new("offset", "Characters to skip; counted from the end when negative.", number),
        Parameter::new("length", "Characters to take; all when negative.", number),
    ],
    string,
    substr,
);

pub(super) static TITLE: Function =
    Function::new("title", "Changes the first letter of each word to upper case.", &[STR], string, |_, args| {
        let mut start = true;
        let change = |it: char| {
            let changed = if start { simple_title(it) } else { it };
            start = separates_words(it);
            changed
        };
        Ok(text(args, 0).chars().map(change).collect::<String>().into())
    });

pub(super) static TRIM: Function = Function::new(
    "trim",
    "Removes any of a set of characters from both ends of a string.",
    &[STR, Parameter::new("cutset", "All characters to remove; their order means nothing.", string)],
    string,
    |_, args| {
        let cutset = text(args, 1);
        Ok(text(args, 0).trim_matches(|it| cutset.contains(it)).into())
    },
);

pub(super) static TRIMPREFIX: Function = Function::new(
    "trimprefix",
    "Removes a text from the start of a string if it is there.",
    &[STR, Parameter::new("prefix", "The start to remove.", string)],
    string,
    |_, args| Ok(text(args, 0).strip_prefix(text(args, 1)).unwrap_or(text(args, 0)).into()),
);

pub(super) static TRIMSPACE: Function =
    Function::new("trimspace", "Removes white space from both ends of a string.", &[STR], string, |_, args| {
        Ok(text(args, 0).trim().into())
    });

pub(super) static TRIMSUFFIX: Function = Function::new(
    "trimsuffix",
    "Removes a text from the end of a string if it is there.",
    &[STR, Parameter::new("suffix", "The end to remove.", string)],
    string,
    |_, args| Ok(text(args, 0).strip_suffix(text(args, 1)).unwrap_or(text(args, 0)).into()),
);

pub(super) static UPPER: Function =
    Function::new("upper", "Changes all letters to upper case.", &[STR], string, |_, args| {
        Ok(text(args, 0).chars().map(simple_upper).collect::<String>().into())
    });

/// The characters that a reader sees, by the rules of Unicode 15: newer ones keep Indic conjuncts together, the language
/// does not.
pub(crate) fn graphemes(text: &str) -> Vec<&str> {
    if text.is_ascii() && !text.contains('\r') {
        return (0..text.len()).map(|at| &text[at..=at]).collect();
    }
    text.graphemes(true).flat_map(split_conjuncts).collect()
}

/// Cuts before every letter that by itself would not belong to the character before it.
fn split_conjuncts(cluster: &str) -> impl Iterator<Item = &str> {
    let mut cuts = vec![0];
    let mut before = None;
    for (at, it) in cluster.char_indices() {
        if let Some(before) = before
            && it.is_alphabetic()
            && before != '\u{200d}'
            && String::from_iter([before, it]).graphemes(true).count() == 2
        {
            cuts.push(at);
        }
        before = Some(it);
    }
    let ends: Vec<usize> = cuts.iter().skip(1).copied().chain([cluster.len()]).collect();
    cuts.into_iter().zip(ends).map(|(start, end)| &cluster[start..end])
}

/// The one character that is the lower case of another, whatever stands beside it.
fn simple_lower(it: char) -> char {
    it.to_lowercase().next().unwrap_or(it)
}

/// The one character that is the upper case of another; itself where that would take several.
fn simple_upper(it: char) -> char {
    let mut upper = it.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => match it {
            // Greek letters with iota have one upper case letter for headlines and two letters for anything else.
            '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(it) | 8).unwrap_or(it),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(it) + 9).unwrap_or(it),
            _ => it,
        },
    }
}

/// The form of a letter at the start of a word: upper case, but for digraphs and for Georgian, which has none.
fn simple_title(it: char) -> char {
    match it {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        '\u{10d0}'..='\u{10ff}' => it,
        _ => simple_upper(it),
    }
}

fn separates_words(it: char) -> bool {
    if it.is_ascii() { !it.is_ascii_alphanumeric() && it != '_' } else { it.is_whitespace() }
}

fn join(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (separator, lists) = args.split_first().expect("the separator is required");
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown(Type::String));
    }
    let mut all = Vec::new();
    for at in 1..args.len() {
        for (index, item) in items(args, at).iter().enumerate() {
            let of = if lists.len() > 1 { format!(" of list {at}") } else { String::new() };
            let error = || {
                let message = format!("element {index}{of} is null; cannot concatenate null values");
                FunctionError::argument(at, message)
            };
            all.push(item.as_str().ok_or_else(error)?);
        }
    }
    Ok(all.join(separator.as_str().expect("the separator is a known string")).into())
}

fn startswith(_: &Context<'_>, args: &[Value]) -> Outcome {
    let wanted = text(args, 1);
    let Kind::Unknown(_, known) = args[0].kind() else {
        return Ok(text(args, 0).starts_with(wanted).into());
    };
    let known = known.prefix.as_deref().unwrap_or("");
    if known.starts_with(wanted) {
        return Ok(true.into());
    }
    if known.len() >= wanted.len() { Ok(false.into()) } else { Ok(Value::unknown(Type::Bool)) }
}

fn substr(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (offset, length) = (whole(args, 1)?, whole(args, 2)?);
    let all = graphemes(text(args, 0));
    if offset >= 0 && length == 0 {
        return Ok("".into());
    }
    let start = if offset < 0 { all.len().saturating_sub(offset.unsigned_abs() as usize) } else { offset as usize };
    let rest = all.get(start..).unwrap_or_default();
    // With a negative offset a length of zero takes everything, like a negative one.
    let count = if length <= 0 { rest.len() } else { rest.len().min(length as usize) };
    Ok(rest[..count].concat().into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke};
    use super::*;
    use crate::value::Refinement;

    #[test]
    fn characters_are_what_a_reader_sees() {
        assert_eq!(graphemes("e\u{301}a"), ["e\u{301}", "a"]);
        assert_eq!(graphemes("क्षि"), ["क्", "षि"]);
        assert_eq!(graphemes("👨‍👩‍👧🇫🇷🇩🇪각a\r\nb").len(), 7);
    }

    #[test]
    fn letters_have_one_counterpart() {
        check("lower", &[("[\"İΑΣẞ\"]", "\"iασß\"")]);
        check("upper", &[("[\"ß ŉ ᾳ ﬁ ı\"]", "\"ß ŉ ᾼ ﬁ I\"")]);
        check("title", &[("[\"it's ß x/y foo_bar ǆ ა\"]", "\"It'S ß X/Y Foo_bar ǅ ა\"")]);
    }

    #[test]
    fn parts_of_strings() {
        check(
            "substr",
            &[("[\"hello\",1,-2]", "\"ello\""), ("[\"hello\",10,1]", "\"\""), ("[\"hello\",-3,2]", "\"ll\"")],
        );
        check("substr", &[("[\"hello\",-1,0]", "\"o\""), ("[\"hello\",-9,2]", "\"he\""), ("[\"🤔🤷\",1,1]", "\"🤷\"")]);
        check(
            "split",
            &[("[\",\",\"\"]", "[\"\"]"), ("[\"\",\"añ\"]", "[\"a\",\"ñ\"]"), ("[\",\",\",a,\"]", "[\"\",\"a\",\"\"]")],
        );
        check("strrev", &[("[\"e\u{301}a\"]", "\"aé\"")]);
        check("trim", &[("[\"?!hello?!\",\"!?\"]", "\"hello\"")]);
        check("trimspace", &[("[\"\u{a0} x\u{3000}\"]", "\"x\"")]);
        check("chomp", &[("[\"a\\n\\r\"]", "\"a\""), ("[\" a \"]", "\" a \"")]);
        check("indent", &[("[2,\"a\\n\\nb\"]", "\"a\\n  \\n  b\""), ("[-1,\"a\"]", "!negative")]);
    }

    #[test]
    fn joins_lists() {
        check("join", &[("[\",\",[\"a\"],[],[\"b\"]]", "\"a,b\""), ("[\",\",[\"a\",null]]", "!element 1 is null")]);
        check("join", &[("[\",\",[],[null]]", "!element 0 of list 2"), ("[1,[\"a\",\"b\"]]", "\"a1b\"")]);
    }

    #[test]
    fn a_known_start_may_decide() {
        let start = Refinement { prefix: Some("x-".into()), ..Refinement::default() };
        let value = Value::from(Kind::Unknown(Type::String, start));
        let ask = |prefix: &str| invoke("startswith", &[value.clone(), prefix.into()]).unwrap();
        assert_eq!(ask("x"), Value::from(true));
        assert_eq!(ask(""), Value::from(true));
        assert_eq!(ask("y"), Value::from(false));
        assert!(ask("x-a").is_unknown());
    }
}
