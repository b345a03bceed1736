//! Expressions: operators, terms, steps, brackets.

use super::{expr, file, parse_body, parse_expr};
use crate::syntax::ast::{ExprKind, Step};

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(expr(text), *expected, "{text}");
    }
}

#[test]
fn operators_bind_by_precedence_and_to_the_left() {
    check(&[
        ("a || b && c == d < e + f * g", "(|| a (&& b (== c (< d (+ e (* f g))))))"),
        ("a * b + c < d == e && f || g", "(|| (&& (== (< (+ (* a b) c) d) e) f) g)"),
        ("a - b - c", "(- (- a b) c)"),
        ("a / b % c * d", "(* (% (/ a b) c) d)"),
        ("a == b != c", "(!= (== a b) c)"),
        ("a >= b <= c > d", "(> (<= (>= a b) c) d)"),
        ("-a.b[0] + !c", "(+ (- a.b[0]) (! c))"),
        ("--1 - -1", "(- (- (- 1)) (- 1))"),
        ("!a == b", "(== (! a) b)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("a ? b ? c : d : e", "(? a (? b c d) e)"),
        ("a || b ? c : d + 1", "(? (|| a b) c (+ d 1))"),
        ("(a + b) * c", "(* ((+ a b)) c)"),
    ]);
}

#[test]
fn terms_and_steps() {
    check(&[
        ("null", "null"),
        ("[true, false, 1e3, 0.5, 1.e5]", "[true false 1e3 0.5 1.e5]"),
        ("nullable", "nullable"),
        ("for", "for"),
        ("x.for.if.null", "x.for.if.null"),
        ("null.a", "null.a"),
        ("a.b[c.d][\"e\"].0.f", "a.b[c.d][\"e\"][0].f"),
        ("a[*].b[*].c[0]", "a[*]{.b[*]{.c[0]}}"),
        ("a.*.b.0.c[0].d", "a.*{.b[0].c}[0].d"),
        ("a[*].*.b", "a[*]{.*{.b}}"),
        ("a . b [ 0 ]", "a.b[0]"),
        ("f().x", "f().x"),
        ("f(a, g(b)...)", "f(a g(b)...)"),
        ("f(a,\n b,\n)", "f(a b)"),
        ("provider::aws :: arn_parse(x)", "provider::aws::arn_parse(x)"),
        ("é-1 - 日本", "(- é-1 日本)"),
        ("{}.a", "{}.a"),
        ("[][0]", "[][0]"),
        ("\"a\".b", "\"a\".b"),
    ]);
}

#[test]
fn objects_and_for_expressions() {
    check(&[
        ("{a = 1, b : 2\n c = 3,\n\n d = 4\n}", "{a=1 b=2 c=3 d=4}"),
        ("{\"a\" = 1, (a) = 2, a.b = 3, 1 = 4, -1 = 5}", "{\"a\"=1 (a)=2 a.b=3 1=4 (- 1)=5}"),
        ("{null = 1, true = 2}", "{null=1 true=2}"),
        ("{a = 1, a = 2}", "{a=1 a=2}"),
        ("{a ? b : c = 1}", "{(? a b c)=1}"),
        ("{\"for\" = 1, x = for}", "{\"for\"=1 x=for}"),
        ("[for x in a : x]", "(for x a : x)"),
        ("[\nfor k, v in a.b :\n v if\n v != k\n]", "(for k,v a.b : v if (!= v k))"),
        ("{for x in a : x => x... if x}", "(for x a : x => x... if x)"),
        ("{\n for x in a : x => {\n y = 1\n}}", "(for x a : x => {y=1})"),
        ("[x, for]", "[x for]"),
    ]);
    let (tree, _) = parse_expr("{null = 1}");
    let ExprKind::Object(items) = tree.kind else { panic!("no object") };
    assert!(matches!(&items[0].key.kind, ExprKind::Variable(name) if &**name == "null"), "a bare key means its text");
}

#[test]
fn line_breaks_are_blanks_in_brackets_only() {
    for (text, good) in [
        ("[1,\n2\n,3]", true),
        ("(1\n+\n2\n? 3\n: 4)", true),
        ("f(\n1\n)", true),
        ("a[\n0\n]", true),
        ("{a = (\n1\n)}", true),
        ("{(a\n) = 1}", true),
        ("{a =\n1}", false),
        ("{a\n= 1}", false),
        ("{a = 1 +\n1}", false),
        ("({a = b ? c :\n d})", false),
        ("[for x in y : {a = 1\n b = 2}]", true),
        ("a[*\n]", false),
        ("f::\ng(1)", false),
    ] {
        let (_, diagnostics) = parse_body(&format!("x = {text}\n"));
        assert_eq!(!diagnostics.has_errors(), good, "{text}");
    }
}

#[test]
fn faults_have_the_summaries_that_people_search_for() {
    check(&[
        ("+5", "Invalid expression"),
        ("1 +", "Missing expression"),
        ("# a comment", "Missing expression"),
        ("1 /* open", "Invalid expression"),
        ("a b", "Extra characters after expression"),
        ("a ? b", "Missing false expression in conditional"),
        ("1..2", "Invalid number literal"),
        ("a.", "Invalid attribute name"),
        ("a.0.1", "Invalid legacy index syntax"),
        ("a.*.*", "Nested splat expression not allowed"),
        ("a[0", "Missing close bracket on index"),
        ("a[*0]", "Missing close bracket on splat index"),
        ("(1, 2)", "Unbalanced parentheses"),
        ("[1 2]", "Missing item separator"),
        ("[1, 2", "Unterminated tuple constructor expression"),
        ("{a}", "Missing key/value separator"),
        ("{a b = 1}", "Missing key/value separator"),
        ("{a, b}", "Missing attribute value"),
        ("{a = 1 b = 2}", "Missing attribute separator"),
        ("{a = 1", "Unterminated object constructor expression"),
        ("{for = 1}", "Invalid 'for' expression"),
        ("[for x y : z]", "Invalid 'for' expression"),
        ("[for x in y : z => z]", "Invalid 'for' expression"),
        ("[for x in y : z...]", "Invalid 'for' expression"),
        ("{for x in y : z}", "Invalid 'for' expression"),
        ("[for x in y : z, 1]", "Invalid 'for' expression"),
        ("f(a b)", "Missing argument separator"),
        ("f(a..., b)", "Missing closing parenthesis"),
        ("f(a", "Unterminated function call"),
        ("a::1", "Missing function name"),
        ("a::b", "Missing open parenthesis"),
        ("a & b", "Unsupported operator"),
        ("'a'", "Invalid character"),
        ("\"\\q\"", "Invalid escape sequence"),
    ]);
}

#[test]
fn ranges_are_exact_and_shifted_by_the_offset() {
    let text = " f(a.b[*].c, \"x${ -1 }\") ";
    let (tree, diagnostics) = super::super::parse_expr(file(), text, 100);
    assert!(diagnostics.is_empty());
    let slice = |span: crate::source::Span| &text[span.start as usize - 100..span.end as usize - 100];
    assert_eq!(slice(tree.span), text.trim());
    let ExprKind::Call(call) = &tree.kind else { panic!("no call") };
    assert_eq!(slice(call.name.span), "f");
    assert_eq!(slice(call.args[0].span), "a.b[*].c");
    assert_eq!(slice(call.args[1].span), "\"x${ -1 }\"");
    let ExprKind::Access(access) = &call.args[0].kind else { panic!("no access") };
    let Step::Splat { each, span, .. } = &access.steps[1] else { panic!("no splat") };
    assert_eq!((slice(access.source.span), slice(*span), slice(each[0].span())), ("a", "[*]", "c"));
}

#[test]
fn trees_that_are_too_high_are_refused() {
    for text in [
        "(".repeat(10_000),
        "[".repeat(10_000),
        "{a=".repeat(10_000),
        "!".repeat(10_000),
        "\"${".repeat(10_000),
        "a?b:".repeat(10_000),
        format!("a{}", "[*]".repeat(10_000)),
        format!("1{}", "+1".repeat(10_000)),
        format!("\"{}\"", "%{if a}".repeat(10_000)),
    ] {
        assert_eq!(expr(&text), "Excessive nesting", "{}", &text[..10]);
    }
    for text in [
        format!("{}1{}", "(".repeat(150), ")".repeat(150)),
        format!("a{}", " || a".repeat(900)),
        format!("a{}", "[0].b".repeat(10_000)),
    ] {
        let (_, diagnostics) = parse_expr(&text);
        assert!(diagnostics.is_empty(), "{}", &text[..10]);
    }
}
