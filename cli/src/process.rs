//! Which process this is, and whether another one has died.

use std::io::ErrorKind;
use std::path::Path;

/// What tells this process from every other one anywhere: the boot of the machine, the space of process numbers, the
/// number, and the moment of its start. Empty where the system has no such things.
pub fn identity() -> String {
    let parts = || Some(format!("{} {} {}", place()?, std::process::id(), started("self").ok()??));
    parts().unwrap_or_default()
}

/// Whether the process of an [`identity`] is known to have died. Of another machine's nothing is known.
pub fn died(identity: &str) -> bool {
    let Some((rest, start)) = identity.rsplit_once(' ') else { return false };
    let Some((elsewhere, pid)) = rest.rsplit_once(' ') else { return false };
    if place().as_deref() != Some(elsewhere) || pid.parse::<u32>().is_err() {
        return false;
    }
    match started(pid) {
        // A process that has ended and was not waited for has no start.
        Ok(now) => now.as_deref() != Some(start),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// The boot of the machine and the space in which process numbers are unique.
fn place() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), space.to_str()?))
}

/// When a process was started, in ticks since the boot; `None` when it has ended.
fn started(pid: &str) -> std::io::Result<Option<String>> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"))?;
    // The second field is the name, in parentheses, and may hold anything.
    let mut fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
    let state = fields.next();
    Ok(fields.nth(18).filter(|_| !matches!(state, Some("Z" | "X"))).map(str::to_owned))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_living_and_the_unknown_have_not_died() {
        assert!(!died(&identity()));
        assert!(!died(""));
        assert!(!died("another-boot/pid:[1] 1 1"));
        let later = identity().rsplit_once(' ').map(|(rest, _)| format!("{rest} 1")).unwrap();
        assert!(died(&later), "the number was given to another process");
    }

    #[test]
    fn a_process_that_was_not_waited_for_has_died() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id().to_string();
        let child_identity = format!("{} {pid} {}", place().unwrap(), started(&pid).unwrap().unwrap());
        assert!(!died(&child_identity));
        child.kill().unwrap();
        while !died(&child_identity) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.wait().unwrap();
        assert!(died(&child_identity));
    }
}
