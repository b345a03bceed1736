//! Texts that differ and mean the same to AWS.

use serde_json::Value;

/// Two JSON documents with the same content.
pub fn json(a: &str, b: &str) -> bool {
    a == b || matches!((parse(a), parse(b)), (Some(a), Some(b)) if a == b)
}

/// Two IAM policies that mean the same: the order of keys and of values in lists does not matter, a list of one is
/// its element, `AWS` principals may be an account id or its root ARN, booleans and numbers may be texts.
pub fn policy(a: &str, b: &str) -> bool {
    let canonical = |text| parse(text).map(|it| canonical(None, it));
    a == b || matches!((canonical(a), canonical(b)), (Some(a), Some(b)) if a == b)
}

/// Two DNS names: case and a final dot do not matter, `\052` is `*`.
pub fn dns(a: &str, b: &str) -> bool {
    dns_name(a) == dns_name(b)
}

/// A DNS name in the form in which it is compared.
pub fn dns_name(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_ascii_lowercase()
}

/// Two texts that differ in the case of letters only.
pub fn case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Two IP networks or addresses, however they are written.
pub fn cidr(a: &str, b: &str) -> bool {
    a == b || matches!((a.parse::<ipnet::IpNet>(), b.parse::<ipnet::IpNet>()), (Ok(a), Ok(b)) if a == b)
}

/// Two IP protocols: numbers and names mean the same, and `all` is `-1`.
pub fn protocol(a: &str, b: &str) -> bool {
    protocol_name(a) == protocol_name(b)
}

/// A protocol as EC2 tells it: a name where it has one, else its number.
pub fn protocol_name(protocol: &str) -> String {
    match protocol.to_ascii_lowercase().as_str() {
        "all" | "-1" => "-1".into(),
        "6" => "tcp".into(),
        "17" => "udp".into(),
        "1" => "icmp".into(),
        "58" => "icmpv6".into(),
        other => other.into(),
    }
}

/// Two times in RFC 3339, whatever their offsets.
pub fn instant(a: &str, b: &str) -> bool {
    use aws_smithy_types::DateTime;
    use aws_smithy_types::date_time::Format::DateTimeWithOffset;
    let time = |text: &str| DateTime::from_str(text, DateTimeWithOffset).ok();
    a == b || matches!((time(a), time(b)), (Some(a), Some(b)) if a == b)
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn canonical(key: Option<&str>, value: Value) -> Value {
    match value {
        Value::Object(items) => {
            let ordered: std::collections::BTreeMap<String, Value> =
                items.into_iter().map(|(name, it)| (name.clone(), canonical(Some(&name), it))).collect();
            let statement_defaults = |(name, it): &(String, Value)| !(name == "Sid" && it == &Value::from(""));
            ordered.into_iter().filter(statement_defaults).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(|it| canonical(key, it)).collect();
            items.sort_by_key(Value::to_string);
            items.dedup();
            if items.len() == 1 { items.remove(0) } else { items.into() }
        }
        Value::Bool(value) => value.to_string().into(),
        Value::Number(value) => value.to_string().into(),
        Value::String(text) if key == Some("AWS") => account(text).into(),
        other => other,
    }
}

/// The account of a root principal's ARN, any other text as it is.
fn account(text: String) -> String {
    match super::arn::parse(&text) {
        Some(arn) if arn.service == "iam" && arn.resource == "root" => arn.account.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_compared_by_meaning() {
        let a = r#"{"Version":"2012-10-17","Statement":[{"Action":["b","a"],"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]}"#;
        let b = r#"{"Statement":{"Sid":"","Effect":"Allow","Action":["a","b"],"Principal":{"AWS":["123456789012"]}},"Version":"2012-10-17"}"#;
        assert!(policy(a, b));
        assert!(!policy(a, &b.replace("Allow", "Deny")));
    }

    #[test]
    fn names_networks_and_protocols() {
        assert!(dns("\\052.Example.com.", "*.example.com"));
        assert!(cidr("2001:db8::/32", "2001:DB8:0:0::/32"));
        assert!(!cidr("10.0.0.0/16", "10.0.0.0/17"));
        assert!(protocol("6", "TCP"));
        assert!(protocol("all", "-1"));
        assert!(!json("{}", "[]"));
        assert!(instant("2030-01-31T08:00:00Z", "2030-01-31T09:00:00+01:00"));
        assert!(!instant("2030-01-31T08:00:00Z", "2030-01-31T08:00:01Z"));
    }
}
