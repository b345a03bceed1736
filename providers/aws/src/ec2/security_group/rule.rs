//! Rules in the block of a security group, and how they stand for the permissions that AWS keeps.

use std::collections::{BTreeMap, BTreeSet};

use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::ec2::permission_checks::{has_source, networks, text, traffic};
use crate::ec2::permissions::{Detail, Permission, Permissions, Source, Traffic, group_text};
use crate::wire::Check;

const SOURCES: [&str; 5] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups", "self"];

/// A rule of a security group: traffic that is allowed from sources, or to destinations.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// First port, or the type of ICMP with -1 for all; 0 when `protocol` is `-1`.
    pub from_port: Option<i64>,
    /// Last port, or the code of ICMP with -1 for all; 0 when `protocol` is `-1`.
    pub to_port: Option<i64>,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, the number of a protocol, or `-1` for all.
    pub protocol: Option<String>,
    /// IPv4 networks on the other side.
    pub cidr_blocks: Option<Vec<String>>,
    /// IPv6 networks on the other side.
    pub ipv6_cidr_blocks: Option<Vec<String>>,
    /// Managed prefix lists with the networks on the other side.
    pub prefix_list_ids: Option<Vec<String>>,
    /// Security groups whose members are on the other side: ids, or `ACCOUNT/ID` for those of another account.
    pub security_groups: Option<BTreeSet<String>>,
    /// Whether the members of the group itself are on the other side, too.
    #[serde(rename = "self")]
    pub itself: Option<bool>,
    /// What the rule is for, at most 255 characters.
    pub description: Option<String>,
}

/// The group that rules belong to.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// Its id.
    pub group: &'a str,
    /// Account that owns it.
    pub owner: &'a str,
}

/// Checks one block.
pub fn validate(rule: &Value) -> Diagnostics {
    let mut check = Check::of(rule);
    traffic(&mut check, "protocol");
    text(&mut check, "description");
    for name in ["protocol", "from_port", "to_port"] {
        if check.is_set(name) == Some(false) {
            check.error(
                name,
                "is missing in a rule. For all traffic set protocol = \"-1\", from_port = 0, to_port = 0.",
            );
        }
    }
    if has_source(rule, &SOURCES) == Some(false) {
        check.error(
            "cidr_blocks",
            "is missing in a rule that names no other side. Set it, or \"ipv6_cidr_blocks\", \"prefix_list_ids\", \
             \"security_groups\" or \"self\".",
        );
    }
    let mut found = check.found();
    found.extend(networks(rule));
    found
}

/// The permissions that rules stand for.
pub fn permissions(rules: &[Rule], home: Home<'_>) -> Permissions {
    rules.iter().flat_map(|it| it.permissions(home)).collect()
}

/// Rules that stand for `found`: those of `prior` in its own words as far as they are still there, then one for all
/// other sources of the same traffic with the same description.
pub fn rules(found: &Permissions, prior: &[Rule], home: Home<'_>) -> Vec<Rule> {
    let mut rest = found.clone();
    let mut rules = Vec::new();
    for rule in prior {
        let Some(kept) = rule.kept(found, home) else { continue };
        for (permission, _) in kept.permissions(home) {
            rest.remove(&permission);
        }
        rules.push(kept);
    }
    let mut others: BTreeMap<(&Traffic, &str), Rule> = BTreeMap::new();
    for (Permission { traffic, source }, detail) in &rest {
        let rule = others.entry((traffic, &detail.description)).or_insert_with(|| Rule::of(traffic, detail));
        rule.add(source, detail, home);
    }
    rules.extend(others.into_values());
    rules
}

impl Rule {
    fn permissions(&self, home: Home<'_>) -> Vec<(Permission, Detail)> {
        let traffic = self.traffic();
        let one = |source, account| {
            let detail = Detail { description: self.description.clone().unwrap_or_default(), account };
            (Permission { traffic: traffic.clone(), source }, detail)
        };
        let networks = self.cidr_blocks.iter().flatten().map(|it| one(Source::ipv4(it), None));
        let ipv6 = self.ipv6_cidr_blocks.iter().flatten().map(|it| one(Source::ipv6(it), None));
        let lists = self.prefix_list_ids.iter().flatten().map(|it| one(Source::PrefixList(it.clone()), None));
        let groups = self.security_groups.iter().flatten().map(|it| {
            let (source, account) = Source::group(it);
            one(source, account)
        });
        let itself = self.itself.filter(|it| *it).map(|_| one(Source::Group(home.group.to_owned()), None));
        networks.chain(ipv6).chain(lists).chain(groups).chain(itself).collect()
    }

    fn traffic(&self) -> Traffic {
        Traffic::new(self.protocol.as_deref().unwrap_or_default(), self.from_port, self.to_port)
    }

    /// The rule with those of its sources that are in `found` with its description; `None` without any.
    fn kept(&self, found: &Permissions, home: Home<'_>) -> Option<Self> {
        let (traffic, description) = (self.traffic(), self.description.as_deref().unwrap_or_default());
        let there = |source: Source| {
            let permission = Permission { traffic: traffic.clone(), source };
            found.get(&permission).is_some_and(|it| it.description == description)
        };
        let mut kept = self.clone();
        kept.cidr_blocks.iter_mut().for_each(|all| all.retain(|it| there(Source::ipv4(it))));
        kept.ipv6_cidr_blocks.iter_mut().for_each(|all| all.retain(|it| there(Source::ipv6(it))));
        kept.prefix_list_ids.iter_mut().for_each(|all| all.retain(|it| there(Source::PrefixList(it.clone()))));
        kept.security_groups.iter_mut().for_each(|all| all.retain(|it| there(Source::group(it).0)));
        if kept.itself == Some(true) && !there(Source::Group(home.group.to_owned())) {
            kept.itself = Some(false);
        }
        (!kept.permissions(home).is_empty()).then_some(kept)
    }

    fn of(traffic: &Traffic, detail: &Detail) -> Self {
        // Configurations write 0 where all protocols leave no choice.
        let (from, to) = traffic.ports.unwrap_or((0, 0));
        Self {
            from_port: Some(i64::from(from)),
            to_port: Some(i64::from(to)),
            protocol: Some(traffic.protocol.clone()),
            description: Some(detail.description.clone()).filter(|it| !it.is_empty()),
            ..Self::default()
        }
    }

    fn add(&mut self, source: &Source, detail: &Detail, home: Home<'_>) {
        match source {
            Source::Ipv4(network) => self.cidr_blocks.get_or_insert_default().push(network.clone()),
            Source::Ipv6(network) => self.ipv6_cidr_blocks.get_or_insert_default().push(network.clone()),
            Source::PrefixList(list) => self.prefix_list_ids.get_or_insert_default().push(list.clone()),
            Source::Group(id) if id == home.group => self.itself = Some(true),
            Source::Group(id) => {
                let text = group_text(id, detail.account.as_deref(), home.owner);
                self.security_groups.get_or_insert_default().insert(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Home<'_> = Home { group: "sg-1", owner: "123456789012" };

    fn web(networks: &[&str]) -> Rule {
        Rule {
            from_port: Some(80),
            to_port: Some(80),
            protocol: Some("6".into()),
            cidr_blocks: Some(networks.iter().map(ToString::to_string).collect()),
            ..Rule::default()
        }
    }

    #[test]
    fn what_is_there_keeps_its_words_and_order() {
        let prior = [
            web(&["10.2.0.0/16", "10.1.0.0/16"]),
            Rule { itself: Some(true), security_groups: Some(BTreeSet::new()), ..web(&["10.3.0.0/16"]) },
        ];
        assert_eq!(rules(&permissions(&prior, HOME), &prior, HOME), prior);
    }

    #[test]
    fn what_is_gone_or_new_shows() {
        let prior = [web(&["10.1.0.0/16", "10.2.0.0/16"])];
        let mut found = permissions(&prior, HOME);
        found.pop_first();
        let other = Source::group("210987654321/sg-2");
        let detail = Detail { description: "peer".into(), account: other.1 };
        found.insert(Permission { traffic: Traffic::new("-1", None, None), source: other.0 }, detail);
        let seen = rules(&found, &prior, HOME);
        assert_eq!(seen[0], web(&["10.2.0.0/16"]));
        assert_eq!(seen[1].security_groups, Some(BTreeSet::from(["210987654321/sg-2".to_owned()])));
        assert_eq!((seen[1].protocol.as_deref(), seen[1].from_port), (Some("-1"), Some(0)));
        assert_eq!((seen[1].description.as_deref(), seen[1].cidr_blocks.as_ref()), (Some("peer"), None));
        assert_eq!(seen.len(), 2);
    }

    #[test]
    fn another_description_is_another_rule() {
        let described = Rule { description: Some("now".into()), ..web(&["10.1.0.0/16"]) };
        let seen = rules(&permissions(std::slice::from_ref(&described), HOME), &[web(&["10.1.0.0/16"])], HOME);
        assert_eq!(seen, [Rule { protocol: Some("tcp".into()), ..described }]);
    }
}
