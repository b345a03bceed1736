//! Addresses of modules: what `source` arguments mean.

use std::fmt;

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModuleSource {
    /// A folder beside the calling module: `./modules/network`.
    Local(String),
    /// A module of a registry: `terraform-aws-modules/vpc/aws//modules/endpoints`.
    Registry(RegistrySource),
    /// A package at an address: a repository, an archive, a folder elsewhere.
    Remote(RemoteSource),
}

/// A module of a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistrySource {
    /// Host, with its port where it names one.
    pub host: String,
    /// Namespace, name and target system.
    pub path: [String; 3],
    /// Folder inside the package; empty for its root.
    pub subdir: String,
}

/// A package at an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteSource {
    /// How it is fetched, where the address says so: `git`, `s3`, `http`.
    pub getter: Option<String>,
    /// The address without its query: `https://example.com/network.zip`.
    pub url: String,
    /// What stands after `?`; empty where nothing does.
    pub query: String,
    /// Folder inside the package; empty for its root.
    pub subdir: String,
}

/// Host of modules whose address names none.
pub const DEFAULT_REGISTRY: &str = "registry.terraform.io";

/// Hosts whose three-part addresses are repositories.
const REPOSITORY_HOSTS: [&str; 2] = ["github.com", "bitbucket.org"];

impl ModuleSource {
    /// Reads a source address.
    ///
    /// # Errors
    /// Why it is none, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if is_local(text) {
            return Ok(ModuleSource::Local(clean(text)));
        }
        if let Ok(found) = RegistrySource::parse(text) {
            return Ok(ModuleSource::Registry(found));
        }
        RemoteSource::parse(text).map(ModuleSource::Remote)
    }

    /// Reads the address of a module that has versions, which only those of registries have.
    ///
    /// # Errors
    /// Why it is none, as a sentence.
    pub fn parse_registry(text: &str) -> Result<Self, String> {
        if is_local(text) {
            return Err(format!("the local directory {text:?} is no registry module"));
        }
        RegistrySource::parse(text).map(ModuleSource::Registry)
    }
}

/// The path without what changes nothing, beginning with `./` or `../`.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
    if path.starts_with("../") { path } else { format!("./{path}") }
}

fn is_local(text: &str) -> bool {
    ["./", "../", ".\\", "..\\"].iter().any(|it| text.starts_with(it)) || text == "." || text == ".."
}

impl fmt::Display for ModuleSource {
    /// In full, as `modules.json` has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleSource::Local(path) => f.write_str(path),
            ModuleSource::Registry(it) => it.fmt(f),
            ModuleSource::Remote(it) => it.fmt(f),
        }
    }
}

impl RegistrySource {
    fn parse(text: &str) -> Result<Self, String> {
        let (package, subdir) = split_subdir(text);
        let parts: Vec<&str> = package.split('/').collect();
        let (host, parts) = match parts.as_slice() {
            [a, b, c] => (DEFAULT_REGISTRY, [*a, *b, *c]),
            [host, a, b, c] => (*host, [*a, *b, *c]),
            _ => return Err(format!("{text:?} does not have the form NAMESPACE/NAME/SYSTEM, with or without a host")),
        };
        if REPOSITORY_HOSTS.contains(&host) {
            return Err(format!("{host} is no module registry"));
        }
        let bad_host = !host.contains('.') && !host.starts_with("localhost") || !host.chars().all(is_host);
        if bad_host {
            return Err(format!("{host:?} is no host name"));
        }
        let [namespace, name, system] = parts;
        if !is_name(namespace) || !is_name(name) {
            return Err(format!("{namespace:?} and {name:?} must be letters, digits, hyphens and underscores"));
        }
        if system.is_empty() || !system.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()) {
            return Err(format!("the target system {system:?} must be lower-case letters and digits"));
        }
        let subdir = clean_subdir(subdir)?;
        Ok(Self { host: host.to_ascii_lowercase(), path: parts.map(str::to_owned), subdir })
    }

    /// The module without the folder inside it: `registry.terraform.io/terraform-aws-modules/vpc/aws`.
    pub fn package(&self) -> String {
        let [namespace, name, system] = &self.path;
        format!("{}/{namespace}/{name}/{system}", self.host)
    }
}

impl fmt::Display for RegistrySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.package())?;
        if self.subdir.is_empty() { Ok(()) } else { write!(f, "//{}", self.subdir) }
    }
}

fn is_host(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | ':')
}

fn is_name(text: &str) -> bool {
    let inside = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let ends = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
    text.len() <= 64 && text.chars().all(inside) && ends(text.chars().next()) && ends(text.chars().next_back())
}

impl RemoteSource {
    /// Reads the address of a package: a URL, with `git::` or the like before it or not, or one of the short forms for
    /// GitHub, Bitbucket, `git@HOST:PATH`, S3 and absolute paths.
    ///
    /// # Errors
    /// Why it is none, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (forced, rest) = match text.split_once("::") {
            Some((getter, rest)) if !getter.is_empty() && getter.chars().all(|it| it.is_ascii_alphanumeric()) => {
                (Some(getter), rest)
            }
            _ => (None, text),
        };
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (address, subdir) = split_subdir(address);
        let detected = detect(forced, address).ok_or_else(|| {
            format!(
                "{text:?} is no registry module and no address of a package. If you mean a folder beside the calling \
                 module, write \"./{text}\""
            )
        })?;
        let inner = [detected.subdir.as_str(), subdir].into_iter().filter(|it| !it.is_empty());
        let subdir = clean_subdir(&inner.collect::<Vec<_>>().join("/"))?;
        Ok(Self { getter: detected.getter, url: detected.url, query: query.to_owned(), subdir })
    }

    /// The package without the folder inside it.
    pub fn package(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{}{}{query}", self.prefix(), self.url)
    }

    fn prefix(&self) -> String {
        self.getter.as_ref().map(|it| format!("{it}::")).unwrap_or_default()
    }
}

impl fmt::Display for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix(), self.url)?;
        if !self.subdir.is_empty() {
            write!(f, "//{}", self.subdir)?;
        }
        if self.query.is_empty() { Ok(()) } else { write!(f, "?{}", self.query) }
    }
}

struct Detected {
    getter: Option<String>,
    url: String,
    subdir: String,
}

/// What an address means; `None` where it means nothing.
fn detect(forced: Option<&str>, address: &str) -> Option<Detected> {
    let found = |getter: Option<&str>, url: String, subdir: String| Detected {
        getter: forced.or(getter).map(str::to_owned),
        url,
        subdir,
    };
    if let Some((scheme, rest)) = address.split_once("://") {
        let known = !scheme.is_empty() && !rest.is_empty();
        return known.then(|| found(None, address.to_owned(), String::new()));
    }
    if let Some((user_host, path)) = address.split_once(':')
        && let Some((user, host)) = user_host.split_once('@')
        && !user.is_empty()
        && !host.contains('/')
    {
        return Some(found(
            Some("git"),
            format!("ssh://{user}@{host}/{}", path.trim_start_matches('/')),
            String::new(),
        ));
    }
    if address.starts_with('/') {
        return Some(found(None, format!("file://{address}"), String::new()));
    }
    let parts: Vec<&str> = address.split('/').collect();
    match parts.as_slice() {
        [host, owner, name, inside @ ..] if REPOSITORY_HOSTS.contains(host) => {
            let name = name.strip_suffix(".git").unwrap_or(name);
            Some(found(Some("git"), format!("https://{host}/{owner}/{name}.git"), inside.join("/")))
        }
        [host, path @ ..] if host.ends_with(".amazonaws.com") => {
            Some(found(Some("s3"), s3_address(host, &path.join("/"))?, String::new()))
        }
        _ => None,
    }
}

/// The address with the bucket in the path, from any of the forms that hosts of S3 have.
fn s3_address(host: &str, path: &str) -> Option<String> {
    let name = host.strip_suffix(".amazonaws.com")?;
    if name == "s3" || name.starts_with("s3-") || name.starts_with("s3.") {
        return path.contains('/').then(|| format!("https://{}.amazonaws.com/{path}", name.replacen("s3.", "s3-", 1)));
    }
    let at = name.rfind(".s3")?;
    let (bucket, region) = (&name[..at], &name[at + 3..]);
    let region = match region.as_bytes().first() {
        None => String::new(),
        Some(b'.' | b'-') => format!("-{}", &region[1..]),
        Some(_) => return None,
    };
    Some(format!("https://s3{region}.amazonaws.com/{bucket}/{path}"))
}

/// What stands before and after `//`, that of `https://` left alone.
fn split_subdir(text: &str) -> (&str, &str) {
    let start = text.find("://").map_or(0, |at| at + 3);
    match text[start..].find("//") {
        Some(at) => (&text[..start + at], &text[start + at + 2..]),
        None => (text, ""),
    }
}

fn clean_subdir(subdir: &str) -> Result<String, String> {
    let parts: Vec<&str> = subdir.split('/').filter(|it| !it.is_empty() && *it != ".").collect();
    if parts.contains(&"..") {
        return Err(format!("the folder {subdir:?} leads out of the package"));
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> String {
        ModuleSource::parse(text).map_or_else(|error| error, |it| it.to_string())
    }

    #[test]
    fn addresses_in_full() {
        for (text, expected) in [
            ("./m", "./m"),
            ("../m/x", "../m/x"),
            ("../../", "../.."),
            ("../", "./.."),
            ("./a//b/../c/", "./a/c"),
            ("hashicorp/consul/aws", "registry.terraform.io/hashicorp/consul/aws"),
            ("a/b/c//modules/x", "registry.terraform.io/a/b/c//modules/x"),
            ("app.terraform.io/a/b/c", "app.terraform.io/a/b/c"),
            ("localhost:8080/a/b/c", "localhost:8080/a/b/c"),
            ("github.com/a/b", "git::https://github.com/a/b.git"),
            ("github.com/a/b.git?ref=v1", "git::https://github.com/a/b.git?ref=v1"),
            ("github.com/a/b/c//d?ref=x", "git::https://github.com/a/b.git//c/d?ref=x"),
            ("bitbucket.org/a/b", "git::https://bitbucket.org/a/b.git"),
            ("git@x.com:a/b.git//s?ref=1", "git::ssh://git@x.com/a/b.git//s?ref=1"),
            ("git::https://x.com/a.git//s?ref=1&depth=1", "git::https://x.com/a.git//s?ref=1&depth=1"),
            ("git::git@x.com:a/b.git", "git::ssh://git@x.com/a/b.git"),
            ("git::file:///tmp/r", "git::file:///tmp/r"),
            ("https://x.y/z.zip//sub?archive=zip", "https://x.y/z.zip//sub?archive=zip"),
            ("s3::https://s3.amazonaws.com/b/k.zip", "s3::https://s3.amazonaws.com/b/k.zip"),
            ("b.s3-eu-west-1.amazonaws.com/k.zip", "s3::https://s3-eu-west-1.amazonaws.com/b/k.zip"),
            ("b.s3.eu-west-1.amazonaws.com/k.zip", "s3::https://s3-eu-west-1.amazonaws.com/b/k.zip"),
            ("b.s3.amazonaws.com/d/k.zip", "s3::https://s3.amazonaws.com/b/d/k.zip"),
            ("s3-eu-west-1.amazonaws.com/b/k.zip", "s3::https://s3-eu-west-1.amazonaws.com/b/k.zip"),
            ("/tmp/m", "file:///tmp/m"),
        ] {
            assert_eq!(full(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in ["foo", "modules/x", "", "a/b", "a/b/C", "a//b"] {
            assert!(ModuleSource::parse(text).is_err(), "{text}");
        }
        assert!(full("modules/x").contains("\"./modules/x\""));
        assert!(full("git::https://x.com/a.git//../b").contains("leads out of the package"));
        assert!(ModuleSource::parse_registry("./m").is_err());
        assert!(ModuleSource::parse_registry("github.com/a/b/c").is_err());
        assert!(ModuleSource::parse_registry("git::https://x.com/a.git").is_err());
    }
}
