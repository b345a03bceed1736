//! Mirrored disks: DRBD makes the copies, and the active server mounts one that is up to date.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::program::run;
use super::{Condition, LocalResource};
use crate::group::{MirrorDisk, defaults};

/// Time for one command of DRBD.
const LIMIT: Duration = Duration::from_secs(30);
/// Pause between two attempts to unmount.
const PAUSE: Duration = Duration::from_secs(5);

/// Programs that a mirrored disk needs, and where the machine says what is mounted.
#[derive(Clone, Debug)]
pub struct MirrorTools {
    /// `drbdadm`.
    pub drbdadm: String,
    /// `fuser`, which ends what keeps a disk busy.
    pub fuser: String,
    /// The table of mounts.
    pub mounts: PathBuf,
}

impl Default for MirrorTools {
    fn default() -> Self {
        Self { drbdadm: "drbdadm".to_owned(), fuser: "fuser".to_owned(), mounts: PathBuf::from("/proc/self/mounts") }
    }
}

/// A disk that DRBD mirrors: its resource has the name that it has in the group.
pub struct Mirror {
    name: String,
    disk: MirrorDisk,
    tools: MirrorTools,
}

/// What DRBD says of the copy here.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Copy {
    is_primary: bool,
    is_current: bool,
    state: String,
}

impl Mirror {
    /// A mirrored disk.
    pub fn new(name: &str, disk: &MirrorDisk, tools: MirrorTools) -> Self {
        Self { name: name.to_owned(), disk: disk.clone(), tools }
    }

    async fn drbdadm(&self, arguments: &[&str]) -> Result<String, String> {
        let mut argv = vec![self.tools.drbdadm.clone()];
        argv.extend(arguments.iter().map(|it| (*it).to_owned()));
        argv.push(self.name.clone());
        run(&argv, LIMIT, None).await.map(|it| it.out.trim().to_owned())
    }

    async fn copy(&self) -> Result<Copy, String> {
        let role = self.drbdadm(&["role"]).await?;
        let state = self.drbdadm(&["dstate"]).await?;
        // Version 8 says both sides, this one first.
        let first = |text: &str| text.split('/').next().unwrap_or_default().trim().to_owned();
        let state = first(&state);
        Ok(Copy { is_primary: first(&role) == "Primary", is_current: state == "UpToDate", state })
    }

    fn device(&self) -> String {
        format!("/dev/drbd/by-res/{}/0", self.name)
    }

    /// Whether something is mounted there: what the kernel says counts.
    fn is_mounted(&self) -> bool {
        let table = std::fs::read_to_string(&self.tools.mounts).unwrap_or_default();
        table.lines().any(|line| line.split(' ').nth(1) == Some(&*self.disk.mount_point))
    }

    async fn mount(&self) -> Result<(), String> {
        let (device, point, fs) = (self.device(), self.disk.mount_point.clone(), self.disk.file_system.clone());
        let work = move || {
            mount(Some(&*device), &*point, Some(&*fs), MsFlags::empty(), None::<&str>)
                .map_err(|error| format!("{device} cannot be mounted on {point}: {error}"))
        };
        within(self.disk.mount_timeout, work).await
    }

    async fn unmount(&self) -> Result<(), String> {
        for attempt in 1..=defaults::MOUNT_ATTEMPTS {
            if !self.is_mounted() {
                return Ok(());
            }
            if attempt == defaults::MOUNT_ATTEMPTS {
                // Who still works on it would keep the disk here while the other server needs it.
                let argv = [&*self.tools.fuser, "-k", "-M", "-m", &*self.disk.mount_point].map(str::to_owned);
                run(&argv, LIMIT, None).await.ok();
            }
            let point = self.disk.mount_point.clone();
            let work = move || {
                umount2(&*point, MntFlags::empty()).map_err(|error| format!("{point} cannot be unmounted: {error}"))
            };
            match within(self.disk.unmount_timeout, work).await {
                Ok(()) => return Ok(()),
                Err(reason) if attempt == defaults::MOUNT_ATTEMPTS => return Err(reason),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        Ok(())
    }
}

/// A call to the kernel that may not return in time.
async fn within(limit: Duration, work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    let done = tokio::time::timeout(limit, tokio::task::spawn_blocking(work)).await;
    match done {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("the kernel did not answer within {} seconds", limit.as_secs())),
    }
}

#[async_trait]
impl LocalResource for Mirror {
    async fn activate(&self, outdated: bool) -> Result<(), String> {
        self.drbdadm(&["up"]).await.ok();
        let copy = self.copy().await?;
        if !copy.is_current && !outdated {
            return Err(format!("the copy here is {}, not UpToDate", copy.state));
        }
        if !copy.is_primary {
            let forced: &[&str] = if outdated { &["primary", "--force"] } else { &["primary"] };
            self.drbdadm(forced).await?;
        }
        if self.is_mounted() { Ok(()) } else { self.mount().await }
    }

    async fn deactivate(&self) -> Result<(), String> {
        self.unmount().await?;
        match self.copy().await {
            Ok(copy) if copy.is_primary => self.drbdadm(&["secondary"]).await.map(drop),
            // Where DRBD does not run, nobody is primary.
            _ => Ok(()),
        }
    }

    async fn condition(&self) -> Condition {
        let mounted = self.is_mounted();
        match self.copy().await {
            Ok(copy) => {
                let is_active = mounted || copy.is_primary;
                let trouble = (is_active && !copy.is_current).then(|| format!("the copy here is {}", copy.state));
                let trouble = trouble.or_else(|| (is_active && !mounted).then(|| "it is not mounted".to_owned()));
                Condition { is_active, is_outdated: !copy.is_current, trouble }
            }
            Err(reason) => Condition { is_active: mounted, is_outdated: true, trouble: mounted.then_some(reason) },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::group::MirrorMode;

    /// A `drbdadm` that says what the files `role` and `dstate` of its folder say, and writes down what it is told.
    fn mirror(role: &str, dstate: &str) -> (PathBuf, Mirror) {
        let dir = std::env::temp_dir().join(format!("plumb-mirror-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        for (name, text) in [("role", role), ("dstate", dstate), ("mounts", "")] {
            std::fs::write(dir.join(name), text).unwrap();
        }
        let program = dir.join("drbdadm");
        let text = format!(
            "#!/bin/sh\ncd {}\ncase $1 in role|dstate) cat $1;; *) echo \"$*\" >> told;; esac\n",
            dir.display()
        );
        std::fs::write(&program, text).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let disk = MirrorDisk {
            mount_point: dir.join("data").display().to_string(),
            file_system: "ext4".into(),
            mode: MirrorMode::Sync,
            mount_timeout: Duration::from_secs(5),
            unmount_timeout: Duration::from_secs(5),
            sides: BTreeMap::new(),
        };
        let tools = MirrorTools {
            drbdadm: program.display().to_string(),
            fuser: "true".to_owned(),
            mounts: dir.join("mounts"),
        };
        (dir, Mirror::new("md", &disk, tools))
    }

    fn told(dir: &std::path::Path) -> String {
        std::fs::read_to_string(dir.join("told")).unwrap_or_default()
    }

    #[tokio::test]
    async fn an_outdated_copy_is_never_promoted_unasked() {
        for state in ["Outdated/UpToDate", "Inconsistent", "Diskless/UpToDate", "Consistent"] {
            let (dir, mirror) = mirror("Secondary/Primary\n", state);
            let refused = mirror.activate(false).await.unwrap_err();
            assert!(refused.contains("not UpToDate"), "{refused}");
            assert_eq!(told(&dir), "up md\n", "{state}");
            assert!(mirror.condition().await.is_outdated);
            std::fs::remove_dir_all(dir).unwrap();
        }
    }

    #[tokio::test]
    async fn a_current_copy_is_promoted_before_it_is_mounted_and_demoted_last() {
        let (dir, mirror) = mirror("Secondary\n", "UpToDate\n");
        // The device is not there, so the mount fails: after the promotion.
        let refused = mirror.activate(false).await.unwrap_err();
        assert!(refused.contains("/dev/drbd/by-res/md/0"), "{refused}");
        assert_eq!(told(&dir), "up md\nprimary md\n");
        std::fs::write(dir.join("role"), "Primary").unwrap();
        assert_eq!(mirror.condition().await.trouble.as_deref(), Some("it is not mounted"));
        mirror.deactivate().await.unwrap();
        assert_eq!(told(&dir), "up md\nprimary md\nsecondary md\n");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[tokio::test]
    async fn force_takes_an_outdated_copy() {
        let (dir, mirror) = mirror("Secondary", "Outdated");
        mirror.activate(true).await.unwrap_err();
        assert_eq!(told(&dir), "up md\nprimary --force md\n");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
