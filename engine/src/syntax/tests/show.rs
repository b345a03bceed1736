//! Trees as short text, operators first.

use crate::syntax::ast::{BinaryOp, Body, Expr, ExprKind, ForExpr, Ident, Literal, Step, TemplatePart, UnaryOp};

pub fn expr(source: &str, expr: &Expr) -> String {
    let show = |it: &Expr| self::expr(source, it);
    let all = |items: &[Expr]| items.iter().map(show).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => "null".to_owned(),
        ExprKind::Literal(Literal::Bool(value)) => value.to_string(),
        ExprKind::Literal(Literal::Number(_)) => source[expr.span.range()].to_owned(),
        ExprKind::Literal(Literal::String(text)) => format!("{text:?}"),
        ExprKind::Template(it) => format!("(t {})", parts(source, &it.parts)),
        ExprKind::Wrapped(it) => format!("(w {})", show(it)),
        ExprKind::Parens(it) => format!("({})", show(it)),
        ExprKind::Tuple(items) => format!("[{}]", all(items)),
        ExprKind::Object(items) => {
            let items: Vec<_> = items.iter().map(|it| format!("{}={}", show(&it.key), show(&it.value))).collect();
            format!("{{{}}}", items.join(" "))
        }
        ExprKind::Variable(name) => name.to_string(),
        ExprKind::Access(it) => format!("{}{}", show(&it.source), steps(source, &it.steps)),
        ExprKind::Call(it) => {
            format!("{}({}{})", it.name.name, all(&it.args), if it.expand_last { "..." } else { "" })
        }
        ExprKind::Conditional(it) => format!("(? {} {} {})", show(&it.condition), show(&it.yes), show(&it.no)),
        ExprKind::Unary(UnaryOp::Negate, it) => format!("(- {})", show(it)),
        ExprKind::Unary(UnaryOp::Not, it) => format!("(! {})", show(it)),
        ExprKind::Binary(op, it) => format!("({} {} {})", sign(*op), show(&it.0), show(&it.1)),
        ExprKind::For(it) => for_expr(source, it),
    }
}

pub fn body(source: &str, body: &Body) -> String {
    let attributes = body.attributes.iter().map(|it| format!("{}={}", it.name.name, expr(source, &it.expr)));
    let blocks = body.blocks.iter().map(|it| {
        let labels: String = it.labels.iter().map(|it| format!(":{}", it.name)).collect();
        format!("{}{labels}<{}>", it.kind.name, self::body(source, &it.body))
    });
    attributes.chain(blocks).collect::<Vec<_>>().join(" ")
}

fn for_expr(source: &str, it: &ForExpr) -> String {
    let key = it.key.as_ref().map_or(String::new(), |key| format!("{} => ", expr(source, key)));
    let condition = it.condition.as_ref().map_or(String::new(), |it| format!(" if {}", expr(source, it)));
    let names = names(it.key_name.as_ref(), &it.value_name);
    let (collection, value) = (expr(source, &it.collection), expr(source, &it.value));
    format!("(for {names} {collection} : {key}{value}{}{condition})", if it.group { "..." } else { "" })
}

fn names(key: Option<&Ident>, value: &Ident) -> String {
    key.map_or(value.name.to_string(), |key| format!("{},{}", key.name, value.name))
}

fn steps(source: &str, steps: &[Step]) -> String {
    steps
        .iter()
        .map(|step| match step {
            Step::Attr(ident) => format!(".{}", ident.name),
            Step::Index { key, .. } => format!("[{}]", expr(source, key)),
            Step::Splat { each, full, .. } => {
                format!("{}{{{}}}", if *full { "[*]" } else { ".*" }, self::steps(source, each))
            }
        })
        .collect()
}

fn parts(source: &str, parts: &[TemplatePart]) -> String {
    let show = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => format!("{text:?}"),
        TemplatePart::Interpolation(it) => expr(source, it),
        TemplatePart::If { condition, yes, no, .. } => {
            format!("(if {} [{}] [{}])", expr(source, condition), self::parts(source, yes), self::parts(source, no))
        }
        TemplatePart::For { key_name, value_name, collection, each, .. } => {
            let names = names(key_name.as_ref(), value_name);
            format!("(for {names} {} [{}])", expr(source, collection), self::parts(source, each))
        }
    };
    parts.iter().map(show).collect::<Vec<_>>().join(" ")
}

pub fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
    }
}
