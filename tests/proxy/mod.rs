//! A fault proxy between plumb and the emulator: it records every call, and does to calls what AWS and networks do.

mod account;
mod answer;
mod call;
mod faults;
pub mod http;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use self::call::{Call, Outcome};
pub use self::faults::{Fault, Faults, Kill, Rule, roll};
use self::http::{Request, Response};

/// A proxy on a loopback port, until it is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

/// What the tasks of a proxy share.
struct Shared {
    /// `host:port` of the emulator.
    upstream: String,
    faults: Faults,
    stopped: AtomicBool,
    /// Calls that have arrived, to number them.
    arrived: AtomicU64,
    log: Mutex<Vec<Call>>,
    /// How often each rule has struck.
    struck: Mutex<BTreeMap<usize, u32>>,
    /// Answers by action and client token, with the request that they answer.
    tokens: Mutex<BTreeMap<(String, String), (String, Response)>>,
    /// What was made, and when.
    made: Mutex<BTreeMap<String, Instant>>,
    /// Rest of the items of pages that were not asked for yet, by token.
    pages: Mutex<BTreeMap<String, answer::Rest>>,
    killed: AtomicBool,
    since: Instant,
}

impl Proxy {
    /// A proxy to an endpoint of the form `http://host:port`.
    pub fn start(upstream: &str, faults: Faults) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").to_owned(),
            faults,
            stopped: AtomicBool::new(false),
            arrived: AtomicU64::new(0),
            log: Mutex::default(),
            struck: Mutex::default(),
            tokens: Mutex::default(),
            made: Mutex::default(),
            pages: Mutex::default(),
            killed: AtomicBool::new(false),
            since: Instant::now(),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if accepting.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let shared = accepting.clone();
                std::thread::spawn(move || serve(&shared, stream));
            }
        });
        Self { shared, port }
    }

    /// Where plumb finds it.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The calls so far, in the order of their ends.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.log).clone()
    }

    /// How many calls have arrived.
    pub fn arrived(&self) -> u64 {
        self.shared.arrived.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the task that accepts.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// Answers the requests of one connection until it is closed or a fault closes it.
fn serve(shared: &Shared, mut stream: TcpStream) {
    // A connection that cannot be cloned is closed like one that failed.
    let Ok(reading) = stream.try_clone() else { return };
    let mut reader = std::io::BufReader::new(reading);
    while let Some(request) = http::read_request(&mut reader) {
        let number = shared.arrived.fetch_add(1, Ordering::Relaxed) + 1;
        let begun = Instant::now();
        let (outcome, response) = handle(shared, &request, number);
        lock(&shared.log).push(Call {
            number,
            service: request.service(),
            action: request.action(),
            at: begun.duration_since(shared.since),
            took: begun.elapsed(),
            outcome: outcome.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        });
        match response {
            Some(response) if http::write_response(&mut stream, &response).is_ok() => {}
            _ => {
                http::reset(&stream);
                return;
            }
        }
    }
}

/// What becomes of one call: `None` where it is not answered.
fn handle(shared: &Shared, request: &Request, number: u64) -> (Outcome, Option<Response>) {
    let struck = shared.strike(request, number);
    if struck == Some(Fault::ResetBefore) {
        return (Outcome::ResetBefore, None);
    }
    let refusal = match struck {
        Some(Fault::Throttle) => Some(answer::throttled(request)),
        Some(Fault::Internal) => Some(answer::error(request, 500, "InternalError", "An internal error has occurred")),
        Some(Fault::Expired) => {
            Some(answer::error(request, 400, "ExpiredToken", "The security token included in the request is expired"))
        }
        Some(Fault::Refuse(code)) => Some(answer::error(request, 403, code, "Refused by a rule of the proxy")),
        Some(Fault::Delay(time)) => {
            std::thread::sleep(time);
            None
        }
        Some(Fault::Hang) => {
            std::thread::sleep(Duration::from_secs(600));
            return (Outcome::Hung, None);
        }
        _ => None,
    };
    if let Some(response) = refusal {
        return (Outcome::Fault(response.status), Some(response));
    }
    shared.kill(number, false);
    if let Some(response) = account::behave(shared, request) {
        return (Outcome::Answered(response.status), Some(response));
    }
    let Some(response) = http::forward(&shared.upstream, request) else { return (Outcome::Unreachable, None) };
    let response = account::after(shared, request, response);
    shared.kill(number, true);
    if struck == Some(Fault::ResetAfter) {
        return (Outcome::ResetAfter(response.status), None);
    }
    (Outcome::Answered(response.status), Some(response))
}

impl Shared {
    /// The first rule that strikes this call.
    fn strike(&self, request: &Request, number: u64) -> Option<Fault> {
        self.faults.rules.iter().enumerate().find_map(|(at, rule)| {
            if !rule.concerns(&request.service(), &request.action(), request.key()) {
                return None;
            }
            if faults::roll(self.faults.seed, number, at) >= rule.rate {
                return None;
            }
            let mut struck = lock(&self.struck);
            let count = struck.entry(at).or_default();
            if rule.limit.is_some_and(|limit| *count >= limit) {
                return None;
            }
            *count += 1;
            Some(rule.fault.clone())
        })
    }

    /// Ends plumb with SIGKILL when this is the call to do it at. The call is answered to nobody.
    fn kill(&self, number: u64, after: bool) {
        let Some(kill) = &self.faults.kill else { return };
        let wanted = kill.call == number && kill.after == after;
        if !wanted || self.killed.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(pid) = *lock(&kill.pid) {
            // The process may have ended by itself.
            drop(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What was made less than `time` ago.
    fn made_within(&self, time: Duration) -> BTreeSet<String> {
        let made = lock(&self.made);
        made.iter().filter(|(_, since)| since.elapsed() < time).map(|(id, _)| id.clone()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks an endpoint of the form `http://host:port` with a POST, and returns the body of the answer.
pub fn post(upstream: &str, path: &str, body: &str) -> Option<String> {
    let headers = [("host", "localhost"), ("content-type", "text/plain")];
    let request = Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: body.as_bytes().to_vec(),
    };
    Some(http::forward(upstream.trim_start_matches("http://"), &request)?.text())
}

/// A request of a test's own.
pub struct Ask<'a> {
    /// Service as signatures name it.
    pub service: &'a str,
    /// Region.
    pub region: &'a str,
    /// `POST`.
    pub method: &'a str,
    /// Path with query.
    pub path: &'a str,
    /// Type of the body.
    pub kind: &'a str,
    /// The operation, for services that name it in a header.
    pub target: Option<&'a str>,
    /// The body.
    pub body: &'a str,
}

/// Asks a service of the emulator with the access key of an account, and returns the body of the answer.
pub fn ask(upstream: &str, key: &str, asked: &Ask<'_>) -> Option<String> {
    let Ask { service, region, .. } = asked;
    let scope = format!("{key}/20260101/{region}/{service}/aws4_request");
    let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    let host = if *service == "route53" {
        "route53.amazonaws.com".to_owned()
    } else {
        format!("{service}.{region}.amazonaws.com")
    };
    let mut headers = vec![("authorization", signature), ("content-type", asked.kind.to_owned()), ("host", host)];
    headers.extend(asked.target.map(|it| ("x-amz-target", it.to_owned())));
    let request = Request {
        method: asked.method.to_owned(),
        path: asked.path.to_owned(),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: asked.body.as_bytes().to_vec(),
    };
    Some(http::forward(upstream.trim_start_matches("http://"), &request)?.text())
}

/// Credentials of an account of the emulator, as the environment has them.
pub fn credentials(upstream: &str, account: &str) -> Option<BTreeMap<&'static str, String>> {
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0";
    let role = format!("arn%3Aaws%3Aiam%3A%3A{account}%3Arole%2Ftest");
    let body = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=test");
    let headers = [("authorization", scope), ("content-type", "application/x-www-form-urlencoded"), ("host", "sts")];
    let request = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: body.into_bytes(),
    };
    let answer = http::forward(upstream.trim_start_matches("http://"), &request)?.text();
    let part = |name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(value, _)| value.trim().to_owned())
    };
    Some(BTreeMap::from([
        ("AWS_ACCESS_KEY_ID", part("AccessKeyId")?),
        ("AWS_SECRET_ACCESS_KEY", part("SecretAccessKey")?),
        ("AWS_SESSION_TOKEN", part("SessionToken")?),
    ]))
}
