//! Transcripts: commands with what they print, kept beside the configurations that they run on.
//!
//! A case is a folder below `tests/suite/transcripts/` with the files of a working directory and a `transcript.txt`:
//! lines that begin with `$ ` are commands (`plumb …`, or `write FILE FROM` to put another file in place), what follows is
//! their output, and `exit N` closes each. With `PLUMB_BLESS=1` in the environment the transcripts are written anew.

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use similar::TextDiff;

use super::space::{Space, entries, root};

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for group in entries(&root().join("tests/suite/transcripts")) {
        for case in entries(&group) {
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let title = format!("transcripts::{}::{}", name(&group), name(&case));
            trials.push(Trial::test(title, move || run(&case)));
        }
    }
    trials
}

fn run(case: &Path) -> Result<(), Failed> {
    let file = case.join("transcript.txt");
    let expected = std::fs::read_to_string(&file)?;
    let mut space = Space::new();
    space.copy(case, "");
    space.env("NO_COLOR", "1");
    let mut masks = Masks { dir: space.path().to_owned(), uuids: Vec::new() };
    let mut actual = String::new();
    for command in expected.lines().filter_map(|line| line.strip_prefix("$ ")) {
        actual.push_str(&format!("$ {command}\n"));
        actual.push_str(&perform(&space, command, &mut masks)?);
    }
    if actual == expected {
        return Ok(());
    }
    if std::env::var_os("PLUMB_BLESS").is_some() {
        std::fs::write(&file, actual)?;
        return Ok(());
    }
    let diff = TextDiff::from_lines(&expected, &actual).unified_diff().header("expected", "actual").to_string();
    Err(format!("{}\n{diff}", file.display()).into())
}

fn perform(space: &Space, command: &str, masks: &mut Masks) -> Result<String, Failed> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["write", to, from] => {
            std::fs::copy(space.path().join(from), space.path().join(to))?;
            Ok(String::new())
        }
        ["plumb", args @ ..] => {
            let args: Vec<&str> = args.iter().map(|arg| arg.trim_matches('\'')).collect();
            let run = space.plumb(&args);
            let mut text = masks.apply(&run.text());
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            Ok(format!("{text}exit {}\n", run.code))
        }
        _ => Err(format!("a transcript has commands `plumb …` and `write TO FROM`, not {command:?}").into()),
    }
}

/// Replaces what differs from run to run.
struct Masks {
    dir: PathBuf,
    uuids: Vec<String>,
}

impl Masks {
    fn apply(&mut self, text: &str) -> String {
        let mut text = text.replace(&self.dir.display().to_string(), "<dir>");
        let found: Vec<String> = uuids(&text);
        for uuid in found {
            let number = match self.uuids.iter().position(|it| *it == uuid) {
                Some(at) => at,
                None => {
                    self.uuids.push(uuid.clone());
                    self.uuids.len() - 1
                }
            };
            text = text.replace(&uuid, &format!("<uuid:{number}>"));
        }
        text.lines().map(|line| mask_deposed(&mask_elapsed(line)) + "\n").collect()
    }
}

fn uuids(text: &str) -> Vec<String> {
    let is_uuid = |it: &str| {
        it.len() == 36
            && it.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    };
    let mut found = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_hexdigit() && c != '-') {
        if is_uuid(word) && !found.iter().any(|it| it == word) {
            found.push(word.to_owned());
        }
    }
    found
}

/// The key of a deposed object is drawn anew in every run.
fn mask_deposed(line: &str) -> String {
    match line.split_once("(deposed object ") {
        Some((before, after)) if after.len() > 8 => format!("{before}(deposed object <key>{}", &after[8..]),
        _ => line.to_owned(),
    }
}

/// `complete after 3s` is `complete after 0s` on any machine.
fn mask_elapsed(line: &str) -> String {
    let Some((before, after)) = line.split_once("complete after ") else { return line.to_owned() };
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == 'm' || c == 's');
    format!("{before}complete after 0s{rest}")
}
