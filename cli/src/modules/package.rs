//! Packages: from an address to a folder with its files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use plumb_engine::config::RemoteSource;

use super::archive::{self, Kind};
use super::git;
use super::http::{Answer, Http, resolve};
use super::s3::{self, FindKeys};
use super::shipped;

/// How often one address may point to another.
const MAX_HOPS: usize = 5;

/// Fetches packages.
pub struct Fetcher<'a> {
    /// For archives and for addresses that point to others.
    pub http: &'a Http,
    /// For buckets.
    pub keys: &'a dyn FindKeys,
}

impl Fetcher<'_> {
    /// Puts a package into the folder `to`, which must not be there yet. The folder inside the package that an address
    /// leads to by way of others is the result; empty for the package's root.
    ///
    /// # Errors
    /// Why it cannot be had, as a clause.
    pub fn fetch(&self, source: &RemoteSource, to: &Path) -> Result<String, String> {
        let mut source = source.clone();
        let mut subdirs = Vec::new();
        for _ in 0..MAX_HOPS {
            match self.step(&source, to)? {
                None => return Ok(join(&subdirs)),
                Some(next) => {
                    source = RemoteSource::parse(&next)?;
                    if !source.subdir.is_empty() {
                        subdirs.push(source.subdir.clone());
                    }
                }
            }
        }
        Err(format!("addresses point to each other more than {MAX_HOPS} times"))
    }

    /// Fetches, or tells the address that this one points to.
    fn step(&self, source: &RemoteSource, to: &Path) -> Result<Option<String>, String> {
        let query = parameters(&source.query);
        let scheme = source.url.split_once("://").map_or("", |(scheme, _)| scheme);
        let getter = source.getter.as_deref().unwrap_or(match scheme {
            "ssh" | "git" => "git",
            scheme => scheme,
        });
        match getter {
            "git" => git::fetch(&with_query(&source.url, &source.query, &["ref", "depth", "sshkey"]), &query, to)?,
            "http" | "https" => return self.http(source, &query, to),
            "s3" => self.s3(source, &query, to)?,
            "file" => local(source, &query, to)?,
            "plumb" => shipped::write(source.url.trim_start_matches(shipped::SCHEME), &query, to)?,
            other => {
                return Err(format!(
                    "plumb does not know how to fetch {other:?} addresses. It takes git, http, https, s3, file and \
                     plumb, and modules of registries"
                ));
            }
        }
        Ok(None)
    }

    fn http(
        &self,
        source: &RemoteSource,
        query: &BTreeMap<String, String>,
        to: &Path,
    ) -> Result<Option<String>, String> {
        const OURS: &[&str] = &["archive", "checksum", "filename"];
        let url = with_query(&source.url, &source.query, OURS);
        if let Some(kind) = kind_of(source, query)? {
            let answer = self.http.get(&url, &[])?.success()?;
            unpack(answer, kind, query, to)?;
            return Ok(None);
        }
        let sign = if url.contains('?') { '&' } else { '?' };
        let answer = self.http.get(&format!("{url}{sign}terraform-get=1"), &[])?.success()?;
        let base = answer.url.clone();
        let target = match answer.header("X-Terraform-Get") {
            Some(target) => Some(target),
            None => meta(&answer.text()?),
        };
        let target = target.filter(|it| !it.is_empty()).ok_or_else(|| {
            format!(
                "{} is no archive and does not tell where the module is (X-Terraform-Get). If it is an archive without \
                 an ending, add ?archive=zip",
                super::http::without_secrets(&url)
            )
        })?;
        let relative = target.starts_with('/') || target.starts_with("./") || target.starts_with("../");
        Ok(Some(if relative { resolve(&base, &target) } else { target }))
    }

    fn s3(&self, source: &RemoteSource, query: &BTreeMap<String, String>, to: &Path) -> Result<(), String> {
        let kind = kind_of(source, query)?.ok_or_else(|| {
            format!("{} is no archive; pack the module as a zip or tar.gz file into the bucket", source.url)
        })?;
        let request = s3::request(&source.url, query, self.keys)?;
        let answer = self.http.get(&request.url, &request.headers)?.success()?;
        unpack(answer, kind, query, to)
    }
}

/// A folder or an archive of this machine.
fn local(source: &RemoteSource, query: &BTreeMap<String, String>, to: &Path) -> Result<(), String> {
    let path = Path::new(source.url.split_once("://").map_or("", |(_, path)| path));
    if path.is_dir() {
        return copy(path, to).map_err(|error| format!("{} cannot be copied: {error}", path.display()));
    }
    match kind_of(source, query)? {
        Some(kind) if path.exists() => {
            if let Some(checksum) = query.get("checksum") {
                archive::verify(path, checksum)?;
            }
            archive::unpack(kind, path, to)
        }
        _ => Err(format!("there is no folder or archive {}", path.display())),
    }
}

fn unpack(answer: Answer, kind: Kind, query: &BTreeMap<String, String>, to: &Path) -> Result<(), String> {
    let mut file =
        tempfile::NamedTempFile::new().map_err(|error| format!("a temporary file cannot be made: {error}"))?;
    answer.save(file.as_file_mut())?;
    if let Some(checksum) = query.get("checksum") {
        archive::verify(file.path(), checksum)?;
    }
    archive::unpack(kind, file.path(), to)
}

/// The kind of an archive, by the query's `archive` or the ending of the address; `None` for none.
fn kind_of(source: &RemoteSource, query: &BTreeMap<String, String>) -> Result<Option<Kind>, String> {
    match query.get("archive").map(String::as_str) {
        None | Some("true") => Ok(Kind::of(&source.url)),
        Some("false" | "0") => Ok(None),
        Some(name) => {
            Kind::named(name).map(Some).ok_or_else(|| format!("archives of the kind {name:?} cannot be unpacked"))
        }
    }
}

/// Where `<meta name="terraform-get" content="…">` of a page points to.
fn meta(page: &str) -> Option<String> {
    page.split("<meta").skip(1).find_map(|rest| {
        let tag = rest.split('>').next()?;
        let value = |name: &str| {
            let rest = tag.split_once(&format!("{name}="))?.1;
            let quote = rest.chars().next().filter(|it| matches!(it, '"' | '\''))?;
            rest[1..].split(quote).next()
        };
        (value("name")? == "terraform-get").then(|| value("content").map(str::to_owned))?
    })
}

/// The parameters of a query by name, decoded.
fn parameters(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter(|it| !it.is_empty());
    let pairs = pairs.map(|it| it.split_once('=').unwrap_or((it, "")));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The address with its query, some of the parameters left out.
fn with_query(url: &str, query: &str, without: &[&str]) -> String {
    let kept: Vec<&str> = query
        .split('&')
        .filter(|it| !it.is_empty() && !without.contains(&it.split('=').next().unwrap_or_default()))
        .collect();
    if kept.is_empty() { url.to_owned() } else { format!("{url}?{}", kept.join("&")) }
}

/// Folders one inside the other as a path.
pub fn join<T: AsRef<str>>(parts: &[T]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).filter(|it| !it.is_empty()).collect();
    parts.join("/")
}

/// The folder that `subdir` means in a package; `*` stands for the only one that fits.
///
/// # Errors
/// There is none, or more than one.
pub fn inside(package: &Path, subdir: &str) -> Result<PathBuf, String> {
    let mut dirs = vec![package.to_owned()];
    for part in subdir.split('/').filter(|it| !it.is_empty()) {
        if part != "*" {
            dirs.iter_mut().for_each(|it| it.push(part));
            dirs.retain(|it| it.is_dir());
            continue;
        }
        let entries = dirs.iter().filter_map(|it| fs::read_dir(it).ok()).flatten().filter_map(Result::ok);
        dirs = entries.map(|it| it.path()).filter(|it| it.is_dir()).collect();
        dirs.sort();
    }
    match dirs.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(format!("the package has no folder {subdir:?}")),
        _ => Err(format!("{subdir:?} means more than one folder of the package")),
    }
}

/// Copies a folder with all that is in it but what git and plumb keep there; links stay links.
///
/// # Errors
/// Something cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        // A folder that is copied into one of its own would never end.
        if name == ".git" || name == ".terraform" || to.starts_with(entry.path()) {
            continue;
        }
        let (kind, target) = (entry.file_type()?, to.join(name));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            link(&fs::read_link(entry.path())?, &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    fs::copy(target, at).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        let found = parameters("ref=v1%2Fx&depth=1&flag");
        assert_eq!((found["ref"].as_str(), found["depth"].as_str(), found["flag"].as_str()), ("v1/x", "1", ""));
        assert_eq!(with_query("u", "archive=zip&a=1&checksum=x&b", &["archive", "checksum"]), "u?a=1&b");
        assert_eq!(with_query("u", "archive=zip", &["archive"]), "u");
    }

    #[test]
    fn pages_point_to_modules() {
        let page = "<html><meta charset=\"x\"><meta name=\"terraform-get\" content='git::https://a.b/c'></html>";
        assert_eq!(meta(page).as_deref(), Some("git::https://a.b/c"));
        assert_eq!(meta("<meta name=\"other\" content=\"x\">"), None);
    }

    #[test]
    fn folders_of_packages() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("owner-name-1/modules/a")).unwrap();
        assert_eq!(inside(dir.path(), "*/modules/a"), Ok(dir.path().join("owner-name-1/modules/a")));
        assert_eq!(inside(dir.path(), ""), Ok(dir.path().to_owned()));
        assert!(inside(dir.path(), "*/none").unwrap_err().contains("no folder"));
        fs::create_dir_all(dir.path().join("other")).unwrap();
        assert!(inside(dir.path(), "*").unwrap_err().contains("more than one"));
    }
}
