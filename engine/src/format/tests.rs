//! The layout in small cases, and what holds for every text.

use proptest::prelude::*;

use super::format;
use crate::source::SourceMap;

fn formatted(text: &str) -> String {
    let file = SourceMap::default().add("x.tf", text);
    format(file, text).unwrap_or_else(|found| panic!("{text}\n{found:?}"))
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(formatted(text), *expected, "{text}");
    }
}

#[test]
fn words_are_spaced() {
    check(&[
        ("a=1\n", "a = 1\n"),
        ("a=b . c [ 0 ].*.d\n", "a = b.c[0].*.d\n"),
        ("a=f ( x,[ 1 ,2 ]... )\n", "a = f(x, [1, 2]...)\n"),
        ("a=p::n :: f( 1 )\n", "a = p::n::f(1)\n"),
        ("a=! b&&(c||d)\n", "a = !b && (c || d)\n"),
        ("a=x -1+- 1*-y\n", "a = x - 1 + -1 * -y\n"),
        ("a=b?- 1: - 2\n", "a = b ? -1 : -2\n"),
        ("a={}\nb={ x=1,(y):[ ] }\n", "a = {}\nb = { x = 1, (y) : [] }\n"),
        ("a=[for x in[1]:x]\n", "a = [for x in [1] : x]\n"),
        ("a={for k,v in m:k=>v...if k}\n", "a = { for k, v in m : k => v... if k }\n"),
        ("a=\" ${ x }${ {b=1} }%{ if c ~} y%{endif}\"\n", "a = \" ${x}${ { b = 1 } }%{if c~} y%{endif}\"\n"),
        ("foo \"x\"{a=1}\nfoo{ }\n", "foo \"x\" { a = 1 }\nfoo {}\n"),
        ("a=/* x */1/* y */+2\n", "a = /* x */ 1 /* y */ + 2\n"),
    ]);
}

#[test]
fn lines_are_indented_by_what_is_open_before_them() {
    check(&[
        ("a {\n\tb {\nc=1\n}\n   }\n", "a {\n  b {\n    c = 1\n  }\n}\n"),
        ("a=[{\nb=1\n}, {\nb=2\n}]\n", "a = [{\n  b = 1\n  }, {\n  b = 2\n}]\n"),
        ("a=f(g([\n1\n]\n))\n", "a = f(g([\n  1\n  ]\n))\n"),
        ("a=[\n1, # x\n\n  2]\n", "a = [\n  1, # x\n\n2]\n"),
        ("a=[<<E\n ${ [\n1] }\nE\n,2\n]\n", "a = [<<E\n ${[\n1]}\nE\n, 2\n]\n"),
    ]);
}

#[test]
fn neighbouring_lines_share_their_columns() {
    check(&[
        ("a=1\nbbb=2\n\ncc=3\n", "a   = 1\nbbb = 2\n\ncc = 3\n"),
        ("a=1 # x\nbbb=22 // y\n# z\nc=1\n", "a   = 1  # x\nbbb = 22 // y\n# z\nc = 1\n"),
        ("a=1\nbb=[\n1\n]\nccc=1\n", "a = 1\nbb = [\n  1\n]\nccc = 1\n"),
        ("b \"x\" {} # x\nbb {} # y\n", "b \"x\" {} # x\nbb {}    # y\n"),
        ("日本=1\nå̂=2\nabc=3\n", "日本  = 1\nå̂   = 2\nabc = 3\n"),
        ("a=1\nbb=<<E\nx\nE\nccc=1\n", "a   = 1\nbb  = <<E\nx\nE\nccc = 1\n"),
    ]);
}

#[test]
fn texts_and_line_breaks_stay() {
    check(&[
        ("a=<<-E\n\t x  ${ y }\n\n   E\nb=1\n", "a = <<-E\n\t x  ${y}\n\n   E\nb = 1\n"),
        ("a=1\r\nb=2 # x\r\n\r\n", "a = 1\r\nb = 2 # x\r\n\r\n"),
        ("\n\n a=1\n\n\n\nb=2", "\n\na = 1\n\n\n\nb = 2"),
        ("\u{feff}a=1 \n ", "a = 1\n "),
        ("a=\"x  y\\t\" # a  b \n", "a = \"x  y\\t\" # a  b \n"),
        ("", ""),
    ]);
}

#[test]
fn forms_of_old_are_rewritten() {
    check(&[
        ("a=\"${b}\"\n", "a = b\n"),
        ("a=\"${~ f(\"x-${b}\") ~}\"\n", "a = f(\"x-${b}\")\n"),
        ("a=\"${\n b ?\n c : d\n}\"\n", "a = (b ?\nc : d)\n"),
        ("a=\"${(b\n)}\"\n", "a = (b\n)\n"),
        ("a=\"${(b)+\n(c)}\"\nd=\"${b # x\n}\"\n", "a = ((b) +\n(c))\nd = b # x\n\n"),
        ("a=\"${ # x\nb}\"\nc=\"${f( # x\nb)}\"\n", "a = ( # x\nb)\nc = f( # x\nb)\n"),
        ("a=\"${b}${c}\"\nd=\"${\"x\"}\"\ne=[\"${b}\"]\n", "a = \"${b}${c}\"\nd = \"x\"\ne = [\"${b}\"]\n"),
        ("a b/* x */\"\\u00e9\" \"$${x}\" /* y */{}\n", "a \"b\" \"é\" \"$${x}\" /* y */ {}\n"),
    ]);
}

#[test]
fn types_of_variables_lose_their_quotes() {
    for (written, expected) in [
        ("\"string\"", "string"),
        ("\"list\"", "list(string)"),
        ("\"map\"", "map(string)"),
        ("\"set\"", "\"set\""),
        ("list", "list(any)"),
        ("set", "set(any)"),
        ("list(string)", "list(string)"),
        ("\"any\"", "\"any\""),
    ] {
        check(&[(&format!("variable x {{ type={written} }}"), &format!("variable \"x\" {{ type = {expected} }}"))]);
    }
    check(&[("variable {\na {\ntype=\"list\"\n}\n}\n", "variable {\n  a {\n    type = \"list\"\n  }\n}\n")]);
}

#[test]
fn what_cannot_be_read_is_refused() {
    for text in ["a=\n", "a {\n", "a=1\na=2\n", "b {\na=1\na=2\n}\n"] {
        let file = SourceMap::default().add("x.tf", text);
        assert!(format(file, text).is_err(), "{text}");
    }
}

proptest! {
    /// Blanks between the words of a line say nothing, so they cannot change the result.
    #[test]
    fn blanks_make_no_difference(lines in prop::collection::vec(line(), 0..12)) {
        let tight: String = lines.iter().map(|words| words.join(" ") + "\n").collect();
        let loose: String = lines.iter().map(|words| format!(" \t{}\n", words.join("\t  "))).collect();
        let once = formatted(&tight);
        prop_assert_eq!(&formatted(&loose), &once);
        prop_assert_eq!(&formatted(&once), &once);
    }

    #[test]
    fn no_text_is_too_strange(text in "[ab=\"${}\\[\\]()#/*<E\n\r\t~.,:é-]{0,40}") {
        let file = SourceMap::default().add("x.tf", text.as_str());
        if let Ok(once) = format(file, &text) {
            prop_assert!(format(file, &once).is_ok(), "{once}");
        }
    }
}

/// A line as its words; names differ so that no argument stands twice.
fn line() -> impl Strategy<Value = Vec<String>> {
    let comment = prop_oneof![Just(""), Just("# x"), Just("// é  y"), Just("/* z */")];
    let value = prop_oneof![
        Just("1"),
        Just("- 1 + - x . y [ 0 ]"),
        Just("f ( a , [ ] ... )"),
        Just("[ for k , v in { a = 1 } : - k if ! v ]"),
        Just("\"a ${ b } c\""),
        Just("\"${b}\""),
        Just("x ? y : z"),
    ];
    let argument = ("[a-z]{8,16}", value, comment.clone())
        .prop_map(|(name, value, comment)| [&name, "=", value, comment].map(str::to_owned).to_vec());
    let block = ("[a-z]{1,9}", comment)
        .prop_map(|(name, comment)| [&name, "\"l\"", "{", "}", comment].map(str::to_owned).to_vec());
    prop_oneof![3 => argument, 1 => block, 1 => Just(Vec::new())]
}
