//! Recorded answers for unit tests: a server on a loopback port that replays them in order and keeps the requests.
//!
//! For what no emulator does. A test names the answers, acts through [`Recorded::aws`], and looks at the requests:
//!
//! ```ignore
//! let recorded = Recorded::new([Answer::ok("<DescribeThingsResponse/>"), Answer::error(404, "ThingNotFound", "…")]);
//! Thing::read(&*recorded.aws().await, &objects).await.unwrap();
//! assert_eq!(recorded.requests()[0].argument("Action").as_deref(), Some("DescribeThings"));
//! ```

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use plumb_aws_delivery::{Config, connect};

use crate::client::{Aws, Options};

/// Services whose calls come here, as `endpoints` blocks name them.
const SERVICES: [&str; 18] = [
    "acm",
    "autoscaling",
    "backup",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "efs",
    "elbv2",
    "iam",
    "kms",
    "logs",
    "rds",
    "route53",
    "secretsmanager",
    "sns",
    "ssm",
    "sts",
];

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// Status 200 with a body.
    pub fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, body: body.into() }
    }

    /// An error as the XML services write it.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        Self { status, body: format!("<ErrorResponse>{error}<RequestId>recorded</RequestId></ErrorResponse>") }
    }

    /// An error as the JSON services write it; `more` are further members of the body.
    pub fn json_error(status: u16, code: &str, more: &str) -> Self {
        Self { status, body: format!(r#"{{"__type":"{code}","message":"Recorded.",{more}}}"#) }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method and path: `POST /`.
    pub line: String,
    /// Body as it was sent.
    pub body: String,
}

impl Request {
    /// An argument of a form, as the query services (EC2, RDS, IAM, ELB, SNS, …) send it: `Action`, `Filter.1.Name`.
    pub fn argument(&self, name: &str) -> Option<String> {
        let mut arguments = self.body.split('&').filter_map(|it| it.split_once('='));
        arguments.find(|(key, _)| decoded(key) == name).map(|(_, value)| decoded(value))
    }

    /// What the request asks for: the argument `Action` of a query service.
    pub fn action(&self) -> String {
        self.argument("Action").unwrap_or_else(|| self.line.clone())
    }
}

/// A server that replays answers.
pub struct Recorded {
    url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    answers: VecDeque<Answer>,
    requests: Vec<Request>,
}

impl Recorded {
    /// Answers requests with `answers`, one after the other, and refuses those that come after the last one.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let answers = answers.into_iter().collect();
        let shared = Arc::new(Mutex::new(Shared { answers, requests: Vec::new() }));
        let server = shared.clone();
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is the test's business.
                let _ = serve(stream, &server);
            }
        });
        Self { url, shared }
    }

    /// A client whose calls all come here, each sent once.
    pub async fn aws(&self) -> Arc<Aws> {
        let text = |it: &str| Some(it.to_owned());
        let config = Config {
            access_key: text("recorded"),
            secret_key: text("recorded"),
            region: text("us-east-1"),
            max_retries: Some(1),
            endpoints: SERVICES.map(|it| (it.to_owned(), self.url.clone())).into(),
            ..Config::default()
        };
        let connection = connect(&config).await.expect("the settings are complete");
        Aws::new(connection, Options::default())
    }

    /// The requests so far, in order.
    ///
    /// # Panics
    /// Some answers were not asked for: the test expects calls that are not made.
    pub fn requests(&self) -> Vec<Request> {
        let shared = self.shared.lock().expect("the server does not panic");
        assert!(shared.answers.is_empty(), "answers that nobody asked for: {:?}", shared.answers);
        shared.requests.clone()
    }

    /// What the requests so far ask for, in order; as [`Recorded::requests`].
    pub fn actions(&self) -> Vec<String> {
        self.requests().iter().map(Request::action).collect()
    }
}

fn serve(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or_default();
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let request = Request { line, body: String::from_utf8_lossy(&body).into_owned() };
    let answer = {
        let mut shared = shared.lock().expect("the test does not panic while it looks");
        let unexpected = || Answer::error(400, "NotRecorded", &format!("no answer for {}", request.action()));
        let answer = shared.answers.pop_front().unwrap_or_else(unexpected);
        shared.requests.push(request);
        answer
    };
    let Answer { status, body } = answer;
    let head = format!("HTTP/1.1 {status} Recorded\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n", body.len());
    reader.into_inner().write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())
}

/// A part of a form without its escapes.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| *first == b'%').and_then(|it| std::str::from_utf8(it).ok());
        match escaped.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Absent, code};

    #[test]
    fn forms() {
        let request = Request { line: "POST /".into(), body: "Action=A%20b&Filter.1.Name=x%3Dy+z".into() };
        assert_eq!(request.action(), "A b");
        assert_eq!(request.argument("Filter.1.Name").as_deref(), Some("x=y z"));
        assert_eq!(request.argument("Name"), None);
    }

    #[tokio::test]
    async fn answers_in_order() {
        let recorded = Recorded::new([Answer::error(404, "DBInstanceNotFound", "There is none.")]);
        let aws = recorded.aws().await;
        let call = || aws.rds.describe_db_instances().db_instance_identifier("a").send();
        assert!(call().await.absent("reading", &["DBInstanceNotFound"]).unwrap().is_none());
        assert_eq!(code(&call().await.unwrap_err()), Some("NotRecorded"));
        assert_eq!(recorded.requests()[1].argument("DBInstanceIdentifier").as_deref(), Some("a"));
    }
}
