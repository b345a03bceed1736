//! `csvdecode`: a strict reader of comma-separated values.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use super::{Context, Function, FunctionError, Outcome, Parameter, any, string, text};
use crate::value::{Type, Value};

pub(super) static CSVDECODE: Function = Function::new(
    "csvdecode",
    "A list of objects from comma-separated values; the first line names the attributes.",
    &[Parameter::new("str", "Text of the values.", string)],
    any,
    csvdecode,
);

fn csvdecode(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut reader = Reader { rest: text(args, 0).chars().peekable(), line: 1 };
    let header = reader.record()?.ok_or_else(|| FunctionError::failed("missing header line"))?;
    let mut names = BTreeSet::new();
    if let Some(twice) = header.fields.iter().find(|it| !names.insert(it.as_str())) {
        return Err(FunctionError::failed(format!("duplicate column name {}", super::quote(twice))));
    }
    let ty = Type::object(
        header.fields.iter().map(|it| (Value::string(it).as_str().unwrap_or(it).to_owned(), Type::String)),
    );
    let mut rows = Vec::new();
    while let Some(record) = reader.record()? {
        if record.fields.len() != header.fields.len() {
            return Err(parse_error(record.line, "wrong number of fields"));
        }
        let names = header.fields.iter().map(|it| Value::string(it).as_str().unwrap_or(it).to_owned());
        rows.push(Value::object(names.zip(record.fields.into_iter().map(Value::from))));
    }
    Ok(Value::list(ty, rows))
}

struct Record {
    line: usize,
    fields: Vec<String>,
}

/// Reads record after record. A crate would do, were it not that they all forgive misplaced quotes, which here are errors.
struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    line: usize,
}

impl Reader<'_> {
    /// The next line that is not empty; `None` at the end.
    fn record(&mut self) -> Result<Option<Record>, FunctionError> {
        while self.line_break() {}
        if self.rest.peek().is_none() {
            return Ok(None);
        }
        let line = self.line;
        let mut fields = vec![self.field()?];
        while self.rest.next_if_eq(&',').is_some() {
            fields.push(self.field()?);
        }
        self.line_break();
        Ok(Some(Record { line, fields }))
    }

    /// Passes over a line break, or a carriage return at the very end.
    fn line_break(&mut self) -> bool {
        let mut ahead = self.rest.clone();
        let found = match (ahead.next(), ahead.peek()) {
            (Some('\n'), _) => 1,
            (Some('\r'), Some('\n')) => 2,
            (Some('\r'), None) => 1,
            _ => return false,
        };
        for _ in 0..found {
            self.rest.next();
        }
        self.line += 1;
        true
    }

    fn at_line_break(&self) -> bool {
        let mut ahead = self.rest.clone();
        matches!((ahead.next(), ahead.peek()), (Some('\n'), _) | (Some('\r'), Some('\n') | None))
    }

    fn field(&mut self) -> Result<String, FunctionError> {
        if self.rest.next_if_eq(&'"').is_some() {
            return self.quoted();
        }
        let mut field = String::new();
        while !self.at_line_break() {
            match self.rest.peek() {
                None | Some(',') => break,
                Some('"') => return Err(parse_error(self.line, "bare \" in non-quoted field")),
                Some(_) => field.extend(self.rest.next()),
            }
        }
        Ok(field)
    }

    /// The rest of a field after its opening quote.
    fn quoted(&mut self) -> Result<String, FunctionError> {
        let misplaced = |line| parse_error(line, "extraneous or missing \" in quoted field");
        let mut field = String::new();
        loop {
            if self.line_break() {
                field.push('\n');
                continue;
            }
            match self.rest.next() {
                None => return Err(misplaced(self.line)),
                Some('"') if self.rest.next_if_eq(&'"').is_some() => field.push('"'),
                Some('"') => break,
                Some(other) => field.push(other),
            }
        }
        match self.rest.peek().copied() {
            None | Some(',') => Ok(field),
            _ if self.at_line_break() => Ok(field),
            _ => Err(misplaced(self.line)),
        }
    }
}

fn parse_error(line: usize, what: &str) -> FunctionError {
    FunctionError::failed(format!("CSV parse error on line {line}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn rows_become_objects() {
        check(
            "csvdecode",
            &[
                ("[\"a,b\\n1,2\\n\"]", "[{\"a\":\"1\",\"b\":\"2\"}]"),
                ("[\"\\n\\r\\na,b\\r\\n 1, 2\\r\\n\\r\\n\"]", "[{\"a\":\" 1\",\"b\":\" 2\"}]"),
                ("[\"a,b\\n\\\"x,y\\\",\\\"q\\\"\\\"z\\\"\"]", "[{\"a\":\"x,y\",\"b\":\"q\\\"z\"}]"),
                ("[\"a,b\\n\\\"x\\r\\ny\\\",2\"]", "[{\"a\":\"x\\ny\",\"b\":\"2\"}]"),
                ("[\"a,\\n1,\"]", "[{\"\":\"\",\"a\":\"1\"}]"),
                ("[5]", "[]"),
            ],
        );
    }

    #[test]
    fn malformed_text_is_refused() {
        check(
            "csvdecode",
            &[
                ("[\"\"]", "!missing header"),
                ("[\"a,a\\n1,2\"]", "!duplicate column name \"a\""),
                ("[\"a,b\\n1\"]", "!line 2: wrong number"),
                ("[\"a,b\\nx\\\"y,2\"]", "!line 2: bare"),
                ("[\"a,b\\n\\\"x\\\"y,2\"]", "!line 2: extraneous"),
                ("[\"a,b\\n\\\"x,2\"]", "!extraneous or missing"),
            ],
        );
    }
}
