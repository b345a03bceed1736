//! Programs: started and stopped with their group.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::program::{end_marked, run};
use super::{Condition, LocalResource};
use crate::group::Exec;

/// A program that is started and stopped with its group. A file says that it was started: it is gone when the machine is
/// started anew, as the program is.
pub struct Program {
    exec: Exec,
    started: PathBuf,
    running: PathBuf,
    turn: Mutex<()>,
}

impl Program {
    /// A program whose files begin with `mark`.
    pub fn new(exec: &Exec, mark: &Path) -> Self {
        let file = |ending: &str| mark.with_file_name(format!("{}.{ending}", name(mark)));
        Self { exec: exec.clone(), started: file("started"), running: file("running"), turn: Mutex::default() }
    }
}

fn name(mark: &Path) -> String {
    mark.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[async_trait]
impl LocalResource for Program {
    async fn activate(&self, _outdated: bool) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        // Before the start: a start that was broken off half-way is stopped as well.
        std::fs::write(&self.started, "").map_err(|error| format!("{}: {error}", self.started.display()))?;
        run(&self.exec.start, self.exec.timeout, Some(&self.running)).await.map(drop)
    }

    async fn deactivate(&self) -> Result<(), String> {
        end_marked(&self.running);
        let _turn = self.turn.lock().await;
        if !self.started.exists() {
            return Ok(());
        }
        run(&self.exec.stop, self.exec.timeout, Some(&self.running)).await?;
        std::fs::remove_file(&self.started).map_err(|error| format!("{}: {error}", self.started.display()))
    }

    async fn condition(&self) -> Condition {
        let is_active = self.started.exists();
        let trouble = match &self.exec.check {
            Some(check) if is_active => run(check, self.exec.timeout, None).await.err(),
            _ => None,
        };
        Condition { is_active, is_outdated: false, trouble }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_was_started_is_stopped_once() {
        let dir = std::env::temp_dir().join(format!("plumb-exec-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        let file = dir.join("service").display().to_string();
        let sh = |text: String| vec!["sh".to_owned(), "-c".to_owned(), text];
        let exec = Exec {
            start: sh(format!("touch {file}")),
            stop: sh(format!("rm {file}")),
            check: Some(sh(format!("test -e {file}"))),
            timeout: Duration::from_secs(60),
        };
        let program = Program::new(&exec, &dir.join("db.g.app"));
        assert_eq!(program.deactivate().await, Ok(()), "what was never started needs no stop");
        program.activate(false).await.unwrap();
        assert_eq!(program.condition().await, Condition { is_active: true, ..Condition::default() });
        std::fs::remove_file(&file).unwrap();
        assert!(program.condition().await.trouble.is_some());
        assert!(program.deactivate().await.is_err(), "a stop that fails is said");
        std::fs::write(&file, "").unwrap();
        program.deactivate().await.unwrap();
        assert!(!program.condition().await.is_active);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
