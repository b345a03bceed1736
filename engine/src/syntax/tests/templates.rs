//! Strings, heredocs, interpolations, directives and strip markers.

use super::{expr, template};

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(expr(text), *expected, "{text}");
    }
}

#[test]
fn strings_without_sequences_are_literals() {
    check(&[
        (r#""""#, r#""""#),
        (r#""a\n\t\"\\é""#, r#""a\n\t\"\\é""#),
        (r#""\u00e9\U0001F600""#, r#""é😀""#),
        (r#""$${a} %%{b} $$${c} $ % $a a$""#, r#""${a} %{b} $${c} $ % $a a$""#),
        (r#""}""#, r#""}""#),
    ]);
}

#[test]
fn sequences_become_parts() {
    check(&[
        (r#""${a}""#, "(w a)"),
        (r#""${~ a ~}""#, "(w a)"),
        (r#""${a}${b}""#, "(t a b)"),
        (r#""x ${a} y""#, r#"(t "x " a " y")"#),
        (r#""${"${a}"}""#, "(w (w a))"),
        (r#""${ {a = "}"}.a }""#, r#"(w {a="}"}.a)"#),
        ("\"${\n a\n +\n b }\"", "(w (+ a b))"),
        (r#""%{ if a }b%{ endif }""#, r#"(t (if a ["b"] []))"#),
        (r#""%{ if a }b%{ else }c${d}%{ endif }e""#, r#"(t (if a ["b"] ["c" d]) "e")"#),
        (r#""%{ for k, v in m }%{ if v }${k}%{ endif }, %{ endfor }""#, r#"(t (for k,v m [(if v [k] []) ", "]))"#),
        (r#""%{ if a }%{ endif }""#, "(t (if a [] []))"),
    ]);
}

#[test]
fn strip_markers_take_blanks_of_the_adjacent_text() {
    check(&[
        (r#""a\n  ${~ x ~}\n\n   b""#, r#"(t "a" x "b")"#),
        (r#""a %{~ if x ~} b %{~ endif ~} c""#, r#"(t "a" (if x ["b"] []) "c")"#),
        (r#""a ${~ x}${~ y ~} ${z}""#, r#"(t "a" x y z)"#),
    ]);
    // Outside quotes a text ends with its line, and so does what a marker strips.
    assert_eq!(template("a\n  ${~ x ~}\n\n   b\n"), r#"(t "a\n" x "\n   b\n")"#);
    assert_eq!(template("a\r\n${~ x ~}\r\n\r\n  b\rc\r\n"), r#"(t "a" x "\r\n  b\rc\r\n")"#);
}

#[test]
fn whole_texts_are_templates() {
    assert_eq!(template(""), r#""""#);
    assert_eq!(template("a \"b\" \\n"), r#""a \"b\" \\n""#);
    assert_eq!(template("${a}"), "(w a)");
    assert_eq!(template("${a}\n"), r#"(t a "\n")"#);
    assert_eq!(template("${a ~}\n"), "(t a)", "the value becomes text although nothing is left of the line break");
    assert_eq!(template("%{ if a }"), "Unexpected end of template");
    assert_eq!(template("${a"), "Unclosed template interpolation sequence");
}

#[test]
fn heredocs_keep_their_lines() {
    check(&[
        ("<<E\nE\n", r#""""#),
        ("<<E\na\n  b \\n $${c}\nE\n", r#""a\n  b \\n ${c}\n""#),
        ("<<E\r\na\r\n  E  \r\n", r#""a\r\n""#),
        ("<<E\n${a}E\nEx\n E\n", r#"(t a "E\nEx\n")"#),
        ("<<E\n${<<F\nx\nF\n}\nE\n", r#"(t "x\n" "\n")"#),
        ("[<<E\nx\nE\n, 1]", r#"["x\n" 1]"#),
        ("f(<<-E-1\nx\nE-1\n)", r#"f("x\n")"#),
    ]);
}

#[test]
fn indented_heredocs_lose_what_all_lines_share() {
    check(&[
        ("<<-E\n    a\n      b\n\n     c\n    E\n", r#""a\n  b\n\n c\n""#),
        ("<<-E\n      a\n    ${b}\n  \tc\n  E\n", r#"(t "   a\n " b "\nc\n")"#),
        ("<<-E\n  a\n${b}\n  c\n  E\n", r#"(t "  a\n" b "\n  c\n")"#),
        ("<<-E\n  a\n \n  b\n  E\n", r#""a\n \nb\n""#),
        // A stripped line break joins the lines, so that the second one has no indentation of its own.
        (
            "<<-E\n  a\n  %{ if x ~}\n     b\n  %{ endif ~}\n    \n  ${ y ~}\n    c\n     d\n  E\n",
            r#"(t "a\n" (if x ["     b\n"] []) "    \n" y "    c\n   d\n")"#,
        ),
    ]);
}

#[test]
fn faults_have_the_summaries_that_people_search_for() {
    check(&[
        ("\"a", "Unterminated template string"),
        ("<<E\na\n", "Unterminated template string"),
        ("<<E\na\nE", "Unterminated template string"),
        ("<<E a\n", "Invalid expression"),
        ("\"${a\"", "Unclosed template interpolation sequence"),
        ("\"${a b}\"", "Extra characters after interpolation expression"),
        ("\"${a: b}\"", "Extra characters after interpolation expression"),
        ("\"${}\"", "Invalid expression"),
        ("\"%{}\"", "Invalid template directive"),
        ("\"%{ elseif a }\"", "Invalid template control keyword"),
        ("\"%{ if a b }%{ endif }\"", "Extra characters in if marker"),
        ("\"%{ for a b }%{ endfor }\"", "Invalid 'for' directive"),
        ("\"%{ if a }\"", "Unexpected end of template"),
        ("\"%{ else }\"", "Unexpected else directive"),
        ("\"%{ endif }\"", "Unexpected endif directive"),
        ("\"%{ for a in b }%{ endif }%{ endfor }\"", "Unexpected endif directive"),
        ("\"%{ if a }%{ else }%{ else }%{ endif }\"", "Unexpected else directive"),
        ("\"a\nb\"", "Invalid multi-line string"),
    ]);
}
