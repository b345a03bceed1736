//! Modules in git repositories, by the `git` program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;

/// Puts a repository into `to`, which must not be there yet, at the commit that the query's `ref` names.
///
/// # Errors
/// What git said.
pub fn fetch(url: &str, query: &BTreeMap<String, String>, to: &Path) -> Result<(), String> {
    let reference = query.get("ref").map(String::as_str).filter(|it| !it.is_empty());
    if let Some(reference) = reference.filter(|it| it.starts_with('-')) {
        return Err(format!("the ref {reference:?} is no name of a branch, tag or commit"));
    }
    let depth = match query.get("depth").map(|it| it.parse::<u32>()) {
        None => None,
        Some(Ok(depth)) => Some(depth).filter(|it| *it > 0),
        Some(Err(_)) => return Err(format!("the depth {:?} is no number of commits", query["depth"])),
    };
    let key = query.get("sshkey").map(|it| Key::write(it)).transpose()?;
    let run = |dir: Option<&Path>, arguments: &[&str]| git(dir, arguments, key.as_ref());
    let target = to.to_string_lossy();
    match (depth, reference) {
        // A commit has no name that a shallow clone could begin from.
        (Some(depth), Some(reference)) if !is_commit(reference) => {
            run(None, &["clone", "--depth", &depth.to_string(), "--branch", reference, "--", url, &target])?;
        }
        (Some(depth), None) => run(None, &["clone", "--depth", &depth.to_string(), "--", url, &target])?,
        _ => {
            run(None, &["clone", "--", url, &target])?;
            if let Some(reference) = reference {
                run(Some(to), &["checkout", "--quiet", reference, "--"])?;
            }
        }
    }
    if to.join(".gitmodules").exists() {
        run(Some(to), &["submodule", "update", "--init", "--recursive"])?;
    }
    Ok(())
}

fn is_commit(reference: &str) -> bool {
    (7..=64).contains(&reference.len()) && reference.bytes().all(|it| it.is_ascii_hexdigit())
}

fn git(dir: Option<&Path>, arguments: &[&str], key: Option<&Key>) -> Result<(), String> {
    let mut command = Command::new("git");
    command.args(arguments).env("GIT_TERMINAL_PROMPT", "0");
    if let Some(dir) = dir {
        command.current_dir(dir);
    }
    if let Some(key) = key {
        let path = key.0.path().display();
        command
            .env("GIT_SSH_COMMAND", format!("ssh -i {path} -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new"));
    }
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "the program git is not installed; modules of repositories need it".to_owned(),
        _ => format!("the program git cannot be run: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code().map_or("a signal".to_owned(), |it| it.to_string());
    Err(format!("git {} ended with {code}:\n{}", arguments.first().copied().unwrap_or_default(), said.trim()))
}

/// A private key in a file that is deleted afterwards.
struct Key(tempfile::NamedTempFile);

impl Key {
    fn write(text: &str) -> Result<Self, String> {
        let wrong = |reason: String| format!("the sshkey of the address cannot be used: {reason}");
        let text = text.replace(['-', ' '], "+").replace('_', "/");
        let key = base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| wrong(error.to_string()))?;
        let file = tempfile::NamedTempFile::new().map_err(|error| wrong(error.to_string()))?;
        fs::write(file.path(), key).map_err(|error| wrong(error.to_string()))?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(dir: &Path) {
        let run = |arguments: &[&str]| {
            let identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "init.defaultBranch=main"];
            let all: Vec<&str> = identity.iter().chain(arguments).copied().collect();
            git(Some(dir), &all, None).unwrap();
        };
        fs::write(dir.join("main.tf"), "one").unwrap();
        run(&["init", "-q"]);
        run(&["add", "."]);
        run(&["commit", "-qm", "one"]);
        run(&["tag", "v1"]);
        fs::write(dir.join("main.tf"), "two").unwrap();
        run(&["commit", "-qam", "two"]);
        run(&["branch", "next"]);
    }

    fn fetched(url: &str, query: &[(&str, &str)]) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("m");
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        fetch(url, &query, &to)?;
        Ok(fs::read_to_string(to.join("main.tf")).unwrap())
    }

    #[test]
    fn branches_tags_and_commits() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path());
        let url = format!("file://{}", dir.path().display());
        assert_eq!(fetched(&url, &[]).unwrap(), "two");
        assert_eq!(fetched(&url, &[("ref", "v1")]).unwrap(), "one");
        assert_eq!(fetched(&url, &[("ref", "next"), ("depth", "1")]).unwrap(), "two");
        assert_eq!(fetched(&url, &[("ref", "v1"), ("depth", "1")]).unwrap(), "one");
        let commit = Command::new("git").args(["rev-parse", "v1"]).current_dir(dir.path()).output().unwrap().stdout;
        let commit = String::from_utf8(commit).unwrap();
        assert_eq!(fetched(&url, &[("ref", commit.trim()), ("depth", "1")]).unwrap(), "one");
        assert!(fetched(&url, &[("ref", "none")]).unwrap_err().contains("none"));
        assert!(fetched(&url, &[("ref", "--upload-pack=x")]).unwrap_err().contains("no name of a branch"));
        assert!(fetched("file:///nowhere/repo", &[]).unwrap_err().contains("git clone ended with 128"));
    }
}
