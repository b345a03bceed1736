//! What stands in brackets: tuples, objects, `for` expressions and the arguments of calls.

use super::ast::{Call, Expr, ExprKind, ForExpr, Ident, Literal, ObjectItem};
use super::lex::{Kind, Token};
use super::parser::{Failed, Parsed, Parser};

const INVALID_FOR: &str = "Invalid 'for' expression";
const MISSING_SEPARATOR: &str = "Missing key/value separator";

impl Parser<'_> {
    /// Reads `[…]`.
    pub fn tuple(&mut self) -> Parsed<Expr> {
        let open = self.read();
        self.newlines(true, |p| {
            if p.at_word("for") {
                return p.for_expr(open, Kind::CloseBracket);
            }
            let mut items = Vec::new();
            loop {
                if let Some(close) = p.take(Kind::CloseBracket) {
                    return Ok(Expr { kind: ExprKind::Tuple(items), span: p.span_of(open.start, close.end) });
                }
                items.push(p.expression()?);
                if p.take(Kind::Comma).is_none() && p.peek().kind != Kind::CloseBracket {
                    return Err(p.unfinished_tuple());
                }
            }
        })
    }

    fn unfinished_tuple(&mut self) -> Failed {
        match self.peek().kind {
            Kind::Eof => self.unexpected(
                "Unterminated tuple constructor expression",
                "The text ends before the closing square bracket. Add it, or look for a bracket that is missing \
                 further inside.",
            ),
            _ => self.unexpected(
                "Missing item separator",
                "Items are separated by commas, also across lines. Add a comma, or the closing square bracket.",
            ),
        }
    }

    /// Reads `{…}`.
    pub fn object(&mut self) -> Parsed<Expr> {
        let open = self.read();
        if self.newlines(true, |p| p.at_word("for")) {
            return self.newlines(true, |p| p.for_expr(open, Kind::CloseBrace));
        }
        self.newlines(false, |p| {
            let mut items = Vec::new();
            loop {
                while p.take(Kind::Newline).is_some() {}
                if let Some(close) = p.take(Kind::CloseBrace) {
                    return Ok(Expr { kind: ExprKind::Object(items), span: p.span_of(open.start, close.end) });
                }
                items.push(p.object_item()?);
                match p.peek().kind {
                    Kind::Comma | Kind::Newline => {
                        p.read();
                    }
                    Kind::CloseBrace => {}
                    Kind::Eof => return Err(p.unterminated_object()),
                    _ => {
                        return Err(p.unexpected(
                            "Missing attribute separator",
                            "The value is complete, but the line goes on. Separate the items of an object by commas \
                             or line breaks.",
                        ));
                    }
                }
            }
        })
    }

    fn unterminated_object(&mut self) -> Failed {
        self.unexpected(
            "Unterminated object constructor expression",
            "The text ends before the closing brace of this object. Add it, or look for a bracket that is missing \
             further inside.",
        )
    }

    fn object_item(&mut self) -> Parsed<ObjectItem> {
        let bare = self.peek();
        let mut key = self.expression()?;
        if bare.kind == Kind::Ident && matches!(key.kind, ExprKind::Literal(Literal::Null | Literal::Bool(_))) {
            key.kind = ExprKind::Variable(self.slice(bare).into());
        }
        match self.peek().kind {
            Kind::Equal | Kind::Colon => {
                self.read();
            }
            Kind::Newline | Kind::Comma => {
                return Err(self.unexpected(
                    "Missing attribute value",
                    "An item of an object is a key and a value: key = value. Add the equals sign and the value.",
                ));
            }
            Kind::Ident => {
                return Err(self.unexpected(
                    MISSING_SEPARATOR,
                    "Between a key and its value stands an equals sign. Add it; a key with dots, blanks or a digit in \
                     front has to be in quotes.",
                ));
            }
            Kind::Eof => return Err(self.unterminated_object()),
            _ => {
                return Err(self.unexpected(
                    MISSING_SEPARATOR,
                    "Between a key and its value stands an equals sign: key = value. Add it.",
                ));
            }
        }
        let value = self.expression()?;
        Ok(ObjectItem { key, value })
    }

    /// Reads the rest of `[for …]` or `{for …}` from the word `for` on.
    fn for_expr(&mut self, open: Token, closer: Kind) -> Parsed<Expr> {
        self.read();
        let (key_name, value_name) = self.for_names(INVALID_FOR)?;
        let collection = self.expression()?;
        if self.take(Kind::Colon).is_none() {
            return Err(self.unexpected(
                INVALID_FOR,
                "After what is iterated comes a colon and then the value per element. Add the colon.",
            ));
        }
        let (key, value) = self.for_result()?;
        let group = self.take(Kind::Ellipsis);
        let condition = if self.at_word("if") {
            self.read();
            Some(self.expression()?)
        } else {
            None
        };
        let Some(close) = self.take(closer) else {
            return Err(self.unexpected(
                INVALID_FOR,
                "The expression is complete, but its closing bracket does not follow. Add it, or remove what else \
                 stands here.",
            ));
        };
        let span = self.span_of(open.start, close.end);
        let fault = match (closer, &key, group) {
            (Kind::CloseBracket, Some(key), _) => Some((
                "In square brackets `for` makes a tuple, which has no keys. Remove the key and the arrow, or use \
                 braces to make an object.",
                key.span,
            )),
            (Kind::CloseBracket, None, Some(group)) => Some((
                "An ellipsis groups values by key, but in square brackets `for` makes a tuple, which has no keys. \
                 Remove it, or use braces to make an object.",
                self.span(group),
            )),
            (Kind::CloseBrace, None, _) => Some((
                "In braces `for` makes an object, which needs a key per element: write key => value, or use square \
                 brackets to make a tuple.",
                value.span,
            )),
            _ => None,
        };
        if let Some((detail, span)) = fault {
            return Err(self.error(INVALID_FOR, detail, span));
        }
        let group = group.is_some();
        let parts = ForExpr { key_name, value_name, collection, key, value, group, condition };
        Ok(Expr { kind: ExprKind::For(Box::new(parts)), span })
    }

    fn for_result(&mut self) -> Parsed<(Option<Expr>, Expr)> {
        let first = self.expression()?;
        if self.take(Kind::FatArrow).is_none() {
            return Ok((None, first));
        }
        Ok((Some(first), self.expression()?))
    }

    /// Reads `k, v in`, of an expression or of a directive.
    pub fn for_names(&mut self, summary: &str) -> Parsed<(Option<Ident>, Ident)> {
        let first = self.for_name(summary)?;
        let names = match self.take(Kind::Comma) {
            Some(_) => (Some(first), self.for_name(summary)?),
            None => (None, first),
        };
        if !self.at_word("in") {
            return Err(self.unexpected(
                summary,
                "After the names comes the word `in` and then what is iterated, as in: for key, value in var.tags.",
            ));
        }
        self.read();
        Ok(names)
    }

    fn for_name(&mut self, summary: &str) -> Parsed<Ident> {
        match self.take(Kind::Ident) {
            Some(token) => Ok(self.ident(token)),
            None => Err(self.unexpected(
                summary,
                "One or two names for the element stand after `for`, as in: for key, value in var.tags. Add the name; \
                 a key of an object that is called for has to be in quotes.",
            )),
        }
    }

    /// Reads the rest of a call whose name starts with `name`.
    pub fn call(&mut self, name: Token) -> Parsed<Expr> {
        let mut path = self.slice(name).to_owned();
        let mut span = self.span(name);
        while self.take(Kind::DoubleColon).is_some() {
            let Some(part) = self.take(Kind::Ident) else {
                return Err(self.unexpected(
                    "Missing function name",
                    "After :: comes the next part of the function's name, as in provider::aws::arn_parse. Add it.",
                ));
            };
            path.push_str("::");
            path.push_str(self.slice(part));
            span = span.to(self.span(part));
        }
        if self.take(Kind::OpenParen).is_none() {
            return Err(self.unexpected(
                "Missing open parenthesis",
                "A name with :: is the name of a function, and its arguments follow in parentheses. Add them.",
            ));
        }
        let name = Ident { name: path.into(), span };
        self.newlines(true, |p| {
            let (args, expand_last, close) = p.arguments()?;
            let span = name.span.to(p.span(close));
            Ok(Expr { kind: ExprKind::Call(Box::new(Call { name, args, expand_last })), span })
        })
    }

    fn arguments(&mut self) -> Parsed<(Vec<Expr>, bool, Token)> {
        let mut args = Vec::new();
        loop {
            if let Some(close) = self.take(Kind::CloseParen) {
                return Ok((args, false, close));
            }
            args.push(self.expression()?);
            match self.peek().kind {
                Kind::CloseParen => {}
                Kind::Comma => {
                    self.read();
                }
                Kind::Ellipsis => {
                    self.read();
                    let Some(close) = self.take(Kind::CloseParen) else {
                        return Err(self.unexpected(
                            "Missing closing parenthesis",
                            "Only the last argument can be expanded by an ellipsis, so the closing parenthesis follows \
                             it. Move what else stands here in front of it.",
                        ));
                    };
                    return Ok((args, true, close));
                }
                Kind::Eof => {
                    return Err(self.unexpected(
                        "Unterminated function call",
                        "The text ends before the closing parenthesis of this call. Add it, or look for a bracket that \
                         is missing further inside.",
                    ));
                }
                _ => {
                    return Err(self.unexpected(
                        "Missing argument separator",
                        "Arguments are separated by commas, also across lines. Add a comma, or the closing \
                         parenthesis.",
                    ));
                }
            }
        }
    }
}
