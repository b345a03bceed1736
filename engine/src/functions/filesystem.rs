//! Functions of files and of their names.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::crypto::{digest_base64, digest_hex};
use super::encoding::to_base64;
use super::{Context, Function, FunctionError, Outcome, Parameter, bool, glob, quote, string, text};
use crate::value::{Type, Value};

const PATH: Parameter = Parameter::new("path", "Name of a file, from the working directory.", string);

pub(super) static ABSPATH: Function =
    Function::new("abspath", "A path from the root of the file system.", &[PATH], string, |ctx: &Context<'_>, args| {
        let base = std::path::absolute(&ctx.base_dir).map_err(|error| FunctionError::failed(reason(&error)))?;
        Ok(clean(&base.join(text(args, 0)).to_string_lossy()).into())
    });

pub(super) static BASENAME: Function =
    Function::new("basename", "The last part of a path.", &[PATH], string, |_, args| {
        Ok(base_name(text(args, 0)).into())
    });

pub(super) static DIRNAME: Function =
    Function::new("dirname", "A path without its last part.", &[PATH], string, |_, args| {
        Ok(dir_name(text(args, 0)).into())
    });

pub(super) static PATHEXPAND: Function =
    Function::new("pathexpand", "A path with the home directory in place of ~.", &[PATH], string, |_, args| {
        Ok(expand_home(text(args, 0))?.into())
    });

pub(super) static FILE: Function =
    Function::new("file", "The text of a file in UTF-8.", &[PATH], string, |ctx: &Context<'_>, args| {
        Ok(read_text(ctx, args)?.into())
    });

pub(super) static FILEBASE64: Function =
    Function::new("filebase64", "The content of a file in Base64.", &[PATH], string, |ctx: &Context<'_>, args| {
        Ok(to_base64(read(ctx, args)?).into())
    });

pub(super) static FILEEXISTS: Function =
    Function::new("fileexists", "Whether there is a file of a name.", &[PATH], bool, file_exists);

macro_rules! file_hash {
    ($name:literal, $what:literal, $digest:ident::<$hash:ty>) => {
        Function::new($name, concat!("The ", $what, " of the content of a file."), &[PATH], string, |ctx, args| {
            Ok($digest::<$hash>(&read_plain(ctx, args)?).into())
        })
    };
}

pub(super) static FILEBASE64SHA256: Function =
    file_hash!("filebase64sha256", "SHA-256 in Base64", digest_base64::<sha2::Sha256>);
pub(super) static FILEBASE64SHA512: Function =
    file_hash!("filebase64sha512", "SHA-512 in Base64", digest_base64::<sha2::Sha512>);
pub(super) static FILEMD5: Function = file_hash!("filemd5", "MD5 in hexadecimal", digest_hex::<md5::Md5>);
pub(super) static FILESHA1: Function = file_hash!("filesha1", "SHA-1 in hexadecimal", digest_hex::<sha1::Sha1>);
pub(super) static FILESHA256: Function = file_hash!("filesha256", "SHA-256 in hexadecimal", digest_hex::<sha2::Sha256>);
pub(super) static FILESHA512: Function = file_hash!("filesha512", "SHA-512 in hexadecimal", digest_hex::<sha2::Sha512>);

pub(super) static FILESET: Function = Function::new(
    "fileset",
    "Names of the files below a directory that match a pattern.",
    &[
        Parameter::new("path", "The directory, from the working directory.", string),
        Parameter::new("pattern", "Names with *, ?, [a-z], {a,b}, and ** for directories of any depth.", string),
    ],
    || Type::set(Type::String),
    |ctx: &Context<'_>, args| {
        let found = glob::files(&ctx.base_dir, text(args, 0), text(args, 1)).map_err(FunctionError::failed)?;
        Ok(Value::set(Type::String, found.into_iter().map(Value::from).collect()))
    },
);

/// The text of the file that the first argument names.
///
/// # Errors
/// There is none, it cannot be read, or it is not UTF-8.
pub(super) fn read_text(ctx: &Context<'_>, args: &[Value]) -> Result<String, FunctionError> {
    String::from_utf8(read(ctx, args)?).map_err(|_| {
        let name = quote(text(args, 0));
        FunctionError::failed(format!(
            "contents of {name} are not valid UTF-8; use filebase64 to obtain them in Base64, or a function such as \
             filemd5 or filesha256 to obtain a hash of them"
        ))
    })
}

fn read(ctx: &Context<'_>, args: &[Value]) -> Result<Vec<u8>, FunctionError> {
    fs::read(located(ctx, args)?).map_err(|error| {
        let name = quote(text(args, 0));
        FunctionError::argument(
            0,
            match error.kind() {
                ErrorKind::NotFound => format!(
                    "no file exists at {name}; this function reads only files that are there before anything is \
                     planned, so a file that a resource makes must be read through an attribute of that resource"
                ),
                _ => format!("failed to read file {name}: {}", reason(&error)),
            },
        )
    })
}

fn read_plain(ctx: &Context<'_>, args: &[Value]) -> Result<Vec<u8>, FunctionError> {
    fs::read(located(ctx, args)?)
        .map_err(|error| FunctionError::failed(format!("failed to read {}: {}", quote(text(args, 0)), reason(&error))))
}

fn file_exists(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let name = quote(text(args, 0));
    match fs::metadata(located(ctx, args)?) {
        Ok(found) if found.is_file() => Ok(true.into()),
        Ok(found) if found.is_dir() => Err(FunctionError::failed(format!("{name} is a directory, not a file"))),
        Ok(_) => Err(FunctionError::failed(format!("{name} is not a regular file"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false.into()),
        Err(error) => Err(FunctionError::failed(format!("failed to stat {name}: {}", reason(&error)))),
    }
}

/// Where the file is that the first argument names.
fn located(ctx: &Context<'_>, args: &[Value]) -> Result<PathBuf, FunctionError> {
    Ok(ctx.base_dir.join(expand_home(text(args, 0))?))
}

fn expand_home(path: &str) -> Result<String, FunctionError> {
    let Some(rest) = path.strip_prefix('~') else { return Ok(path.to_owned()) };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(FunctionError::failed("cannot expand the home directory of another user"));
    }
    let home = std::env::home_dir().ok_or_else(|| FunctionError::failed("the home directory is not known"))?;
    Ok(clean(&format!("{}{rest}", home.display())))
}

/// What went wrong, as other tools word it.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file or directory".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "is a directory".into(),
        ErrorKind::NotADirectory => "not a directory".into(),
        _ => error.to_string(),
    }
}

/// The shortest path that means the same, by its text alone: without `.`, `..` after a name, and repeated slashes.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (false, true) => ".".into(),
        (true, _) => format!("/{}", parts.join("/")),
        (false, false) => parts.join("/"),
    }
}

fn base_name(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

fn dir_name(path: &str) -> String {
    clean(path.rsplit_once('/').map_or("", |(parent, _)| if parent.is_empty() { "/" } else { parent }))
}

/// The path that leads from one cleaned path to another.
pub(super) fn relative(from: &str, to: &str) -> String {
    let (from, to) = (Path::new(from), Path::new(to));
    let strip = |path: &Path| {
        path.components().filter(|it| it.as_os_str() != ".").map(|it| it.as_os_str().to_owned()).collect::<Vec<_>>()
    };
    let (from, to) = (strip(from), strip(to));
    let common = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
    let up = from[common..].iter().map(|_| "..".to_owned());
    let down = to[common..].iter().map(|it| it.to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke};
    use super::*;

    #[test]
    fn parts_of_paths() {
        check(
            "basename",
            &[("[\"foo/bar/\"]", "\"bar\""), ("[\"/\"]", "\"/\""), ("[\"\"]", "\".\""), ("[\"a//\"]", "\"a\"")],
        );
        check(
            "dirname",
            &[
                ("[\"foo/bar/\"]", "\"foo/bar\""),
                ("[\"\"]", "\".\""),
                ("[\"/a\"]", "\"/\""),
                ("[\"a/../b/c\"]", "\"b\""),
                ("[\"../a\"]", "\"..\""),
            ],
        );
        check("abspath", &[("[\"/a//b/./c/\"]", "\"/a/b/c\""), ("[\"/a/b/../../..\"]", "\"/\"")]);
        check("pathexpand", &[("[\"a/~/b\"]", "\"a/~/b\""), ("[\"~other/x\"]", "!another user"), ("[\"\"]", "\"\"")]);
        assert_eq!(relative("a/b", "a/c/d"), "../c/d");
        assert_eq!(relative(".", "c/d"), "c/d");
    }

    #[test]
    fn contents() {
        let text = invoke("file", &["Cargo.toml".into()]).unwrap();
        assert!(text.as_str().unwrap().starts_with("[package]"));
        check("file", &[("[\"nope\"]", "!no file exists at \"nope\""), ("[\"src\"]", "!is a directory")]);
        check("filemd5", &[("[\"nope\"]", "!no such file")]);
        check(
            "fileexists",
            &[("[\"Cargo.toml\"]", "true"), ("[\"nope\"]", "false"), ("[\"src\"]", "!is a directory, not a file")],
        );
        let file = invoke("filebase64sha256", &["Cargo.toml".into()]).unwrap();
        assert_eq!(file, invoke("base64sha256", &[text]).unwrap());
    }

    #[test]
    fn sets_of_files() {
        check("fileset", &[("[\"src/functions\",\"{glob,c[s]v}.rs\"]", "[\"csv.rs\",\"glob.rs\"]")]);
        check("fileset", &[("[\"src\",\"[\"]", "!syntax error in pattern")]);
    }
}
