//! The same documents read by another parser of the language mean the same.

use hcl::expr::{BinaryOperator, ObjectKey, Operation, TemplateExpr, TraversalOperator, UnaryOperator};
use hcl::structure::Structure;

use super::{parse_body, show};

const DOCUMENTS: &[&str] = &[
    "a = 1\nb = \"two\"\nc = true\nd = null\n",
    "a = [1, 2.5, \"x\", [], {}]\nb = {\n  c = 1\n  \"d e\" = 2,\n  (f) = 3\n}\n",
    "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n  tags = { Name = \"main\" }\n}\n",
    "a b \"c\" {\n  d {\n    e {}\n  }\n  f { g = 1 }\n}\n",
    "a = b.c[0].d[\"e\"][*].f\ng = h.*.i\nj = k.0\n",
    "a = f(1, g(b.c), [2]...)\nb = h()\n",
    "a = b ? c : d\ne = (f)\ng = !h\ni = -j\n",
    "a = b == c\nd = e + f\ng = h && i\nj = (k * l) - m\n",
    "a = [for x in b : x.c if x.d]\ne = { for k, v in f : k => v... }\n",
    "a = <<EOT\nfirst\n  second\nEOT\nb = <<-EOT\n    third\n      fourth\n  EOT\n",
    "a = \"\\u00e9\\n\\t\\\"\"\nb = \"$${c}\"\n",
    "# comment\na = 1 // comment\n/* comment\n*/ b = 2\n",
];

#[test]
fn both_parsers_read_the_same() {
    for text in DOCUMENTS {
        let (ours, diagnostics) = parse_body(text);
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        let theirs = hcl::parse(text).unwrap();
        assert_eq!(show::body(text, &ours), body(&theirs), "{text}");
    }
}

fn body(body: &hcl::Body) -> String {
    let mut attributes = Vec::new();
    let mut blocks = Vec::new();
    for structure in body.iter() {
        match structure {
            Structure::Attribute(it) => attributes.push(format!("{}={}", it.key.as_str(), expr(&it.expr))),
            Structure::Block(it) => {
                let labels: String = it.labels.iter().map(|it| format!(":{}", it.as_str())).collect();
                blocks.push(format!("{}{labels}<{}>", it.identifier.as_str(), self::body(&it.body)));
            }
        }
    }
    attributes.extend(blocks);
    attributes.join(" ")
}

fn all(items: &[hcl::Expression]) -> String {
    items.iter().map(expr).collect::<Vec<_>>().join(" ")
}

fn expr(it: &hcl::Expression) -> String {
    match it {
        hcl::Expression::Null => "null".to_owned(),
        hcl::Expression::Bool(value) => value.to_string(),
        hcl::Expression::Number(value) => value.to_string(),
        hcl::Expression::String(text) => format!("{text:?}"),
        hcl::Expression::Array(items) => format!("[{}]", all(items)),
        hcl::Expression::Object(items) => {
            let key = |key: &ObjectKey| match key {
                ObjectKey::Identifier(name) => name.to_string(),
                ObjectKey::Expression(it) => expr(it),
                other => panic!("{other:?}"),
            };
            let items: Vec<_> = items.iter().map(|(name, value)| format!("{}={}", key(name), expr(value))).collect();
            format!("{{{}}}", items.join(" "))
        }
        hcl::Expression::TemplateExpr(it) => template(it),
        hcl::Expression::Variable(name) => name.as_str().to_owned(),
        hcl::Expression::Traversal(it) => format!("{}{}", expr(&it.expr), steps(&it.operators)),
        hcl::Expression::FuncCall(it) => {
            format!("{}({}{})", it.name.name.as_str(), all(&it.args), if it.expand_final { "..." } else { "" })
        }
        hcl::Expression::Parenthesis(it) => format!("({})", expr(it)),
        hcl::Expression::Conditional(it) => {
            format!("(? {} {} {})", expr(&it.cond_expr), expr(&it.true_expr), expr(&it.false_expr))
        }
        hcl::Expression::Operation(it) => operation(it),
        hcl::Expression::ForExpr(it) => for_expr(it),
        other => panic!("{other:?}"),
    }
}

fn for_expr(it: &hcl::expr::ForExpr) -> String {
    let names = it.key_var.as_ref().map_or(it.value_var.to_string(), |key| format!("{key},{}", it.value_var));
    let key = it.key_expr.as_ref().map_or(String::new(), |it| format!("{} => ", expr(it)));
    let condition = it.cond_expr.as_ref().map_or(String::new(), |it| format!(" if {}", expr(it)));
    let group = if it.grouping { "..." } else { "" };
    format!("(for {names} {} : {key}{}{group}{condition})", expr(&it.collection_expr), expr(&it.value_expr))
}

/// Only templates without sequences are compared.
fn template(it: &TemplateExpr) -> String {
    let template = hcl::Template::from_expr(it).unwrap();
    let text: String = template
        .elements()
        .iter()
        .map(|it| match it {
            hcl::template::Element::Literal(text) => text.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    format!("{text:?}")
}

fn operation(it: &Operation) -> String {
    match it {
        Operation::Unary(it) => {
            let sign = if it.operator == UnaryOperator::Neg { "-" } else { "!" };
            format!("({sign} {})", expr(&it.expr))
        }
        Operation::Binary(it) => {
            let sign = match it.operator {
                BinaryOperator::Eq => "==",
                BinaryOperator::Plus => "+",
                BinaryOperator::Minus => "-",
                BinaryOperator::Mul => "*",
                BinaryOperator::And => "&&",
                other => panic!("{other:?}"),
            };
            format!("({sign} {} {})", expr(&it.lhs_expr), expr(&it.rhs_expr))
        }
    }
}

fn steps(operators: &[TraversalOperator]) -> String {
    let Some((first, rest)) = operators.split_first() else { return String::new() };
    let step = match first {
        TraversalOperator::GetAttr(name) => format!(".{name}"),
        TraversalOperator::Index(key) => format!("[{}]", expr(key)),
        TraversalOperator::LegacyIndex(index) => format!("[{index}]"),
        TraversalOperator::FullSplat => return format!("[*]{{{}}}", steps(rest)),
        TraversalOperator::AttrSplat => return format!(".*{{{}}}", steps(rest)),
    };
    step + &steps(rest)
}
