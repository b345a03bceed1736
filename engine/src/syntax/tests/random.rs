//! Random text never panics, and random trees come out as they went in.

use proptest::prelude::*;

use super::{expr, file, parse_body, parse_expr};

/// An expression as it is written, and the tree that it means.
#[derive(Clone, Debug)]
struct Pair {
    written: String,
    shown: String,
}

fn pair(written: impl Into<String>, shown: impl Into<String>) -> Pair {
    Pair { written: written.into(), shown: shown.into() }
}

fn atom() -> impl Strategy<Value = Pair> {
    prop_oneof![
        "[a-eg-mo-s][a-z0-9_-]{0,4}".prop_map(|it| pair(format!("{it} "), it)),
        (0u32..1000).prop_map(|it| pair(it.to_string(), it.to_string())),
        prop_oneof!["null", "true", "false"].prop_map(|it| pair(&*it, &*it)),
        any::<String>().prop_map(|it| pair(crate::addr::quote(&it), format!("{it:?}"))),
    ]
}

fn tree() -> impl Strategy<Value = Pair> {
    atom().prop_recursive(5, 40, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 0..4);
        let op = prop::sample::select(vec!["||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"]);
        prop_oneof![
            inner.clone().prop_map(|a| pair(format!("(\n{}\n)", a.written), format!("({})", a.shown))),
            inner.clone().prop_map(|a| pair(format!("!({})", a.written), format!("(! ({}))", a.shown))),
            (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| {
                pair(format!("({}){op}({})", a.written, b.written), format!("({op} ({}) ({}))", a.shown, b.shown))
            }),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| {
                let written = format!("({}) ? {} : {}", a.written, b.written, c.written);
                pair(written, format!("(? ({}) {} {})", a.shown, b.shown, c.shown))
            }),
            several().prop_map(|items| joined("[", &items, ",\n", "]", ("[", "]"))),
            several().prop_map(|items| joined("f(", &items, ", ", ")", ("f(", ")"))),
            (several(), any::<bool>()).prop_map(|(items, commas)| {
                let items: Vec<_> =
                    items.iter().map(|it| pair(format!("k = {}", it.written), format!("k={}", it.shown))).collect();
                joined("{", &items, if commas { "," } else { "\n" }, "}", ("{", "}"))
            }),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let written = format!("({}).b[{}][*].c[0]", a.written, b.written);
                pair(written, format!("({}).b[{}][*]{{.c[0]}}", a.shown, b.shown))
            }),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let written = format!("[for k, v in {} : {} if v]", a.written, b.written);
                pair(written, format!("(for k,v {} : {} if v)", a.shown, b.shown))
            }),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let written = format!("\"x${{{}}}%{{ if {} }}y%{{ endif }}\"", a.written, b.written);
                pair(written, format!("(t \"x\" {} (if {} [\"y\"] []))", a.shown, b.shown))
            }),
            inner.prop_map(|a| pair(format!("\"${{ {} ~}}\"", a.written), format!("(w {})", a.shown))),
        ]
    })
}

fn joined(open: &str, items: &[Pair], separator: &str, close: &str, shown: (&str, &str)) -> Pair {
    let written: Vec<_> = items.iter().map(|it| it.written.as_str()).collect();
    let inner: Vec<_> = items.iter().map(|it| it.shown.as_str()).collect();
    pair(format!("{open}{}{close}", written.join(separator)), format!("{}{}{}", shown.0, inner.join(" "), shown.1))
}

const WORDS: &[&str] = &[
    "a", "for", "in", "if", "else", "endif", "endfor", "null", "1", "1.", "e5", "\"", "${", "%{", "~}", "}", "{", "[",
    "]", "(", ")", "=", "==", "=>", "<<E\n", "<<-E\n", "E\n", "\n", "\r\n", " ", ",", ".", "...", "*", "::", ":", "?",
    "!", "-", "&", "'", "\\", "\\u12", "$${", "#", "//", "/*", "*/", "é", "\u{301}", "\u{feff}", "\0",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..40).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn trees_come_out_as_they_went_in(tree in tree()) {
        prop_assert_eq!(expr(&tree.written), tree.shown);
    }

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![soup(), any::<String>()]) {
        let (body, _) = parse_body(&text);
        prop_assert!(body.span.range().end <= text.len());
        let (tree, diagnostics) = parse_expr(&text);
        prop_assert!(text.get(tree.span.range()).is_some());
        for diagnostic in &diagnostics {
            prop_assert!(text.get(diagnostic.subject.unwrap().range()).is_some(), "{:?}", diagnostic);
        }
        let _ = super::super::parse_template(file(), &text, 0);
    }
}
