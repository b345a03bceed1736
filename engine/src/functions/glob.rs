//! Finding files by patterns.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::filesystem::{clean, relative};
use super::quote;

/// Names of the regular files that match `pattern` below `dir`, as seen from there; `dir` starts from `base`.
///
/// # Errors
/// The pattern is malformed.
pub(super) fn files(base: &Path, dir: &str, pattern: &str) -> Result<Vec<String>, String> {
    let joined = if dir.is_empty() { clean(pattern) } else { clean(&format!("{dir}/{pattern}")) };
    let dir = clean(dir);
    let malformed = || format!("failed to glob pattern {}: syntax error in pattern", quote(&joined));
    let mut found = Vec::new();
    for alternative in alternatives(&joined).ok_or_else(malformed)? {
        let start = if alternative.starts_with('/') { "/" } else { "" };
        let parts: Vec<Part> = alternative
            .split('/')
            .filter(|it| !it.is_empty())
            .map(Part::new)
            .collect::<Option<_>>()
            .ok_or_else(malformed)?;
        walk(base, start, &parts, &mut found);
    }
    found.sort();
    found.dedup();
    Ok(found.iter().map(|it| relative(&dir, it)).collect())
}

/// What one part of a path must be.
enum Part {
    /// This name.
    Name(String),
    /// A name that matches.
    Pattern(Regex),
    /// Any directories within each other, or none.
    Directories,
}

impl Part {
    /// `None` where the pattern is malformed.
    fn new(text: &str) -> Option<Part> {
        if text == "**" {
            return Some(Part::Directories);
        }
        if !text.contains(['*', '?', '[', '\\']) {
            return Some(Part::Name(text.to_owned()));
        }
        Regex::new(&format!("^(?s:{})$", expression(text)?)).ok().map(Part::Pattern)
    }
}

/// The regular expression of a pattern. Crates for globs take `[!a]` for "not a", which here is "! or a".
fn expression(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(it) = rest.next() {
        match it {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '\\' => out.push_str(&regex::escape(&rest.next()?.to_string())),
            '[' => {
                out.push('[');
                if rest.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                let mut empty = true;
                loop {
                    let it = match rest.next()? {
                        ']' if !empty => break,
                        '\\' => rest.next()?,
                        '-' if !empty => {
                            out.push('-');
                            continue;
                        }
                        it => it,
                    };
                    out.push_str(&format!("\\x{{{:x}}}", u32::from(it)));
                    empty = false;
                }
                out.push(']');
            }
            it => out.push_str(&regex::escape(&it.to_string())),
        }
    }
    Some(out)
}

/// The patterns that one with `{a,b}` stands for; `None` where the braces do not match.
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let Some(open) = position(pattern, '{') else { return Some(vec![pattern.to_owned()]) };
    let (mut depth, mut start, mut choices, mut end) = (0, open + 1, Vec::new(), None);
    let mut escaped = false;
    for (at, it) in pattern.char_indices().skip_while(|(at, _)| *at < open) {
        match it {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            ',' if depth == 1 => {
                choices.push(&pattern[start..at]);
                start = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            choices.push(&pattern[start..at]);
            end = Some(at + 1);
            break;
        }
    }
    let (before, after) = (&pattern[..open], &pattern[end?..]);
    let mut all = Vec::new();
    for choice in choices {
        all.extend(alternatives(&format!("{before}{choice}{after}"))?);
    }
    Some(all)
}

/// Where a character stands that is not escaped.
fn position(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, it)| {
        let found = !escaped && it == wanted;
        escaped = !escaped && it == '\\';
        found.then_some(at)
    })
}

fn walk(base: &Path, path: &str, parts: &[Part], found: &mut Vec<String>) {
    let Some((part, rest)) = parts.split_first() else {
        if located(base, path).metadata().is_ok_and(|it| it.is_file()) {
            found.push(path.to_owned());
        }
        return;
    };
    match part {
        Part::Name(name) => walk(base, &join(path, name), rest, found),
        Part::Pattern(pattern) => {
            for (name, _) in entries(base, path) {
                if pattern.is_match(&name) {
                    walk(base, &join(path, &name), rest, found);
                }
            }
        }
        Part::Directories => {
            walk(base, path, rest, found);
            for (name, is_directory) in entries(base, path) {
                if is_directory {
                    walk(base, &join(path, &name), parts, found);
                } else if rest.is_empty() {
                    walk(base, &join(path, &name), rest, found);
                }
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() || path.ends_with('/') { format!("{path}{name}") } else { format!("{path}/{name}") }
}

fn located(base: &Path, path: &str) -> PathBuf {
    if path.is_empty() { base.to_owned() } else { base.join(path) }
}

/// Names within a directory, and whether each is a directory itself (a link to one is not: it might lead back up).
fn entries(base: &Path, path: &str) -> Vec<(String, bool)> {
    let Ok(entries) = fs::read_dir(located(base, path)) else { return Vec::new() };
    let names = entries.filter_map(|it| {
        let it = it.ok()?;
        Some((it.file_name().into_string().ok()?, it.file_type().ok()?.is_dir()))
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directory_is_the_working_directory() {
        let dir = tree();
        assert_eq!(files(dir.path(), "", "*"), files(dir.path(), ".", "*"));
        assert!(!files(dir.path(), "", "**").unwrap().is_empty());
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("files/sub/deep")).unwrap();
        for name in [".hidden.txt", "a.txt", "b.dat", "hello.txt", "sub/one.txt", "sub/deep/two.txt"] {
            fs::write(dir.path().join("files").join(name), name).unwrap();
        }
        dir
    }

    #[test]
    fn patterns_match_names() {
        let dir = tree();
        for (pattern, want) in [
            ("*", &[".hidden.txt", "a.txt", "b.dat", "hello.txt"] as &[&str]),
            ("**", &[".hidden.txt", "a.txt", "b.dat", "hello.txt", "sub/deep/two.txt", "sub/one.txt"]),
            ("**/*.txt", &[".hidden.txt", "a.txt", "hello.txt", "sub/deep/two.txt", "sub/one.txt"]),
            ("**.txt", &[".hidden.txt", "a.txt", "hello.txt"]),
            ("*.{dat,none}", &["b.dat"]),
            ("{a,sub/one}.txt", &["a.txt", "sub/one.txt"]),
            ("[!h]*.txt", &["hello.txt"]),
            ("[^h]*.txt", &[".hidden.txt", "a.txt"]),
            ("[a-b].*", &["a.txt", "b.dat"]),
            ("?.txt", &["a.txt"]),
            ("../files/a.txt", &["a.txt"]),
            ("sub", &[]),
            ("sub/**/two.txt", &["sub/deep/two.txt"]),
            ("\\a.txt", &["a.txt"]),
        ] {
            assert_eq!(files(dir.path(), "files", pattern).unwrap(), want, "{pattern}");
        }
        assert_eq!(files(dir.path(), ".", "files/sub/*").unwrap(), ["files/sub/one.txt"]);
        assert_eq!(files(dir.path(), "files/sub", "../*.dat").unwrap(), ["../b.dat"]);
        let rooted = dir.path().join("files");
        assert_eq!(files(dir.path(), rooted.to_str().unwrap(), "b*").unwrap(), ["b.dat"]);
    }

    #[test]
    fn malformed_patterns() {
        for pattern in ["[", "{a", "a\\", "[]"] {
            let error = files(Path::new("."), ".", pattern).unwrap_err();
            assert!(error.contains("syntax error"), "{pattern}");
        }
    }
}
