//! Versions of Confluence, and which of them can follow which.

use std::fmt;

/// A released version: `9.2.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

/// The first version whose clusters can be upgraded while they run.
const FIRST_ROLLING: Version = Version { major: 7, minor: 9, patch: 0 };

impl Version {
    /// Reads three numbers with dots between them. What follows a hyphen (`9.2.0-m12`) is of no account.
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, _) = text.split_once('-').unwrap_or((text, ""));
        let mut parts = numbers.split('.').map(|part| {
            let digits = !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        });
        let version = Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
        parts.next().is_none().then_some(version)
    }

    /// Why a running cluster of this version cannot be upgraded to `to`, as a sentence; `None` when it can.
    ///
    /// A later bug fix version of the same feature version always can; a later feature version of the same platform
    /// version only where the person who asks knows that its release notes allow it.
    pub fn rolling_refusal(self, to: Version, feature_allowed: bool) -> Option<String> {
        if self < FIRST_ROLLING {
            return Some(format!(
                "Clusters can be upgraded while they run from {FIRST_ROLLING} on, and {self} is older."
            ));
        }
        if (self.major, self.minor) == (to.major, to.minor) {
            return None;
        }
        if self.major != to.major {
            return Some(format!(
                "{to} is another platform version than {self}; nodes of the two cannot run together."
            ));
        }
        (!feature_allowed).then(|| {
            format!(
                "{to} is another feature version than {self}. Nodes of the two can only run together where the release \
                 notes of {to} say so; if they do, set allow_feature_upgrade to true."
            )
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn three_numbers_are_a_version() {
        assert_eq!(version("9.2.3").to_string(), "9.2.3");
        assert_eq!(version("9.2.0-m12").to_string(), "9.2.0");
        for wrong in ["", "9", "9.2", "9.2.x", "9.2.3.4", "v9.2.3", "9..3", "9.2.+3"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn order_is_by_number_and_not_by_text() {
        assert!(version("9.10.0") > version("9.9.9") && version("10.0.0") > version("9.10.0"));
    }

    #[test]
    fn a_running_cluster_takes_near_versions_only() {
        let refused = |from: &str, to: &str, allowed| version(from).rolling_refusal(version(to), allowed);
        assert_eq!(refused("9.2.1", "9.2.3", false), None);
        assert_eq!(refused("9.2.1", "9.3.0", true), None);
        assert!(refused("9.2.1", "9.3.0", false).is_some_and(|it| it.contains("allow_feature_upgrade")));
        assert!(refused("9.2.1", "10.0.0", true).is_some_and(|it| it.contains("platform version")));
        assert!(refused("7.8.1", "7.8.3", true).is_some_and(|it| it.contains("7.9.0 on")));
    }
}
