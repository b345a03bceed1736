//! Checks of rules of security groups, however they are declared.

use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::value::Value;

use crate::wire::Check;
use crate::wire::same::protocol_name;

/// Longest name or description.
const TEXT: usize = 255;

/// Punctuation that names and descriptions may have besides letters, digits and spaces.
const PUNCTUATION: &str = "._-:/()#,@[]+=&;{}!$*";

/// Checks the protocol `protocol`, and `from_port` and `to_port` as it takes them.
pub fn traffic(check: &mut Check<'_>, protocol: &str) {
    let Some(written) = check.text(protocol) else { return };
    match protocol_name(written).as_str() {
        "-1" => for_all_protocols(check, protocol),
        "tcp" | "udp" => {
            for name in ["from_port", "to_port"] {
                if check.is_set(name) == Some(false) {
                    check.error(name, format!("is missing. Rules for {written} need both ports; 0 to 65535 are all."));
                }
            }
            check.range("from_port", 0, 65535).range("to_port", 0, 65535);
            if let (Some(from), Some(to)) = (check.number("from_port"), check.number("to_port"))
                && from > to
            {
                check.error("to_port", format!("is {to}, which is below \"from_port\", which is {from}."));
            }
        }
        "icmp" | "icmpv6" => {
            check.range("from_port", -1, 255).range("to_port", -1, 255);
            if check.number("from_port") == Some(-1) && check.number("to_port").is_some_and(|it| it != -1) {
                check.error("to_port", "is a code of ICMP without a type. Write -1 for all codes of all types.");
            }
        }
        number if number.parse::<u8>().is_ok() => {}
        _ => check.error(
            protocol,
            format!("is \"{written}\"; it takes tcp, udp, icmp, icmpv6, the number of a protocol, or \"-1\" for all."),
        ),
    }
}

/// AWS would take ports here and open all of them all the same.
fn for_all_protocols(check: &mut Check<'_>, protocol: &str) {
    for name in ["from_port", "to_port"] {
        if let Some(port) = check.number(name).filter(|it| !matches!(it, -1 | 0)) {
            check.error(
                name,
                format!(
                    "is {port}, but a rule for all protocols opens all ports. Set it to 0, or name one in \"{protocol}\"."
                ),
            );
        }
    }
}

/// Checks a name or description.
pub fn text(check: &mut Check<'_>, name: &str) {
    check.length(name, TEXT);
    let allowed = |it: char| it.is_ascii_alphanumeric() || it == ' ' || PUNCTUATION.contains(it);
    if let Some(wrong) = check.text(name).and_then(|it| it.chars().find(|it| !allowed(*it))) {
        check.error(
            name,
            format!("has the character {wrong:?}. AWS takes ASCII letters, digits, spaces and {PUNCTUATION} here."),
        );
    }
}

/// Checks the networks in lists.
pub fn networks(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    for name in ["cidr_blocks", "ipv6_cidr_blocks"] {
        for network in config.get(name).and_then(Value::as_slice).unwrap_or_default() {
            let one = Value::object([(name, network.clone())]);
            let mut check = Check::of(&one);
            if network.is_null() || network.as_str() == Some("") {
                check.error(name, "has an empty element. Remove it, with compact() where it is computed.");
            } else if name == "cidr_blocks" {
                check.ipv4_network(name);
            } else {
                check.ipv6_network(name);
            }
            found.extend(check.found());
        }
    }
    found
}

/// Whether one of the arguments names a source; `None` where that is not known yet.
pub fn has_source(config: &Value, names: &[&str]) -> Option<bool> {
    let is_source = |name: &&str| match config.get(name) {
        Some(value) if value.is_unknown() => None,
        Some(value) => Some(match value.as_slice() {
            Some(items) => !items.is_empty(),
            None => !value.is_null() && value.as_bool() != Some(false),
        }),
        None => Some(false),
    };
    let all: Vec<Option<bool>> = names.iter().map(is_source).collect();
    if all.contains(&Some(true)) {
        return Some(true);
    }
    if all.contains(&None) { None } else { Some(false) }
}

#[cfg(test)]
mod tests {
    use plumb_engine::value::Type;

    use super::*;

    fn rule(protocol: &str, from: i64, to: i64) -> Vec<String> {
        let config = Value::object([
            ("protocol", Value::from(protocol)),
            ("from_port", Value::from(from)),
            ("to_port", Value::from(to)),
        ]);
        let mut check = Check::of(&config);
        traffic(&mut check, "protocol");
        check.found().iter().map(|it| it.detail.clone()).collect()
    }

    #[test]
    fn ports_fit_the_protocol() {
        assert!(rule("tcp", 0, 65535).is_empty());
        assert!(rule("-1", 0, 0).is_empty());
        assert!(rule("icmp", 8, -1).is_empty());
        assert!(rule("50", 0, 0).is_empty());
        assert!(rule("udp", 80, 79)[0].contains("below"));
        assert!(rule("6", -1, 80)[0].contains("0 to 65535"));
        assert!(rule("all", 443, 443)[0].contains("opens all ports"));
        assert!(rule("icmp", -1, 3)[0].contains("without a type"));
        assert!(rule("gre", 0, 0)[0].contains("number of a protocol"));
    }

    #[test]
    fn texts_keep_to_what_aws_takes() {
        let details = |text: &str| {
            let config = Value::object([("description", Value::from(text))]);
            let mut check = Check::of(&config);
            super::text(&mut check, "description");
            check.found().len()
        };
        assert_eq!(details("Web (80, 443): from #1 [x] {y} = $5!"), 0);
        assert_eq!(details("it's"), 1);
        assert_eq!(details(&"x".repeat(256)), 1);
    }

    #[test]
    fn networks_and_sources_may_be_unknown() {
        let texts = |items: Vec<Value>| Value::list(Type::String, items);
        let unknown = Value::unknown(Type::String);
        let config = Value::object([
            ("cidr_blocks", texts(vec!["10.0.0.1/8".into(), unknown, "".into()])),
            ("ipv6_cidr_blocks", texts(vec!["::/0".into(), "10.0.0.0/8".into()])),
        ]);
        assert_eq!(networks(&config).len(), 3);
        assert_eq!(has_source(&config, &["cidr_blocks"]), Some(true));
        let config = Value::object([("self", Value::from(false)), ("id", Value::unknown(Type::String))]);
        assert_eq!(has_source(&config, &["self"]), Some(false));
        assert_eq!(has_source(&config, &["self", "id"]), None);
    }
}
