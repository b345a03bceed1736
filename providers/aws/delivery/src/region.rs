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

/// What people call a region; `None` for one that is not known here.
pub fn description(region: &str) -> Option<&'static str> {
    let at = DESCRIPTIONS.binary_search_by_key(&region, |(name, _)| name).ok()?;
    Some(DESCRIPTIONS[at].1)
}

/// Regions in order of their names.
const DESCRIPTIONS: &[(&str, &str)] = &[
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("cn-north-1", "China (Beijing)"),
    ("cn-northwest-1", "China (Ningxia)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-gov-east-1", "AWS GovCloud (US-East)"),
    ("us-gov-west-1", "AWS GovCloud (US-West)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

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
    fn descriptions_are_in_order() {
        assert!(DESCRIPTIONS.is_sorted());
        assert_eq!(description("eu-central-1"), Some("Europe (Frankfurt)"));
        assert_eq!(description("mars-north-1"), None);
    }

    #[test]
    fn form_of_a_region() {
        assert!(is_region("us-gov-west-1"));
        assert!(!is_region("us-east-1a"));
        assert!(!is_region("Frankfurt"));
    }
}
