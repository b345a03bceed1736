//! Record sets as zones list them, and the ids under which they are managed.

use std::net::Ipv6Addr;

use aws_sdk_route53::types::{ResourceRecordSet, RrType};
use plumb_engine::provider::typed::Result;

use super::{GONE, zone_id};
use crate::client::Aws;
use crate::wire::{Absent, same};

const ACTION: &str = "reading aws_route53_record (ListResourceRecordSets)";
const TYPES: &[&str] = &[
    "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB",
    "TLSA", "TXT",
];

/// What singles out a record set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Id of the zone.
    pub zone: String,
    /// Name, relative to the zone or in full.
    pub name: String,
    /// Type: `A`.
    pub kind: String,
    /// Name among the record sets of this name and type; empty where there is one only.
    pub set: String,
}

impl Key {
    /// The id: `ZONE_NAME_TYPE`, with `_SET` where there is one.
    pub fn id(&self) -> String {
        let Self { zone, name, kind, set } = self;
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let set = if set.is_empty() { String::new() } else { format!("_{set}") };
        format!("{}_{name}_{kind}{set}", zone_id(zone))
    }

    /// The key of an id; `None` where it is none.
    pub fn parse(id: &str) -> Option<Self> {
        let (zone, rest) = id.split_once('_')?;
        // A name may contain underscores. A type is the first part in capitals that is one.
        let parts: Vec<&str> = rest.split('_').collect();
        let at = parts.iter().position(|it| TYPES.contains(it))?;
        Some(Self {
            zone: zone.to_owned(),
            name: parts[..at].join("_"),
            kind: parts[at].to_owned(),
            set: parts[at + 1..].join("_"),
        })
    }

    /// Whether this is the key of a record set of a zone whose domain is `apex`.
    pub fn is_of(&self, record: &ResourceRecordSet, apex: &str) -> bool {
        record.r#type.as_str() == self.kind
            && record.set_identifier.as_deref().unwrap_or_default() == self.set
            && (same::dns(&record.name, &self.name) || same::dns(&record.name, &full_name(&self.name, apex)))
    }
}

/// The full name of a record in a zone whose domain is `apex`; no name at all is the domain itself.
pub fn full_name(name: &str, apex: &str) -> String {
    let (name, apex) = (same::dns_name(name), same::dns_name(apex));
    if name.is_empty() || name == apex {
        apex
    } else if name.ends_with(&format!(".{apex}")) {
        name
    } else {
        format!("{name}.{apex}")
    }
}

/// All record sets of a zone; `None` where there is no such zone.
///
/// # Errors
/// A call is refused.
pub async fn record_sets(aws: &Aws, zone: &str) -> Result<Option<Vec<ResourceRecordSet>>> {
    let mut found = Vec::new();
    let mut from: (Option<String>, Option<RrType>, Option<String>) = (None, None, None);
    loop {
        let call = aws.route53.list_resource_record_sets().hosted_zone_id(zone);
        let (name, kind, set) = from;
        let call = call.set_start_record_name(name).set_start_record_type(kind).set_start_record_identifier(set);
        let Some(page) = call.send().await.absent(ACTION, GONE)? else { return Ok(None) };
        found.extend(page.resource_record_sets);
        if !page.is_truncated {
            return Ok(Some(found));
        }
        from = (page.next_record_name, page.next_record_type, page.next_record_identifier);
    }
}

/// One record set, `name` being its full name.
///
/// # Errors
/// The call is refused.
pub async fn record_set(aws: &Aws, key: &Key, name: &str) -> Result<Option<ResourceRecordSet>> {
    let call = aws
        .route53
        .list_resource_record_sets()
        .hosted_zone_id(&key.zone)
        .start_record_name(name)
        .start_record_type(RrType::from(key.kind.as_str()))
        .set_start_record_identifier((!key.set.is_empty()).then(|| key.set.clone()))
        .max_items(1);
    let page = call.send().await.absent(ACTION, GONE)?;
    let first = page.map(|it| it.resource_record_sets).unwrap_or_default().into_iter().next();
    Ok(first.filter(|it| {
        same::dns(&it.name, name)
            && it.r#type.as_str() == key.kind
            && it.set_identifier.as_deref().unwrap_or_default() == key.set
    }))
}

/// A value of a record as Route 53 takes it: texts stand in quotes.
pub fn quoted(kind: &str, value: &str) -> String {
    let is_quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
    match kind {
        "TXT" | "SPF" if !is_quoted => format!("\"{value}\""),
        _ => value.to_owned(),
    }
}

/// A value of a record as configurations have it: without the quotes around a text.
pub fn unquoted(kind: &str, value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    match (kind, inner) {
        ("TXT" | "SPF", Some(inner)) => inner.to_owned(),
        _ => value.to_owned(),
    }
}

/// Two values of a record that mean the same: quotes around a text, blanks between its parts and the spelling of IPv6
/// addresses do not matter.
pub fn same_value(a: &str, b: &str) -> bool {
    let text = |it: &str| unquoted("TXT", it).replace("\" \"", "\"\"");
    let address = |it: &str| it.parse::<Ipv6Addr>().ok();
    text(a) == text(b) || matches!((address(a), address(b)), (Some(a), Some(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_zone_name_type_and_set() {
        let key = |name: &str, kind: &str, set: &str| Key {
            zone: "Z1".into(),
            name: name.into(),
            kind: kind.into(),
            set: set.into(),
        };
        assert_eq!(key("WWW.example.com.", "A", "").id(), "Z1_www.example.com_A");
        for (text, expected) in [
            ("Z1_www.example.com_A", key("www.example.com", "A", "")),
            ("Z1__acme_x.example.com_TXT_set_A", key("_acme_x.example.com", "TXT", "set_A")),
        ] {
            assert_eq!(Key::parse(text), Some(expected.clone()), "{text}");
            assert_eq!(expected.id(), text);
        }
        assert_eq!(Key::parse("Z1_www"), None);
    }

    #[test]
    fn names_may_be_relative() {
        assert_eq!(full_name("www", "example.com."), "www.example.com");
        assert_eq!(full_name("", "example.com."), "example.com");
        assert_eq!(full_name("Www.Example.com", "example.com."), "www.example.com");
        assert_eq!(full_name("notexample.com", "example.com"), "notexample.com.example.com");
        let record = ResourceRecordSet::builder().name("\\052.example.com.").r#type(RrType::A).build().unwrap();
        assert!(Key::parse("Z1_*_A").unwrap().is_of(&record, "example.com."));
        assert!(!Key::parse("Z1_*_A_blue").unwrap().is_of(&record, "example.com."));
    }

    #[test]
    fn texts_stand_in_quotes() {
        assert_eq!(quoted("TXT", "v=spf1 -all"), "\"v=spf1 -all\"");
        assert_eq!(quoted("TXT", "\"v=spf1 -all\""), "\"v=spf1 -all\"");
        assert_eq!(quoted("A", "10.0.0.1"), "10.0.0.1");
        assert_eq!(unquoted("TXT", "\"a\" \"b\""), "a\" \"b");
        assert!(same_value("a\"\"b", "\"a\" \"b\""));
        assert!(same_value("2001:db8::1", "2001:DB8:0::1"));
        assert!(!same_value("a", "b"));
    }
}
