//! Expressions: operators, their precedence, and the terms they join.

use crate::value::Number;

use super::ast::{BinaryOp, Conditional, Expr, ExprKind, Literal, UnaryOp};
use super::lex::{Kind, Token};
use super::parser::{Parsed, Parser};

impl Parser<'_> {
    /// Reads one expression.
    pub fn expression(&mut self) -> Parsed<Expr> {
        self.nested(|p| p.measured(Self::conditional))
    }

    /// Reads one expression and makes sure that nothing follows it.
    pub fn whole_expression(&mut self) -> Parsed<Expr> {
        self.newlines(true, |p| {
            let expr = p.expression()?;
            match p.peek().kind {
                Kind::Eof => Ok(expr),
                _ => Err(p.unexpected(
                    "Extra characters after expression",
                    "The expression is complete here, but the text goes on. Remove the rest, or put an operator \
                     between the two.",
                )),
            }
        })
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let condition = self.binary(0)?;
        if self.take(Kind::Question).is_none() {
            return Ok(condition);
        }
        self.wrap()?;
        let yes = self.expression()?;
        if self.take(Kind::Colon).is_none() {
            return Err(self.unexpected(
                "Missing false expression in conditional",
                "A conditional has three parts: condition ? value if true : value if false. Add a colon and the last \
                 part.",
            ));
        }
        let no = self.expression()?;
        let span = condition.span.to(no.span);
        Ok(Expr { kind: ExprKind::Conditional(Box::new(Conditional { condition, yes, no })), span })
    }

    /// Reads operands joined by operators that bind at least as tightly as `level`.
    fn binary(&mut self, level: u8) -> Parsed<Expr> {
        let mut left = self.operand()?;
        while let Some((op, binds)) = operator(self.peek().kind).filter(|&(_, binds)| binds >= level) {
            self.read();
            self.wrap()?;
            let right = self.binary(binds + 1)?;
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(op, Box::new((left, right))), span };
        }
        Ok(left)
    }

    /// Reads a term with the steps into it.
    fn operand(&mut self) -> Parsed<Expr> {
        let term = self.term()?;
        self.steps_into(term)
    }

    fn term(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        match token.kind {
            Kind::Number => self.number(),
            Kind::Ident => self.named(),
            Kind::OpenQuote | Kind::OpenHeredoc { .. } => self.string(),
            Kind::Minus => self.unary(UnaryOp::Negate),
            Kind::Bang => self.unary(UnaryOp::Not),
            Kind::OpenParen => self.parenthesised(),
            Kind::OpenBracket => self.tuple(),
            Kind::OpenBrace => self.object(),
            Kind::Eof => {
                Err(self.unexpected("Missing expression", "The text ends where a value is expected. Add the value."))
            }
            _ => {
                let detail = self.not_a_term(token);
                Err(self.unexpected("Invalid expression", detail))
            }
        }
    }

    fn not_a_term(&self, token: Token) -> String {
        let before = &self.text[..token.start];
        if token.kind == Kind::Star && before.ends_with('/') {
            return "This comment has no end. Close it with */.".to_owned();
        }
        match token.kind {
            Kind::Newline => "The line ends where a value is expected. Write the value on this line; only inside \
                              parentheses and square brackets can it stand on the next one."
                .to_owned(),
            Kind::Less if self.text[token.end..].starts_with('<') => {
                "A heredoc starts with << or <<- and a marker, without blanks between them, and nothing else follows \
                 on the line."
                    .to_owned()
            }
            _ => format!(
                "A value is expected here: a literal, a reference, a call, or a bracket that opens one. \"{}\" cannot \
                 start a value.",
                self.slice(token).trim_end()
            ),
        }
    }

    fn number(&mut self) -> Parsed<Expr> {
        let token = self.read();
        self.number_literal(token)
    }

    /// The literal of a number token.
    pub fn number_literal(&mut self, token: Token) -> Parsed<Expr> {
        let span = self.span(token);
        match Number::parse(self.slice(token)) {
            Some(number) => Ok(Expr { kind: ExprKind::Literal(Literal::Number(number)), span }),
            None => Err(self.error(
                "Invalid number literal",
                "This is no decimal number. A number has digits, at most one dot with digits after it, and perhaps an \
                 exponent, as in 12, 0.5 or 1e6.",
                span,
            )),
        }
    }

    fn named(&mut self) -> Parsed<Expr> {
        let token = self.read();
        if matches!(self.peek().kind, Kind::OpenParen | Kind::DoubleColon) {
            return self.call(token);
        }
        let kind = match self.slice(token) {
            "null" => ExprKind::Literal(Literal::Null),
            "true" => ExprKind::Literal(Literal::Bool(true)),
            "false" => ExprKind::Literal(Literal::Bool(false)),
            name => ExprKind::Variable(name.into()),
        };
        Ok(Expr { kind, span: self.span(token) })
    }

    fn unary(&mut self, op: UnaryOp) -> Parsed<Expr> {
        let token = self.read();
        self.wrap()?;
        let operand = self.nested(Self::operand)?;
        let span = self.span(token).to(operand.span);
        Ok(Expr { kind: ExprKind::Unary(op, Box::new(operand)), span })
    }

    fn parenthesised(&mut self) -> Parsed<Expr> {
        let open = self.read();
        self.newlines(true, |p| {
            let inner = p.expression()?;
            let Some(close) = p.take(Kind::CloseParen) else {
                return Err(p.unexpected(
                    "Unbalanced parentheses",
                    "The expression in parentheses is complete, but no closing parenthesis follows. Add it.",
                ));
            };
            Ok(Expr { kind: ExprKind::Parens(Box::new(inner)), span: p.span_of(open.start, close.end) })
        })
    }
}

/// The operator of a token and how tightly it binds.
fn operator(kind: Kind) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        Kind::OrOr => (BinaryOp::Or, 1),
        Kind::AndAnd => (BinaryOp::And, 2),
        Kind::EqualEqual => (BinaryOp::Equal, 3),
        Kind::NotEqual => (BinaryOp::NotEqual, 3),
        Kind::Less => (BinaryOp::Less, 4),
        Kind::LessEqual => (BinaryOp::LessEqual, 4),
        Kind::Greater => (BinaryOp::Greater, 4),
        Kind::GreaterEqual => (BinaryOp::GreaterEqual, 4),
        Kind::Plus => (BinaryOp::Add, 5),
        Kind::Minus => (BinaryOp::Subtract, 5),
        Kind::Star => (BinaryOp::Multiply, 6),
        Kind::Slash => (BinaryOp::Divide, 6),
        Kind::Percent => (BinaryOp::Modulo, 6),
        _ => return None,
    })
}
