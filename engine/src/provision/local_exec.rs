//! `local-exec`: a command on this machine, whose output is shown line by line while it runs.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, PipeReader, Read};
use std::process::Stdio;

use tokio::sync::mpsc;

use super::LOCAL_EXEC;
use crate::addr::{InstanceAddr, quote};
use crate::diagnostic::Diagnostic;
use crate::events::{Event, Events};
use crate::value::{Marks, Value};

/// How much of the end of a command's output an error shows, in bytes.
const SHOWN: usize = 8 * 1024;

/// Longest piece of output that is shown as one line, in bytes.
const LINE: u64 = 64 * 1024;

/// A command, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The text that the interpreter gets.
    text: String,
    /// The program and its arguments.
    words: Vec<String>,
    working_dir: Option<String>,
    environment: BTreeMap<String, String>,
    quiet: bool,
    /// Why nothing of it may be shown.
    hidden: Option<&'static str>,
}

impl Command {
    /// The command of an evaluated block.
    ///
    /// # Errors
    /// There is nothing to run.
    pub fn new(config: &Value) -> Result<Self, Diagnostic> {
        if !config.is_wholly_known() {
            let detail = "The arguments of the provisioner are not known, although its object was made.";
            return Err(Diagnostic::error("Invalid local-exec provisioner configuration", detail));
        }
        let text = |name: &str| config.get(name).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned);
        let Some(command) = text("command") else {
            let detail = "The command must be a non-empty string.";
            return Err(Diagnostic::error("Invalid local-exec provisioner command", detail));
        };
        let interpreter = config.get("interpreter").and_then(Value::as_slice).unwrap_or_default();
        let mut words: Vec<String> = interpreter.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect();
        if words.is_empty() {
            words = if cfg!(windows) { vec!["cmd".into(), "/C".into()] } else { vec!["/bin/sh".into(), "-c".into()] };
        }
        words.push(command.clone());
        let environment = config.get("environment").and_then(Value::as_map).into_iter().flatten();
        let environment = environment.filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned())));
        let marks = config.deep_marks();
        let hidden = match (marks.has(Marks::SENSITIVE), marks.has(Marks::EPHEMERAL)) {
            (false, false) => None,
            (true, false) => Some("sensitive value"),
            (false, true) => Some("ephemeral value"),
            (true, true) => Some("sensitive, ephemeral value"),
        };
        Ok(Self {
            text: command,
            words,
            working_dir: text("working_dir"),
            environment: environment.collect(),
            quiet: config.get("quiet").and_then(Value::as_bool).unwrap_or(false),
            hidden,
        })
    }

    fn first_line(&self) -> String {
        if self.quiet {
            return "local-exec: Executing: Suppressed by quiet=true".to_owned();
        }
        let words: Vec<String> = self.words.iter().map(|it| quote(it)).collect();
        format!("Executing: [{}]", words.join(" "))
    }

    fn failure(&self, reason: &str, output: &Tail) -> Diagnostic {
        let detail = match self.hidden {
            Some(what) => {
                format!(
                    "The command failed: {reason}. It and its output are not shown because of a {what} in the block."
                )
            }
            None => format!("Error running command '{}': {reason}. Output: {}", self.text, output.text()),
        };
        Diagnostic::error("local-exec provisioner error", detail)
    }
}

/// Runs a command to its end. Dropped before that, it ends the command with everything that it has started.
///
/// # Errors
/// The command cannot be started, or says that it failed.
pub async fn run(command: &Command, addr: &InstanceAddr, events: &dyn Events) -> Result<(), Diagnostic> {
    let provisioner = LOCAL_EXEC;
    events.event(Event::ProvisionStart { addr, provisioner });
    let show = |line: &str| {
        let hidden = command.hidden.map(|what| format!("(output suppressed due to {what} in config)"));
        let line = hidden.as_deref().unwrap_or(line);
        events.event(Event::ProvisionOutput { addr, provisioner, line });
    };
    show(&command.first_line());
    let mut tail = Tail::default();
    let result = match start(command) {
        Ok((child, lines)) => follow(child, lines, &mut tail, &show).await,
        Err(error) => Err(match &command.working_dir {
            Some(dir) if !std::path::Path::new(dir).is_dir() => format!("chdir {dir}: {error}"),
            _ => format!("{}: {error}", command.words[0]),
        }),
    };
    events.event(Event::ProvisionDone { addr, provisioner, succeeded: result.is_ok() });
    result.map_err(|reason| command.failure(&reason, &tail))
}

async fn follow(
    mut child: Running,
    mut lines: mpsc::UnboundedReceiver<String>,
    tail: &mut Tail,
    show: &(dyn Fn(&str) + Sync),
) -> Result<(), String> {
    while let Some(line) = lines.recv().await {
        tail.push(&line);
        show(line.trim_end_matches(['\r', '\n']));
    }
    let status = child.process.wait().await.map_err(|error| error.to_string())?;
    child.group = None;
    if status.success() {
        return Ok(());
    }
    Err(match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    })
}

/// A command under way.
struct Running {
    process: tokio::process::Child,
    /// Its process group, as long as it must be ended when nobody waits any more.
    group: Option<u32>,
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.group.and_then(|it| i32::try_from(it).ok()) {
            // One that has ended by itself in the meantime is what is wanted.
            nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::Signal::SIGKILL).ok();
        }
    }
}

/// Starts a command, both of its outputs in one pipe, so that their lines keep their order.
fn start(command: &Command) -> std::io::Result<(Running, mpsc::UnboundedReceiver<String>)> {
    let (reader, writer) = std::io::pipe()?;
    let mut process = tokio::process::Command::new(&command.words[0]);
    process.args(&command.words[1..]).envs(&command.environment).kill_on_drop(true);
    process.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    if let Some(dir) = &command.working_dir {
        process.current_dir(dir);
    }
    // In a group of its own, so that an interrupt of the terminal reaches plumb alone, which waits for the command.
    #[cfg(unix)]
    process.process_group(0);
    let child = process.spawn()?;
    let group = child.id();
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || read_lines(reader, &sender));
    Ok((Running { process: child, group }, lines))
}

fn read_lines(reader: PipeReader, sender: &mpsc::UnboundedSender<String>) {
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
            return;
        }
    }
}

/// The last lines of an output.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
    length: usize,
}

impl Tail {
    fn push(&mut self, line: &str) {
        self.length += line.len();
        self.lines.push_back(line.to_owned());
        while self.length > SHOWN
            && let Some(first) = self.lines.pop_front()
        {
            self.length -= first.len();
        }
    }

    fn text(&self) -> String {
        self.lines.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::value::Type;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl Events for Lines {
        fn event(&self, event: Event<'_>) {
            if let Event::ProvisionOutput { line, .. } = event {
                self.0.lock().unwrap().push(line.to_owned());
            }
        }
    }

    fn config(arguments: &[(&str, Value)]) -> Value {
        let empty = super::super::arguments(LOCAL_EXEC).unwrap().empty();
        arguments.iter().fold(empty, |config, (name, value)| config.with(name, value.clone()))
    }

    async fn outcome(arguments: &[(&str, Value)]) -> (Result<(), Diagnostic>, Vec<String>) {
        let lines = Lines::default();
        let command = Command::new(&config(arguments)).unwrap();
        let result = run(&command, &"terraform_data.a".parse().unwrap(), &lines).await;
        (result, lines.0.into_inner().unwrap())
    }

    #[tokio::test]
    async fn both_outputs_come_in_order() {
        let (result, lines) = outcome(&[("command", "echo one; echo two >&2; printf three".into())]).await;
        assert!(result.is_ok());
        let first = "Executing: [\"/bin/sh\" \"-c\" \"echo one; echo two >&2; printf three\"]";
        assert_eq!(lines, [first, "one", "two", "three"]);
    }

    #[tokio::test]
    async fn a_failure_shows_the_output_unless_it_is_secret() {
        let (result, _) = outcome(&[("command", "echo why; exit 3".into())]).await;
        let detail = result.unwrap_err().detail;
        assert_eq!(detail, "Error running command 'echo why; exit 3': exit status 3. Output: why\n");
        let secret = Value::from("echo why; exit 3").marked(Marks::SENSITIVE);
        let (result, lines) = outcome(&[("command", secret)]).await;
        assert!(!result.unwrap_err().detail.contains("why"));
        assert!(lines.iter().all(|it| it == "(output suppressed due to sensitive value in config)"), "{lines:?}");
    }

    #[tokio::test]
    async fn the_arguments_are_heeded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        let environment = Value::map(Type::String, [("GREETING".into(), "hi".into())]);
        let (result, lines) = outcome(&[
            ("command", "print \"$ENV{GREETING} \"; system \"pwd\"".into()),
            (
                "interpreter",
                Value::list(Type::String, vec!["perl".into(), "-e".into(), "$| = 1; eval $ARGV[0]".into()]),
            ),
            ("working_dir", path.to_str().unwrap().into()),
            ("environment", environment),
            ("quiet", true.into()),
        ])
        .await;
        assert!(result.is_ok());
        let shown = format!("hi {}", path.display());
        assert_eq!(lines, ["local-exec: Executing: Suppressed by quiet=true", &*shown]);
    }

    #[tokio::test]
    async fn a_command_that_nobody_waits_for_ends_with_all_it_has_started() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark");
        let text = format!("(sleep 0.3; touch {}) & wait", mark.display());
        let lines = Lines::default();
        let command = Command::new(&config(&[("command", text.into())])).unwrap();
        let addr = "terraform_data.a".parse().unwrap();
        let waited = tokio::time::timeout(std::time::Duration::from_millis(100), run(&command, &addr, &lines));
        assert!(waited.await.is_err());
        std::thread::sleep(std::time::Duration::from_millis(500));
        assert!(!mark.exists());
    }

    #[test]
    fn there_must_be_something_to_run() {
        assert!(Command::new(&config(&[("command", "".into())])).is_err());
    }
}
