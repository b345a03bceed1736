//! Bodies: arguments and blocks.

use crate::source::Span;

use super::ast::{Attribute, Block, Body, Ident};
use super::lex::{Kind, Token};
use super::parser::{Failed, Parsed, Parser};

const INVALID_BLOCK: &str = "Invalid block definition";
const INVALID_LINE_BLOCK: &str = "Invalid single-argument block definition";
const REQUIRED: &str = "Argument or block definition required";

impl Parser<'_> {
    /// Reads items up to `end`, which is left for the caller, or to the end of the text; the content starts at `start`.
    pub fn body(&mut self, start: usize, end: Kind) -> Body {
        let mut body = self.empty_body(start);
        while !self.exhausted() {
            let token = self.peek();
            match token.kind {
                kind if kind == end || kind == Kind::Eof => break,
                Kind::Newline => {
                    self.read();
                }
                _ => {
                    let start = self.mark();
                    if self.item(&mut body).is_err() {
                        self.recover(start);
                        if self.mark() == start {
                            self.read();
                        }
                    }
                }
            }
        }
        let end = self.peek().start;
        body.span = body.span.to(self.span_of(end, end));
        body
    }

    fn empty_body(&self, at: usize) -> Body {
        Body { attributes: Vec::new(), blocks: Vec::new(), span: self.span_of(at, at), json: false }
    }

    fn item(&mut self, body: &mut Body) -> Parsed<()> {
        let token = self.peek();
        match token.kind {
            Kind::Ident => {}
            Kind::OpenQuote => {
                return Err(self.unexpected(
                    "Invalid argument name",
                    "Names of arguments and blocks stand without quotes. Remove the quotes.",
                ));
            }
            Kind::CloseBrace => {
                return Err(self.unexpected(
                    REQUIRED,
                    "This closing brace has no opening one. Remove it, or look for a block above that ends too early.",
                ));
            }
            _ => {
                return Err(self.unexpected(
                    REQUIRED,
                    "A line of a body starts with the name of an argument or of a block. Write name = value for an \
                     argument, or a block's type and labels followed by braces.",
                ));
            }
        }
        let token = self.read();
        let name = self.ident(token);
        match self.peek().kind {
            Kind::Equal => {
                let attribute = self.attribute(name)?;
                body.attributes.push(attribute);
                self.end_of_attribute()
            }
            Kind::OpenQuote | Kind::OpenBrace | Kind::Ident => self.block(name, body),
            _ => Err(self.incomplete_item()),
        }
    }

    fn incomplete_item(&mut self) -> Failed {
        self.unexpected(
            REQUIRED,
            "A name alone is neither an argument nor a block. Write name = value to set an argument, or put the \
             content of a block in braces.",
        )
    }

    fn attribute(&mut self, name: Ident) -> Parsed<Attribute> {
        self.read();
        let expr = self.expression()?;
        let span = name.span.to(expr.span);
        Ok(Attribute { name, expr, span })
    }

    fn end_of_attribute(&mut self) -> Parsed<()> {
        match self.peek().kind {
            Kind::Newline => {
                self.read();
                Ok(())
            }
            Kind::Eof => Ok(()),
            Kind::Comma => Err(self.unexpected(
                "Unexpected comma after argument",
                "Arguments are separated by line breaks, not by commas. Put each on a line of its own.",
            )),
            _ => Err(self.unexpected(
                "Missing newline after argument",
                "The value is complete, but the line goes on. Put the next argument on a line of its own, or an \
                 operator between the two values.",
            )),
        }
    }

    fn block(&mut self, kind: Ident, body: &mut Body) -> Parsed<()> {
        let mut labels = Vec::new();
        let open = loop {
            match self.peek().kind {
                Kind::OpenBrace => break self.read(),
                Kind::OpenQuote => labels.push(self.label()?),
                Kind::Ident => {
                    let token = self.read();
                    labels.push(self.ident(token));
                }
                other => {
                    let failed = self.invalid_header(other);
                    // What could be read of the block still tells a reader of the tree that there is one.
                    let header = header_of(&kind, &labels);
                    let body_of_it = self.empty_body(self.peek().start);
                    body.blocks.push(Block { kind, labels, body: body_of_it, header, span: header });
                    return Err(failed);
                }
            }
        };
        let header = header_of(&kind, &labels);
        let content = self.nested(|p| match p.peek().kind {
            Kind::Newline | Kind::Eof | Kind::CloseBrace => Ok(p.body(open.end, Kind::CloseBrace)),
            _ => p.line_body(open),
        });
        let content = match content {
            Ok(content) => content,
            Err(failed) => {
                let content = self.empty_body(open.end);
                body.blocks.push(Block { kind, labels, body: content, header, span: header });
                return Err(failed);
            }
        };
        let result = self.end_of_block(header);
        let close = *result.as_ref().unwrap_or(&self.peek());
        let span = kind.span.to(self.span(close));
        body.blocks.push(Block { kind, labels, body: content, header, span });
        result?;
        self.end_of_block_line()
    }

    fn invalid_header(&mut self, found: Kind) -> Failed {
        let detail = match found {
            Kind::Equal => {
                "The equals sign sets an argument, and an argument has no labels. Remove it to write a block, or \
                 remove the labels to set an argument."
            }
            Kind::Newline | Kind::Eof => {
                "A block has content in braces, and the opening brace stands on the line of the block's type and \
                 labels. Add it there."
            }
            _ => "After a block's type come its labels, in quotes, and an opening brace. Remove what else stands here.",
        };
        self.unexpected(INVALID_BLOCK, detail)
    }

    /// Reads a quoted label.
    fn label(&mut self) -> Parsed<Ident> {
        let open = self.read();
        let mut name = String::new();
        loop {
            let token = self.peek();
            match token.kind {
                Kind::CloseQuote => {
                    self.read();
                    return Ok(Ident { name: name.into(), span: self.span_of(open.start, token.end) });
                }
                Kind::QuotedText => {
                    self.read();
                    name.push_str(&self.unescaped(token));
                }
                Kind::Interpolation { .. } | Kind::Directive { .. } => {
                    let sign = &self.slice(token)[..1];
                    return Err(self.error(
                        "Invalid string literal",
                        format!(
                            "Labels are fixed text: they cannot hold a template sequence. Write {sign}{sign}{{ where \
                             the characters {sign}{{ themselves are meant."
                        ),
                        self.span(token),
                    ));
                }
                _ => {
                    return Err(self.unexpected(
                        "Unterminated string literal",
                        "The text ends before the label does. Add the closing quote.",
                    ));
                }
            }
        }
    }

    /// Reads the content of a block that stands on one line: one argument.
    fn line_body(&mut self, open: Token) -> Parsed<Body> {
        let mut body = self.empty_body(open.end);
        if self.peek().kind != Kind::Ident {
            return Err(self.unexpected(
                REQUIRED,
                "A block on one line holds one argument, as in name = value. Write it, or close the block.",
            ));
        }
        let token = self.read();
        let name = self.ident(token);
        match self.peek().kind {
            Kind::Equal => {}
            Kind::OpenQuote | Kind::OpenBrace | Kind::Ident => {
                return Err(self.unexpected(
                    "Argument definition required",
                    "A block on one line holds one argument and no further block. Put the inner block on lines of \
                     its own.",
                ));
            }
            _ => return Err(self.incomplete_item()),
        }
        let attribute = self.attribute(name)?;
        body.span = body.span.to(attribute.span);
        body.attributes.push(attribute);
        let detail = match self.peek().kind {
            Kind::CloseBrace | Kind::Eof => return Ok(body),
            Kind::Comma => {
                "A block on one line holds one argument only. Break the line after the opening brace and give each \
                 argument a line of its own."
            }
            Kind::Newline => {
                "A block whose content starts on the line of its opening brace ends on that line. Put the closing \
                 brace there, or break the line after the opening brace."
            }
            _ => {
                "A block on one line ends after its one argument. Put the closing brace here, or give each argument a \
                 line of its own."
            }
        };
        Err(self.unexpected(INVALID_LINE_BLOCK, detail))
    }

    fn end_of_block(&mut self, header: Span) -> Parsed<Token> {
        if let Some(close) = self.take(Kind::CloseBrace) {
            return Ok(close);
        }
        if self.exhausted() {
            return Err(Failed);
        }
        Err(self.give_up(
            "Unclosed configuration block",
            "The file ends before the closing brace of this block. Add it, or look for a brace that is missing \
             further inside.",
            header,
        ))
    }

    fn end_of_block_line(&mut self) -> Parsed<()> {
        match self.peek().kind {
            Kind::Newline => {
                self.read();
                Ok(())
            }
            Kind::Eof => Ok(()),
            _ => Err(self.unexpected(
                "Missing newline after block definition",
                "The block ends here, but the line goes on. Break the line after the closing brace.",
            )),
        }
    }
}

fn header_of(kind: &Ident, labels: &[Ident]) -> Span {
    labels.last().map_or(kind.span, |last| kind.span.to(last.span))
}
