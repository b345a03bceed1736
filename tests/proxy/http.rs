//! As much of HTTP/1.1 as the proxy needs: bodies with a length, one request after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Headers in their order, names as they came.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers without those that belong to a connection.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The parts of the scope of the signature: key, date, region, service.
    fn scope(&self) -> Vec<&str> {
        let signature = self.header("authorization").unwrap_or_default();
        let scope = signature.split_once("Credential=").map_or("", |(_, rest)| rest);
        scope.split(',').next().unwrap_or_default().split('/').collect()
    }

    /// Access key.
    pub fn key(&self) -> &str {
        self.scope().first().copied().unwrap_or_default()
    }

    /// Service as the signature names it.
    pub fn service(&self) -> String {
        self.scope().get(3).copied().unwrap_or_default().to_owned()
    }

    /// Name of the operation; method and path where the API has none.
    pub fn action(&self) -> String {
        let target = self.header("x-amz-target").and_then(|it| it.rsplit('.').next());
        let action = target.map(str::to_owned).or_else(|| self.argument("Action"));
        action.unwrap_or_else(|| format!("{} {}", self.method, self.path))
    }

    /// An argument of a form.
    pub fn argument(&self, name: &str) -> Option<String> {
        let body = String::from_utf8_lossy(&self.body);
        let found = body.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('=').map(str::to_owned));
        found.map(|it| it.replace('+', " ").replace("%3A", ":").replace("%2F", "/"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Response {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The next request of a connection; `None` when it was closed.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let (first, headers) = read_head(reader)?;
    let mut parts = first.split_whitespace().map(str::to_owned);
    let (method, path) = (parts.next()?, parts.next()?);
    let mut body = vec![0; length(&headers).unwrap_or_default()];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body })
}

/// Writes an answer.
///
/// # Errors
/// Nobody listens any more.
pub fn write_response(stream: &mut TcpStream, response: &Response) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Answer\r\ncontent-length: {}\r\n", response.status, response.body.len());
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&response.body)?;
    stream.flush()
}

/// Closes a connection without an answer.
pub fn reset(stream: &TcpStream) {
    // It may be closed already.
    drop(stream.shutdown(std::net::Shutdown::Both));
}

/// The answer of the emulator; `None` when it does not give one.
pub fn forward(upstream: &str, request: &Request) -> Option<Response> {
    let mut stream = TcpStream::connect(upstream).ok()?;
    let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        if !["connection", "content-length", "expect"].contains(&name.to_ascii_lowercase().as_str()) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    head += &format!("content-length: {}\r\n\r\n", request.body.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&request.body).ok()?;
    let mut reader = BufReader::new(stream);
    let (first, headers) = read_head(&mut reader)?;
    let status = first.split_whitespace().nth(1)?.parse().ok()?;
    let mut body = Vec::new();
    match length(&headers) {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body).ok()?;
        }
        None => {
            reader.read_to_end(&mut body).ok()?;
        }
    }
    let of_connection = ["connection", "content-length", "transfer-encoding", "server", "date"];
    let headers = headers.into_iter().filter(|(name, _)| !of_connection.contains(&name.to_ascii_lowercase().as_str()));
    Some(Response { status, headers: headers.collect(), body })
}

fn read_head(reader: &mut impl BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let first = line.trim_end().to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Some((first, headers)) };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn length(headers: &[(String, String)]) -> Option<usize> {
    headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.parse().ok()
}
