//! Checks of configurations, of which any part may be unknown: that is never an error.

use std::net::IpAddr;

use ipnet::IpNet;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::value::Value;

/// Checks of one configuration, collected.
pub struct Check<'a> {
    config: &'a Value,
    found: Diagnostics,
}

impl<'a> Check<'a> {
    /// Checks of a block's configuration.
    pub fn of(config: &'a Value) -> Self {
        Self { config, found: Diagnostics::new() }
    }

    /// What was found wrong.
    pub fn found(self) -> Diagnostics {
        self.found
    }

    /// A text that is set and known.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.config.get(name).and_then(Value::as_str)
    }

    /// A whole number that is set and known.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.config.get(name).and_then(Value::as_number).and_then(|it| it.as_i64())
    }

    /// Whether an argument is set; `None` where it is unknown.
    pub fn is_set(&self, name: &str) -> Option<bool> {
        let value = self.config.get(name)?;
        (!value.is_unknown()).then(|| !value.is_null())
    }

    /// Adds an error about the argument `name`.
    pub fn error(&mut self, name: &str, detail: impl std::fmt::Display) {
        self.found.push(Diagnostic::error("Invalid value for argument", format!("The argument \"{name}\" {detail}")));
    }

    /// Exactly one of the arguments must be set.
    pub fn exactly_one(&mut self, names: &[&str]) -> &mut Self {
        let set: Vec<_> = names.iter().map(|name| (name, self.is_set(name))).collect();
        let sure = set.iter().filter(|(_, it)| *it == Some(true)).count();
        let open = set.iter().any(|(_, it)| it.is_none());
        if sure > 1 || (sure == 0 && !open) {
            let names = quoted(names);
            let detail = format!("Exactly one of {names} must be set; {sure} are.");
            self.found.push(Diagnostic::error("Invalid combination of arguments", detail));
        }
        self
    }

    /// `name` is of use only together with `other`.
    pub fn needs(&mut self, name: &str, other: &str) -> &mut Self {
        if self.is_set(name) == Some(true) && self.is_set(other) == Some(false) {
            let detail = format!("\"{name}\" has no meaning without \"{other}\". Set both, or remove \"{name}\".");
            self.found.push(Diagnostic::error("Missing required argument", detail));
        }
        self
    }

    /// A text must be one of `values`.
    pub fn one_of(&mut self, name: &str, values: &[&str]) -> &mut Self {
        if let Some(text) = self.text(name).filter(|it| !values.contains(it)) {
            self.error(name, format!("is \"{text}\"; it takes {}.", quoted(values)));
        }
        self
    }

    /// A number must lie in a range.
    pub fn range(&mut self, name: &str, least: i64, most: i64) -> &mut Self {
        if let Some(number) = self.number(name).filter(|it| !(least..=most).contains(it)) {
            self.error(name, format!("is {number}; it takes {least} to {most}."));
        }
        self
    }

    /// A text must have no more than `most` characters.
    pub fn length(&mut self, name: &str, most: usize) -> &mut Self {
        if let Some(text) = self.text(name).filter(|it| it.chars().count() > most) {
            self.error(name, format!("has {} characters; AWS takes at most {most}.", text.chars().count()));
        }
        self
    }

    /// A text must be an IPv4 network with no bit set behind its prefix.
    pub fn ipv4_network(&mut self, name: &str) -> &mut Self {
        self.network(name, "IPv4", "10.0.0.0/16", |it| matches!(it, IpNet::V4(_)))
    }

    /// A text must be an IPv6 network with no bit set behind its prefix.
    pub fn ipv6_network(&mut self, name: &str) -> &mut Self {
        self.network(name, "IPv6", "2001:db8::/56", |it| matches!(it, IpNet::V6(_)))
    }

    /// The prefix of a network must lie in a range.
    pub fn prefix(&mut self, name: &str, least: u8, most: u8) -> &mut Self {
        let network = self.text(name).and_then(|it| it.parse::<IpNet>().ok());
        if let Some(network) = network.filter(|it| !(least..=most).contains(&it.prefix_len())) {
            let size = network.prefix_len();
            self.error(name, format!("is a /{size} network; AWS takes /{least} to /{most} here."));
        }
        self
    }

    /// A text must be an IP address.
    pub fn address(&mut self, name: &str) -> &mut Self {
        if let Some(text) = self.text(name).filter(|it| it.parse::<IpAddr>().is_err()) {
            self.error(name, format!("is \"{text}\", which is no IP address."));
        }
        self
    }

    /// A text must be a JSON object.
    pub fn json(&mut self, name: &str) -> &mut Self {
        if let Some(text) = self.text(name) {
            match serde_json::from_str::<serde_json::Value>(text) {
                Ok(serde_json::Value::Object(_)) => {}
                Ok(_) => self.error(name, "is JSON, but no object. Write it with jsonencode({ … })."),
                Err(error) => {
                    self.error(name, format!("is no valid JSON ({error}). Write it with jsonencode({{ … }})."))
                }
            }
        }
        self
    }

    /// Each text `name` of the nested blocks `blocks`, from the outside in, must be `right`; `what` says what that is.
    pub fn within(&mut self, blocks: &[&str], name: &str, right: impl Fn(&str) -> bool, what: &str) -> &mut Self {
        let mut found = vec![self.config];
        for block in blocks {
            found = found.into_iter().filter_map(|it| it.get(block)?.as_slice()).flatten().collect();
        }
        let texts = found.into_iter().filter_map(|it| it.get(name)?.as_str());
        for text in texts.filter(|it| !it.is_empty() && !right(it)) {
            self.error(name, format!("is \"{text}\"; it takes {what}."));
        }
        self
    }

    fn network(&mut self, name: &str, kind: &str, example: &str, right: fn(&IpNet) -> bool) -> &mut Self {
        let wrong = self.text(name).and_then(|text| network(text, kind, example, right).err());
        if let Some(reason) = wrong {
            self.error(name, reason);
        }
        self
    }
}

/// The nested blocks of a type, as far as a configuration tells them.
pub fn blocks<'a>(config: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let blocks = config.get(name).and_then(Value::as_slice).unwrap_or_default();
    blocks.iter().filter(|it| it.as_map().is_some())
}

/// Why a text is no network of a kind; the reason follows the name of the argument.
fn network(text: &str, kind: &str, example: &str, right: fn(&IpNet) -> bool) -> Result<(), String> {
    let parsed = text.parse::<IpNet>().ok().filter(right);
    let parsed = parsed.ok_or_else(|| format!("is \"{text}\", which is no {kind} network. Write it as {example}."))?;
    if parsed.trunc() != parsed {
        return Err(format!("is \"{text}\", which has bits set behind its prefix. Write {}.", parsed.trunc()));
    }
    Ok(())
}

/// Why a text is no network of either kind; the reason follows the name of the argument.
///
/// # Errors
/// The reason, and the way out.
pub fn any_network(text: &str) -> Result<(), String> {
    network(text, "IPv4 or IPv6", "10.0.0.0/16 or 2001:db8::/56", |_| true)
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        all => all.concat(),
    }
}

#[cfg(test)]
mod tests {
    use plumb_engine::value::Type;

    use super::*;

    fn details(config: Value, check: fn(&mut Check<'_>)) -> Vec<String> {
        let mut checks = Check::of(&config);
        check(&mut checks);
        checks.found().iter().map(|it| it.detail.clone()).collect()
    }

    #[test]
    fn networks_name_the_way_out() {
        let config = |text: &str| Value::object([("cidr", Value::from(text))]);
        let check: fn(&mut Check<'_>) = |it| {
            it.ipv4_network("cidr").prefix("cidr", 16, 28);
        };
        assert!(details(config("10.0.0.0/16"), check).is_empty());
        assert!(details(config("10.0.1.0/16"), check)[0].contains("Write 10.0.0.0/16."));
        assert!(details(config("10.0.0.0/8"), check)[0].contains("/16 to /28"));
        assert!(details(config("::/0"), check)[0].contains("no IPv4 network"));
    }

    #[test]
    fn unknown_is_no_error() {
        let config = |a: Value, b: Value| Value::object([("a", a), ("b", b)]);
        let (null, unknown) = (Value::null(Type::String), Value::unknown(Type::String));
        let check: fn(&mut Check<'_>) = |it| {
            it.exactly_one(&["a", "b"]);
        };
        assert!(details(config(unknown.clone(), null.clone()), check).is_empty());
        assert!(details(config(unknown, "x".into()), check).is_empty());
        assert_eq!(details(config("x".into(), "y".into()), check).len(), 1);
        assert_eq!(details(config(null.clone(), null), check), [r#"Exactly one of "a" or "b" must be set; 0 are."#]);
    }
}
