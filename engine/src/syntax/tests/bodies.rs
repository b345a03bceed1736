//! Bodies: arguments, blocks, and going on after faults.

use super::{faults, parse_body, show};
use crate::syntax::ast::Block;

fn body(text: &str) -> String {
    let (body, diagnostics) = parse_body(text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    show::body(text, &body)
}

#[test]
fn arguments_and_blocks() {
    for (text, expected) in [
        ("", ""),
        ("\n# a\n// b\n/* c\n*/\n", ""),
        ("\u{feff}a = 1\r\nb = \"2\"", "a=1 b=\"2\""),
        ("a = 1\na = 2\n", "a=1 a=2"),
        ("a {}", "a<>"),
        ("a \"b\" c {\n}\n", "a:b:c<>"),
        ("a { b = 1 }", "a<b=1>"),
        ("a { b = {\n c = 1\n} }", "a<b={c=1}>"),
        ("a {\n b = <<E\nx\nE\n}", "a<b=\"x\\n\">"),
        ("a {\n b {\n c = 1\n }\n d = 2\n}", "a<d=2 b<c=1>>"),
        ("a \"$${b}\\n\" {}", "a:${b}\n<>"),
        ("null = 1\nfor {}\n", "null=1 for<>"),
        ("a /* x\n */ = /* y */ 1 # z\n", "a=1"),
        ("_a- = é\n", "_a-=é"),
    ] {
        assert_eq!(body(text), expected, "{text}");
    }
}

#[test]
fn ranges_of_blocks() {
    let text = "a \"b\" {\n  c = [1,\n 2]\n}\n";
    let (body, _) = parse_body(text);
    let Block { body: inner, header, span, labels, .. } = &body.blocks[0];
    assert_eq!(&text[header.range()], "a \"b\"");
    assert_eq!(&text[span.range()], text.trim_end());
    assert_eq!(&text[labels[0].span.range()], "\"b\"");
    assert_eq!(&text[inner.span.range()], "\n  c = [1,\n 2]\n");
    assert_eq!(&text[inner.attributes[0].span.range()], "c = [1,\n 2]");
    assert_eq!(&text[body.span.range()], text);
}

#[test]
fn one_fault_is_one_diagnostic() {
    for (text, expected) in [
        ("a = 1 2\n", "1: Missing newline after argument"),
        ("a = 1, b = 2\n", "1: Unexpected comma after argument"),
        ("a\n", "1: Argument or block definition required"),
        ("1\n", "1: Argument or block definition required"),
        ("a.b = 1\n", "1: Argument or block definition required"),
        ("}\n", "1: Argument or block definition required"),
        ("\"a\" = 1\n", "1: Invalid argument name"),
        ("a b\n", "1: Invalid block definition"),
        ("a \"b\" = 1\n", "1: Invalid block definition"),
        ("a \"b\"\n{\n c = 1\n}\nd = 1\n", "1: Invalid block definition"),
        ("a \"b${c}\" {\n}\n", "1: Invalid string literal"),
        ("a \"b\n", "1: Invalid multi-line string"),
        ("a \"b", "1: Unterminated string literal"),
        ("a { b = 1\n c = 2\n}\n", "1: Invalid single-argument block definition"),
        ("a { b = 1, c = 2 }\n", "1: Invalid single-argument block definition"),
        ("a { b = <<E\nx\nE\n}\n", "3: Invalid single-argument block definition"),
        ("a { b {} }\n", "1: Argument definition required"),
        ("a {} b = 1\n", "1: Missing newline after block definition"),
        ("a {\n b {\n", "2: Unclosed configuration block"),
        ("a {\n b = <<E\nx\n", "4: Unterminated template string"),
        ("a =\n{\n b = 1\n}\nc = 1\n", "1: Invalid expression"),
        ("a = 'b'\nc = 'd'\n", "1: Invalid character"),
    ] {
        assert_eq!(faults(text), [expected], "{text}");
    }
}

#[test]
fn several_faults_are_found_in_one_run() {
    let text =
        "a = 1 2\nb {\n c = [1 2]\n d = 4 +\n e = {\n f 1\n }\n g = \"${h i}\"\n}\nj = \"k\nl = ]\nm = \"\\q\\z\"\n";
    assert_eq!(
        faults(text),
        [
            "1: Missing newline after argument",
            "3: Missing item separator",
            "4: Invalid expression",
            "6: Missing key/value separator",
            "8: Extra characters after interpolation expression",
            "10: Invalid multi-line string",
            "11: Invalid expression",
            "12: Invalid escape sequence",
            "12: Invalid escape sequence",
        ]
    );
}

#[test]
fn a_bracket_that_stays_open_hides_no_later_fault() {
    let text = "a {\n  b = [1,\n  c = 2\n  d = 3 4\n}\ne = ]\n";
    assert_eq!(
        faults(text),
        ["3: Missing item separator", "4: Missing newline after argument", "6: Invalid expression"]
    );
}

#[test]
fn what_could_be_read_is_in_the_tree() {
    let text = "a = 1\nb \"c\"\nd = ]\ne {\n f = 1 2\n g = 3\n}\n";
    let (body, diagnostics) = parse_body(text);
    assert_eq!(diagnostics.len(), 3);
    assert_eq!(show::body(text, &body), "a=1 b:c<> e<f=1 g=3>");
}

#[test]
fn faults_are_counted_up_to_a_limit() {
    assert_eq!(faults(&"a = 1 2\n".repeat(10_000)).len(), 50);
    assert_eq!(faults(&"a = [\n".repeat(10_000)).len(), 50);
    assert_eq!(faults(&"a {\n".repeat(10_000))[0], "201: Excessive nesting");
    assert_eq!(faults(&"a = '\n".repeat(10_000)).len(), 1);
}

#[test]
fn every_configuration_file_at_hand_parses() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut folders = vec![std::env::var_os("PLUMB_CONFIGURATIONS").map_or(examples, Into::into)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "tf" || it == "tfvars") {
                let text = std::fs::read_to_string(&path).unwrap();
                let (_, diagnostics) = parse_body(&text);
                assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", path.display());
            }
        }
    }
}
