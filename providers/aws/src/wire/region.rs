//! Regions and partitions: what follows from a region's name.

/// A set of regions with accounts, ARNs and a domain of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name in ARNs: `aws`.
    pub id: &'static str,
    /// Domain of its endpoints: `amazonaws.com`.
    pub dns_suffix: &'static str,
    /// Prefix of the names of its VPC endpoint services: `com.amazonaws`.
    pub reverse_dns_prefix: &'static str,
    /// What its regions' names begin with.
    prefixes: &'static [&'static str],
}

const PARTITIONS: [Partition; 7] = [
    Partition::new("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws", &["cn-"]),
    Partition::new("aws-us-gov", "amazonaws.com", "com.amazonaws", &["us-gov-"]),
    Partition::new("aws-iso", "c2s.ic.gov", "gov.ic.c2s", &["us-iso-"]),
    Partition::new("aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s", &["us-isob-"]),
    Partition::new("aws-iso-e", "cloud.adc-e.uk", "uk.adc-e.cloud", &["eu-isoe-"]),
    Partition::new("aws-iso-f", "csp.hci.ic.gov", "gov.ic.hci.csp", &["us-isof-"]),
    Partition::new("aws-eusc", "amazonaws.eu", "eu.amazonaws", &["eusc-"]),
];

impl Partition {
    const fn new(
        id: &'static str,
        dns_suffix: &'static str,
        reverse_dns_prefix: &'static str,
        prefixes: &'static [&'static str],
    ) -> Self {
        Self { id, dns_suffix, reverse_dns_prefix, prefixes }
    }

    /// The partition of a region; `aws` for one that is not known.
    pub fn of(region: &str) -> Self {
        let known = PARTITIONS.into_iter().find(|it| it.prefixes.iter().any(|prefix| region.starts_with(prefix)));
        known.unwrap_or(Self::new("aws", "amazonaws.com", "com.amazonaws", &[]))
    }
}

/// Whether a text has the form of a region's name: `eu-central-1`.
pub fn is_region(name: &str) -> bool {
    let parts: Vec<_> = name.split('-').collect();
    let [words @ .., number] = parts.as_slice() else { return false };
    words.len() >= 2
        && words.iter().all(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_follow_from_the_name() {
        assert_eq!(Partition::of("eu-central-1").id, "aws");
        assert_eq!(Partition::of("us-gov-west-1").id, "aws-us-gov");
        assert_eq!(Partition::of("us-isob-east-1").dns_suffix, "sc2s.sgov.gov");
    }

    #[test]
    fn form_of_a_region() {
        assert!(is_region("us-gov-west-1"));
        assert!(!is_region("us-east-1a"));
        assert!(!is_region("Frankfurt"));
    }
}
