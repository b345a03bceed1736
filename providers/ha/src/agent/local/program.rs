//! Programs of others: started without a shell, in a process group of their own, and ended with all they have started.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

/// How much of what a program says goes into a message, in characters.
const SAID: usize = 300;
/// What a program has said before its end is read within this time.
const AFTERWARDS: Duration = Duration::from_millis(100);

/// A program that runs; ends its whole process group when it is dropped.
struct Running(Option<Pid>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            killpg(group, Signal::SIGKILL).ok();
        }
    }
}

/// What a program said.
pub(super) struct Said {
    /// Standard output.
    pub out: String,
}

/// Runs a program to its end; `mark` names a file that has its process group while it runs. What it leaves running is
/// left alone when it ended well.
///
/// # Errors
/// It could not be started, did not end in time, or ended with another code than 0; as a clause.
pub(super) async fn run(argv: &[String], limit: Duration, mark: Option<&Path>) -> Result<Said, String> {
    let Some((program, arguments)) = argv.split_first() else { return Ok(Said { out: String::new() }) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
    let group = child.id().and_then(|it| i32::try_from(it).ok()).map(Pid::from_raw);
    let mut running = Running(group);
    if let (Some(mark), Some(group)) = (mark, group) {
        std::fs::write(mark, group.to_string()).map_err(|error| format!("{}: {error}", mark.display()))?;
    }
    let ended = tokio::time::timeout(limit, ended(child)).await;
    if let Some(mark) = mark {
        std::fs::remove_file(mark).ok();
    }
    let output = match ended {
        Err(_) => return Err(format!("{program} did not end within {} seconds", limit.as_secs())),
        Ok(Err(error)) => return Err(format!("{program}: {error}")),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        running.0 = None;
        return Ok(Said { out: String::from_utf8_lossy(&output.stdout).into_owned() });
    }
    let said: String = String::from_utf8_lossy(&output.stderr).trim().chars().take(SAID).collect();
    Err(format!("{program} ended with {}{}{said}", output.status, if said.is_empty() { "" } else { ": " }))
}

/// Waits for a program and for what it says; after its end no longer than a moment: what it leaves running keeps its
/// output open.
async fn ended(mut child: Child) -> std::io::Result<Output> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let early = {
        let reads = async { tokio::join!(read(&mut out, &mut stdout), read(&mut err, &mut stderr)) };
        tokio::pin!(reads);
        tokio::select! {
            status = child.wait() => {
                tokio::time::timeout(AFTERWARDS, reads).await.ok();
                Some(status?)
            }
            _ = &mut reads => None,
        }
    };
    let status = match early {
        Some(status) => status,
        None => child.wait().await?,
    };
    Ok(Output { status, stdout, stderr })
}

async fn read(from: &mut Option<impl AsyncRead + Unpin>, to: &mut Vec<u8>) {
    if let Some(from) = from {
        from.read_to_end(to).await.ok();
    }
}

/// Ends what an earlier process has left running under a mark.
pub(super) fn end_marked(mark: &Path) {
    let Ok(text) = std::fs::read_to_string(mark) else { return };
    if let Ok(group) = text.trim().parse::<i32>() {
        // A number that another process has by now leads its own group only if it was started so.
        killpg(Pid::from_raw(group), Signal::SIGKILL).ok();
    }
    std::fs::remove_file(mark).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(text: &[&str]) -> Vec<String> {
        text.iter().map(|it| (*it).to_owned()).collect()
    }

    #[tokio::test]
    async fn programs_say_what_went_wrong() {
        let limit = Duration::from_secs(60);
        assert_eq!(run(&argv(&["echo", "hello"]), limit, None).await.map(|it| it.out), Ok("hello\n".to_owned()));
        let failed = run(&argv(&["sh", "-c", "echo no such table >&2; exit 3"]), limit, None).await;
        assert!(failed.is_err_and(|it| it.contains("no such table") && it.contains('3')));
        assert!(run(&argv(&["/nonexistent/program"]), limit, None).await.is_err_and(|it| it.contains("started")));
        let late = run(&argv(&["sleep", "600"]), Duration::from_millis(50), None).await;
        assert!(late.is_err_and(|it| it.contains("did not end")));
    }

    #[tokio::test]
    async fn daemons_do_not_hold_up_their_starter() {
        let limit = Duration::from_secs(60);
        let started = run(&argv(&["sh", "-c", "sleep 5 & echo started"]), limit, None).await;
        assert!(started.is_ok());
    }
}
