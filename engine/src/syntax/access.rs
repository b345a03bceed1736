//! Steps into a value: attributes, indexes and splats.

use super::ast::{Access, Expr, ExprKind, Step};
use super::lex::{Kind, Token};
use super::parser::{Failed, Parsed, Parser};

impl Parser<'_> {
    /// Reads the steps that follow `source`; without any it is the source itself.
    pub fn steps_into(&mut self, source: Expr) -> Parsed<Expr> {
        let steps = self.steps()?;
        if steps.is_empty() {
            return Ok(source);
        }
        self.wrap()?;
        let span = source.span.to(self.last_span());
        Ok(Expr { kind: ExprKind::Access(Box::new(Access { source, steps })), span })
    }

    fn steps(&mut self) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            match self.peek().kind {
                Kind::Dot => {
                    let dot = self.read();
                    let step = match self.peek().kind {
                        Kind::Star => self.attribute_splat(dot)?,
                        _ => self.after_dot()?,
                    };
                    steps.push(step);
                }
                Kind::OpenBracket => {
                    let open = self.read();
                    let step = match self.peek().kind {
                        Kind::Star => self.full_splat(open)?,
                        _ => self.index(open)?,
                    };
                    steps.push(step);
                }
                _ => return Ok(steps),
            }
        }
    }

    /// Reads a name or a legacy index.
    fn after_dot(&mut self) -> Parsed<Step> {
        match self.peek().kind {
            Kind::Ident => {
                let token = self.read();
                Ok(Step::Attr(self.ident(token)))
            }
            Kind::Number => {
                let token = self.read();
                self.legacy_index(token)
            }
            _ => Err(self.no_attribute_name()),
        }
    }

    fn no_attribute_name(&mut self) -> Failed {
        self.unexpected(
            "Invalid attribute name",
            "After a dot comes the name of an attribute. Add it, or remove the dot; an index stands in square brackets \
             without a dot.",
        )
    }

    fn legacy_index(&mut self, token: Token) -> Parsed<Step> {
        let span = self.span(token);
        if let Some((first, second)) = self.slice(token).split_once('.') {
            return Err(self.error(
                "Invalid legacy index syntax",
                format!("Two indexes in a row cannot be written with dots. Write [{first}][{second}] instead."),
                span,
            ));
        }
        Ok(Step::Index { key: self.number_literal(token)?, span })
    }

    /// Reads `*` and the names and legacy indexes that apply to each element.
    fn attribute_splat(&mut self, dot: Token) -> Parsed<Step> {
        let star = self.read();
        let mut each = Vec::new();
        while self.take(Kind::Dot).is_some() {
            if self.peek().kind == Kind::Star {
                return Err(self.unexpected(
                    "Nested splat expression not allowed",
                    "The splat .* goes through one list only. Write [*] for both splats to go through a list of lists.",
                ));
            }
            each.push(self.after_dot()?);
        }
        self.levels(1)?;
        Ok(Step::Splat { each, full: false, span: self.span_of(dot.start, star.end) })
    }

    /// Reads `*]` and all steps that follow: they apply to each element.
    fn full_splat(&mut self, open: Token) -> Parsed<Step> {
        self.read();
        let Some(close) = self.take(Kind::CloseBracket) else {
            return Err(
                self.unexpected("Missing close bracket on splat index", "In a splat the star stands alone: write [*].")
            );
        };
        let each = self.nested(|p| {
            p.levels(1)?;
            p.steps()
        })?;
        Ok(Step::Splat { each, full: true, span: self.span_of(open.start, close.end) })
    }

    fn index(&mut self, open: Token) -> Parsed<Step> {
        self.newlines(true, |p| {
            let key = p.expression()?;
            let Some(close) = p.take(Kind::CloseBracket) else {
                return Err(p.unexpected(
                    "Missing close bracket on index",
                    "The index is complete, but no closing square bracket follows. Add it.",
                ));
            };
            Ok(Step::Index { key, span: p.span_of(open.start, close.end) })
        })
    }
}
