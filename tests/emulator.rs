//! The AWS emulator of `emulator/server.py`: one process for all suites, started when the first test asks for it.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::space::{Space, root};

static PROCESS: Mutex<Option<Child>> = Mutex::new(None);
static ENDPOINT: OnceLock<Result<String, String>> = OnceLock::new();

/// A working directory whose runs talk to the emulator in a region.
///
/// # Errors
/// The emulator could not be started; `make test` installs it.
pub fn space(region: &str) -> Result<Space, String> {
    let endpoint = endpoint()?;
    let mut space = Space::new();
    space
        .env("AWS_ENDPOINT_URL", &endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", region)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    Ok(space)
}

/// Where the emulator listens.
///
/// # Errors
/// As [`space`].
pub fn endpoint() -> Result<String, String> {
    ENDPOINT.get_or_init(start).clone()
}

/// Ends the emulator.
pub fn stop() {
    let child = PROCESS.lock().expect("no test panics while it holds this").take();
    if let Some(mut child) = child {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn start() -> Result<String, String> {
    let python = root().join(".venv/bin/python");
    if !python.exists() {
        return Err(format!("{} is missing; `make test` installs the emulator first", python.display()));
    }
    let port = free_port();
    let mut child = Command::new(&python)
        .arg(root().join("tests/emulator/server.py"))
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} could not be started: {error}", python.display()))?;
    drain(child.stderr.take());
    let since = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if since.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            return Err("the emulator did not answer within a minute".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    *PROCESS.lock().expect("no test panics while it holds this") = Some(child);
    Ok(format!("http://127.0.0.1:{port}"))
}

/// Keeps reading, so that the emulator never waits for its log to be taken.
fn drain(stderr: Option<std::process::ChildStderr>) {
    if let Some(stderr) = stderr {
        std::thread::spawn(move || BufReader::new(stderr).lines().map_while(Result::ok).for_each(drop));
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a bound address").port()
}
