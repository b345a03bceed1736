//! Answers that the proxy makes itself, in the form of the service that was asked.

use super::http::{Request, Response};

/// What is left of a list after a page.
pub struct Rest {
    /// The answer up to the items.
    pub head: String,
    /// The items.
    pub items: Vec<String>,
    /// The answer after the items.
    pub tail: String,
}

/// Services that speak JSON.
const JSON: [&str; 5] = ["logs", "ssm", "kms", "secretsmanager", "dynamodb"];

/// An error in the form of the service.
pub fn error(request: &Request, status: u16, code: &str, message: &str) -> Response {
    let service = request.service();
    let (kind, more, body) = if JSON.contains(&service.as_str()) {
        ("application/x-amz-json-1.1", None, format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
    } else if service == "elasticfilesystem" {
        let body = format!(r#"{{"ErrorCode":"{code}","Message":"{message}"}}"#);
        ("application/json", Some(("x-amzn-errortype".to_owned(), code.to_owned())), body)
    } else if service == "ec2" {
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        ("text/xml", None, format!("<Response><Errors>{error}</Errors><RequestID>proxy</RequestID></Response>"))
    } else {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        ("text/xml", None, format!("<ErrorResponse>{error}<RequestId>proxy</RequestId></ErrorResponse>"))
    };
    let headers = [("content-type".to_owned(), kind.to_owned())].into_iter().chain(more).collect();
    Response { status, headers, body: body.into_bytes() }
}

/// A refusal for the rate of calls, in the words of the service.
pub fn throttled(request: &Request) -> Response {
    match request.service().as_str() {
        "ec2" => error(request, 503, "RequestLimitExceeded", "Request limit exceeded."),
        service if JSON.contains(&service) || service == "elasticfilesystem" => {
            error(request, 400, "ThrottlingException", "Rate exceeded")
        }
        _ => error(request, 400, "Throttling", "Rate exceeded"),
    }
}

/// The items of an EC2 list: those of the first set right below the answer. `None` for another answer.
pub fn items(body: &str) -> Option<Rest> {
    let begin = body.find("Response")?;
    let open = begin + body[begin..].find('>')? + 1;
    let mut at = open;
    loop {
        let start = at + body[at..].find('<')?;
        let end = start + body[start..].find('>')?;
        let name = &body[start + 1..end];
        if name.starts_with('/') {
            return None;
        }
        let close = format!("</{name}>");
        let inner_end = end + body[end..].find(&close).filter(|_| !name.ends_with('/'))?;
        let inner = &body[end + 1..inner_end];
        if inner.trim_start().starts_with("<item>") {
            let items = split(inner);
            return Some(Rest { head: body[..=end].to_owned(), items, tail: body[inner_end..].to_owned() });
        }
        at = inner_end + close.len();
    }
}

/// The outermost items of a text.
fn split(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let (mut depth, mut from, mut at) = (0, 0, 0);
    while let Some(next) = text[at..].find('<').map(|it| it + at) {
        let end = text[next..].find('>').map_or(text.len(), |it| next + it + 1);
        match &text[next..end] {
            "<item>" => {
                if depth == 0 {
                    from = next;
                }
                depth += 1;
            }
            "</item>" => {
                depth -= 1;
                if depth == 0 {
                    items.push(text[from..end].to_owned());
                }
            }
            _ => {}
        }
        at = end;
    }
    items
}

impl Rest {
    /// The answer with some of the items, and the token of the next page.
    pub fn page(&self, items: &[String], next: Option<&str>) -> String {
        let token = next.map(|it| format!("<nextToken>{it}</nextToken>")).unwrap_or_default();
        // The token stands right before the end of the answer.
        let end = self.tail.rfind("</").unwrap_or(self.tail.len());
        format!("{}{}{}{token}{}", self.head, items.concat(), &self.tail[..end], &self.tail[end..])
    }
}
