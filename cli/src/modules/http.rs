//! HTTP for modules: requests that are repeated when a server stumbles, and answers of limited size.

use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::Response;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, TcpConnector};

use super::tls::Tls;

/// Largest document of a registry, in bytes.
const MAX_DOCUMENT: u64 = 64 << 20;

/// Largest package, in bytes as it is sent.
const MAX_PACKAGE: u64 = 2 << 30;

/// Pauses before the second and third attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// Follows redirects and takes proxies from the environment (`HTTPS_PROXY`, `NO_PROXY`).
pub struct Http {
    agent: Agent,
}

/// An answer.
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Where it came from, redirects followed.
    pub url: String,
    response: Response<ureq::Body>,
}

impl Http {
    /// A client that gives up a silent server after half a minute.
    pub fn new() -> Self {
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(10)
            .save_redirect_history(true)
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_recv_response(Some(Duration::from_secs(30)))
            .timeout_recv_body(Some(Duration::from_secs(1800)))
            .user_agent(concat!("plumb/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default()).chain(Tls::default());
        Self { agent: Agent::with_parts(config, connector, DefaultResolver::default()) }
    }

    /// Asks for an address. Failed connections and answers of 5xx and 429 are repeated twice.
    ///
    /// # Errors
    /// No answer came, as a clause that names the address.
    pub fn get(&self, url: &str, headers: &[(String, String)]) -> Result<Answer, String> {
        let mut pauses = PAUSES.iter();
        loop {
            let result = self.once(url, headers);
            let again = match &result {
                Ok(answer) => answer.status >= 500 || answer.status == 429,
                Err(_) => true,
            };
            match pauses.next() {
                Some(pause) if again => sleep(*pause),
                _ => return result,
            }
        }
    }

    fn once(&self, url: &str, headers: &[(String, String)]) -> Result<Answer, String> {
        use ureq::ResponseExt;
        let mut request = self.agent.get(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.call().map_err(|error| format!("GET {} failed: {error}", without_secrets(url)))?;
        Ok(Answer { status: response.status().as_u16(), url: response.get_uri().to_string(), response })
    }
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned)
    }

    /// Fails unless the status is one of success.
    ///
    /// # Errors
    /// The status, and what to make of it.
    pub fn success(self) -> Result<Self, String> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let meaning = match self.status {
            401 | 403 => ": access is denied; give credentials for the host",
            404 => ": there is nothing at this address",
            _ => "",
        };
        Err(format!("GET {} was answered with status {}{meaning}", without_secrets(&self.url), self.status))
    }

    /// The whole answer as text.
    ///
    /// # Errors
    /// The connection broke, or the answer is too long or no text.
    pub fn text(mut self) -> Result<String, String> {
        let body = self.response.body_mut().with_config().limit(MAX_DOCUMENT).read_to_string();
        body.map_err(|error| format!("the answer of {} cannot be read: {error}", without_secrets(&self.url)))
    }

    /// Writes the answer to a file.
    ///
    /// # Errors
    /// The connection broke, the answer is too long, or the file cannot be written.
    pub fn save(self, to: &mut dyn Write) -> Result<(), String> {
        let url = without_secrets(&self.url);
        let mut body = self.response.into_body().into_with_config().limit(MAX_PACKAGE).reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = body.read(&mut buffer).map_err(|error| format!("{url} cannot be downloaded: {error}"))?;
            if count == 0 {
                return Ok(());
            }
            to.write_all(&buffer[..count]).map_err(|error| format!("the download cannot be written: {error}"))?;
        }
    }
}

/// The address without user, password and query.
pub fn without_secrets(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = authority.rsplit('@').next().unwrap_or_default();
            path.map_or(format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => url.to_owned(),
    }
}

/// The address that `reference` means in a document at `base`.
pub fn resolve(base: &str, reference: &str) -> String {
    if reference.contains("://") || reference.contains("::") {
        return reference.to_owned();
    }
    let base = base.split(['?', '#']).next().unwrap_or_default();
    let path_at = base.find("://").map_or(0, |at| at + 3);
    let root = base[path_at..].find('/').map_or(base.len(), |at| path_at + at);
    let (origin, path) = base.split_at(root);
    if reference.starts_with('/') {
        return format!("{origin}{reference}");
    }
    let (reference, query) = reference.split_once('?').map_or((reference, None), |(path, query)| (path, Some(query)));
    let mut parts: Vec<&str> = path.split('/').skip(1).collect();
    parts.pop();
    for part in reference.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let query = query.map(|it| format!("?{it}")).unwrap_or_default();
    format!("{origin}/{}{query}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_to_their_document() {
        for (base, reference, expected) in [
            ("https://a.b/.well-known/terraform.json", "/v1/modules/", "https://a.b/v1/modules/"),
            ("https://a.b/x/y", "./z?archive=zip", "https://a.b/x/z?archive=zip"),
            ("https://a.b/x/y/", "../z.zip", "https://a.b/x/z.zip"),
            ("https://a.b", "z/", "https://a.b/z/"),
            ("https://a.b/x", "git::https://c.d/e", "git::https://c.d/e"),
            ("https://a.b/x", "http://c.d/e", "http://c.d/e"),
        ] {
            assert_eq!(resolve(base, reference), expected);
        }
    }

    #[test]
    fn secrets_of_addresses_are_not_shown() {
        assert_eq!(without_secrets("https://u:p@a.b/c?sig=1"), "https://a.b/c");
        assert_eq!(without_secrets("https://u:p@a.b"), "https://a.b");
    }
}
