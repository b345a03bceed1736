//! Versions and version constraints, as `version` arguments write them.

use std::cmp::Ordering;
use std::fmt;

/// A version: `1.4.2`, `2.0.0-beta.1`, `v3.1`.
#[derive(Clone, Debug)]
pub struct Version {
    segments: Vec<u64>,
    pre: String,
    text: String,
    written: usize,
}

impl Version {
    /// Reads a version; `None` where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.trim();
        let plain = plain.strip_prefix('v').unwrap_or(plain);
        let (plain, metadata) = plain.split_once('+').map_or((plain, None), |(plain, meta)| (plain, Some(meta)));
        let numbers = plain.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(plain.len());
        let (numbers, pre) = plain.split_at(numbers);
        let pre = pre.strip_prefix('-').unwrap_or(pre);
        let dotted = |text: &str| text.split('.').all(|part| !part.is_empty() && part.chars().all(is_label));
        if plain.ends_with('-') || !pre.is_empty() && !dotted(pre) || metadata.is_some_and(|it| !dotted(it)) {
            return None;
        }
        let mut segments = numbers.split('.').map(|it| it.parse().ok()).collect::<Option<Vec<u64>>>()?;
        let written = segments.len();
        segments.resize(written.max(3), 0);
        let mut text = segments.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
        if !pre.is_empty() {
            text = format!("{text}-{pre}");
        }
        if let Some(metadata) = metadata {
            text = format!("{text}+{metadata}");
        }
        Some(Self { segments, pre: pre.to_owned(), text, written })
    }

    /// Whether it comes before the release of its numbers: `1.0.0-rc1`.
    pub fn is_prerelease(&self) -> bool {
        !self.pre.is_empty()
    }

    fn segment(&self, at: usize) -> u64 {
        self.segments.get(at).copied().unwrap_or(0)
    }

    fn numbers(&self, other: &Self) -> Ordering {
        let count = self.segments.len().max(other.segments.len());
        (0..count).map(|at| self.segment(at).cmp(&other.segment(at))).find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
    }
}

fn is_label(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '-' || it == '~'
}

impl Ord for Version {
    /// By numbers; a version before a release comes before it. What stands after `+` does not count.
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers(other).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_labels(&self.pre, &other.pre),
        })
    }
}

fn compare_labels(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    /// With at least three numbers: `1.4` is `1.4.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Constraints that a version must all meet: `>= 1.2, < 2.0`, `~> 5.1`.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    terms: Vec<(Operator, Version)>,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Pessimistic,
}

/// Longer signs before their beginnings.
const OPERATORS: &[(&str, Operator)] = &[
    ("~>", Operator::Pessimistic),
    (">=", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("!=", Operator::NotEqual),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
];

impl Constraints {
    /// Reads constraints that commas separate; `None` where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let term = |part: &str| {
            let part = part.trim();
            let found = OPERATORS.iter().find_map(|(sign, it)| Some((*it, part.strip_prefix(sign)?)));
            let (operator, version) = found.unwrap_or((Operator::Equal, part));
            Some((operator, Version::parse(version)?))
        };
        Some(Self { terms: text.split(',').map(term).collect::<Option<_>>()?, text: text.to_owned() })
    }

    /// Whether a version meets them. One that comes before a release is met only by a constraint that names it.
    pub fn allow(&self, version: &Version) -> bool {
        let named = |(operator, wanted): &(Operator, Version)| *operator == Operator::Equal && wanted == version;
        (!version.is_prerelease() || self.terms.iter().any(named))
            && self.terms.iter().all(|(operator, wanted)| meets(version, *operator, wanted))
    }
}

fn meets(version: &Version, operator: Operator, wanted: &Version) -> bool {
    match operator {
        Operator::Equal => version == wanted,
        Operator::NotEqual => version != wanted,
        Operator::Greater => version > wanted,
        Operator::GreaterEqual => version >= wanted,
        Operator::Less => version < wanted,
        Operator::LessEqual => version <= wanted,
        // All numbers but the last that was written stay; the last may rise.
        Operator::Pessimistic => {
            let fixed = wanted.written.saturating_sub(1);
            version >= wanted && (0..fixed).all(|at| version.segment(at) == wanted.segment(at))
        }
    }
}

impl fmt::Display for Constraints {
    /// As they were written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(constraints: &str, version: &str) -> bool {
        Constraints::parse(constraints).unwrap().allow(&Version::parse(version).unwrap())
    }

    #[test]
    fn every_operator() {
        for (constraints, yes, no) in [
            ("1.2.3", "1.2.3", "1.2.4"),
            ("= 1.2", "v1.2.0", "1.2.1"),
            ("!= 1.2.3", "1.2.4", "1.2.3"),
            ("> 1.2", "1.2.1", "1.2.0"),
            (">=1.2", "1.2.0", "1.1.9"),
            ("< 2.0", "1.99.0", "2.0.0"),
            ("<= 2", "2.0.0", "2.0.1"),
            ("~> 1.2", "1.9.0", "2.0.0"),
            ("~> 1.2.3", "1.2.9", "1.3.0"),
            ("~> 1.2.3", "1.2.3", "1.2.2"),
            ("~> v2.0", "2.14.0", "3.0.0"),
            (">= 1.0, < 1.5, != 1.4.0", "1.3.0", "1.4.0"),
            ("~> 4, < 6.0.0", "5.3.1", "6.0.0"),
        ] {
            assert!(allows(constraints, yes), "{constraints} allows {yes}");
            assert!(!allows(constraints, no), "{constraints} refuses {no}");
        }
    }

    #[test]
    fn a_version_before_a_release_must_be_named() {
        assert!(!allows(">= 1.0", "2.0.0-beta1"));
        assert!(!allows("~> 2.0", "2.1.0-rc.1"));
        assert!(!allows("!= 1.0.0", "2.0.0-rc.1"));
        assert!(allows("2.0.0-beta1", "2.0.0-beta1"));
        assert!(!allows("= 2.0.0-beta1", "2.0.0-beta2"));
    }

    #[test]
    fn versions_are_in_order() {
        let names =
            ["0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.11", "1.0", "1.0.1"];
        let versions: Vec<Version> = names.iter().map(|it| Version::parse(it).unwrap()).collect();
        assert!(versions.is_sorted_by(|a, b| a < b));
        assert_eq!(Version::parse("1.0+a"), Version::parse("v1.0.0+b"));
        assert_eq!(Version::parse("v1.4").unwrap().to_string(), "1.4.0");
    }

    #[test]
    fn what_is_no_version() {
        for text in ["", "a", "1..2", "1.2-", "1.0.0-ä", "~> ", "1.2.3+"] {
            assert!(Version::parse(text).is_none(), "{text}");
            assert!(Constraints::parse(text).is_none(), "{text}");
        }
        assert!(Constraints::parse("~~ 1").is_none() && Constraints::parse("1.0,").is_none());
    }
}
