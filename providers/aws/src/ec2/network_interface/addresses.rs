//! Addresses and prefixes of a network interface: what a change adds and removes.

use plumb_engine::provider::typed::Result;

use super::NetworkInterface;
use crate::client::Aws;
use crate::wire::{Context, only, some};

/// Addresses or prefixes of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// They themselves.
    pub items: &'a [String],
    /// How many there are to be, where only that is asked for. The primary IPv4 address does not count.
    pub count: Option<i64>,
    /// Whether their order matters.
    pub ordered: bool,
    /// How many at the beginning always stay.
    pub kept: usize,
}

/// What turns some addresses or prefixes into others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Taken away first.
    pub remove: Vec<String>,
    /// Given then.
    pub add: Vec<String>,
    /// How many more, chosen by AWS.
    pub more: Option<i32>,
}

impl Change {
    /// The change from `prior` to `now`.
    pub fn between(prior: Held<'_>, now: Held<'_>) -> Self {
        if now.ordered && prior.items != now.items {
            // AWS lists addresses in the order in which they were given.
            let same = prior.items.iter().zip(now.items).take_while(|(then, now)| then == now).count();
            return Self { remove: prior.items[same..].to_vec(), add: now.items[same..].to_vec(), more: None };
        }
        let (remove, add) = (only(prior.items, now.items), only(now.items, prior.items));
        if !remove.is_empty() || !add.is_empty() || now.count == prior.count {
            return Self { remove, add, more: None };
        }
        let there = prior.items.len().saturating_sub(now.kept);
        let wanted = now.count.and_then(|it| usize::try_from(it).ok()).unwrap_or(there);
        if wanted < there {
            return Self { remove: prior.items[now.kept + wanted..].to_vec(), ..Self::default() };
        }
        let more = i32::try_from(wanted - there).ok().filter(|it| *it > 0);
        Self { more, ..Self::default() }
    }

    /// Whether something is given.
    pub fn gives(&self) -> bool {
        !self.add.is_empty() || self.more.is_some()
    }
}

impl NetworkInterface {
    /// IPv4 addresses as the configuration gives them.
    pub fn private(&self) -> &[String] {
        if self.private_ip_list_enabled == Some(true) { &self.private_ip_list } else { &self.private_ips }
    }

    /// IPv6 addresses as the configuration gives them.
    pub fn ipv6(&self) -> &[String] {
        if self.ipv6_address_list_enabled == Some(true) { &self.ipv6_address_list } else { &self.ipv6_addresses }
    }

    /// Gives and takes addresses and prefixes, with at most one call for each of them and IP version.
    pub(super) async fn set_addresses(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        self.set_ipv4(aws, id, prior).await?;
        self.set_ipv6(aws, id, prior).await
    }

    async fn set_ipv4(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let ordered = self.private_ip_list_enabled == Some(true);
        let (then, now) = if ordered {
            (&prior.private_ip_list, &self.private_ip_list)
        } else if self.private_ips == prior.private_ips {
            // A count takes away the last ones: the list has the primary address first, the set has it anywhere.
            (&prior.private_ip_list, &prior.private_ip_list)
        } else {
            (&prior.private_ips, &self.private_ips)
        };
        let addresses = Change::between(
            Held { items: then, count: prior.private_ips_count, ordered, kept: 1 },
            Held { items: now, count: self.private_ips_count, ordered, kept: 1 },
        );
        let prefixes = Change::between(
            held(&prior.ipv4_prefixes, prior.ipv4_prefix_count),
            held(&self.ipv4_prefixes, self.ipv4_prefix_count),
        );
        if !addresses.remove.is_empty() || !prefixes.remove.is_empty() {
            let call = aws.ec2.unassign_private_ip_addresses().network_interface_id(id);
            let call = call.set_private_ip_addresses(some(&addresses.remove)).set_ipv4_prefixes(some(&prefixes.remove));
            call.send().await.context("changing aws_network_interface (UnassignPrivateIpAddresses)")?;
        }
        // One call gives either addresses or prefixes.
        for (addresses, prefixes) in [(&addresses, &Change::default()), (&Change::default(), &prefixes)] {
            if addresses.gives() || prefixes.gives() {
                let call = aws.ec2.assign_private_ip_addresses().network_interface_id(id);
                let call = call
                    .set_private_ip_addresses(some(&addresses.add))
                    .set_secondary_private_ip_address_count(addresses.more)
                    .set_ipv4_prefixes(some(&prefixes.add))
                    .set_ipv4_prefix_count(prefixes.more);
                call.send().await.context("changing aws_network_interface (AssignPrivateIpAddresses)")?;
            }
        }
        Ok(())
    }

    async fn set_ipv6(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let ordered = self.ipv6_address_list_enabled == Some(true);
        let (then, now) = match ordered {
            true => (&prior.ipv6_address_list, &self.ipv6_address_list),
            false => (&prior.ipv6_addresses, &self.ipv6_addresses),
        };
        let addresses = Change::between(
            Held { items: then, count: prior.ipv6_address_count, ordered, kept: 0 },
            Held { items: now, count: self.ipv6_address_count, ordered, kept: 0 },
        );
        let prefixes = Change::between(
            held(&prior.ipv6_prefixes, prior.ipv6_prefix_count),
            held(&self.ipv6_prefixes, self.ipv6_prefix_count),
        );
        if !addresses.remove.is_empty() || !prefixes.remove.is_empty() {
            let call = aws.ec2.unassign_ipv6_addresses().network_interface_id(id);
            let call = call.set_ipv6_addresses(some(&addresses.remove)).set_ipv6_prefixes(some(&prefixes.remove));
            call.send().await.context("changing aws_network_interface (UnassignIpv6Addresses)")?;
        }
        for (addresses, prefixes) in [(&addresses, &Change::default()), (&Change::default(), &prefixes)] {
            if addresses.gives() || prefixes.gives() {
                let call = aws.ec2.assign_ipv6_addresses().network_interface_id(id);
                let call = call
                    .set_ipv6_addresses(some(&addresses.add))
                    .set_ipv6_address_count(addresses.more)
                    .set_ipv6_prefixes(some(&prefixes.add))
                    .set_ipv6_prefix_count(prefixes.more);
                call.send().await.context("changing aws_network_interface (AssignIpv6Addresses)")?;
            }
        }
        Ok(())
    }
}

fn held(items: &[String], count: Option<i64>) -> Held<'_> {
    Held { items, count, ordered: false, kept: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(ToString::to_string).collect()
    }

    fn between(prior: &[&str], now: &[&str], counts: (i64, i64), ordered: bool) -> Change {
        let (prior, now) = (texts(prior), texts(now));
        let of = |items, count| Held { items, count: Some(count), ordered, kept: 1 };
        Change::between(of(&prior, counts.0), of(&now, counts.1))
    }

    fn change(remove: &[&str], add: &[&str], more: Option<i32>) -> Change {
        Change { remove: texts(remove), add: texts(add), more }
    }

    #[test]
    fn addresses_win_over_counts() {
        assert_eq!(between(&["p", "a"], &["p", "b"], (1, 1), false), change(&["a"], &["b"], None));
        assert_eq!(between(&["p", "a"], &["a", "p"], (1, 1), false), Change::default());
        assert_eq!(between(&["p", "a"], &["p", "a"], (1, 3), false), change(&[], &[], Some(2)));
        assert_eq!(between(&["p", "a", "b"], &["p", "a", "b"], (2, 0), false), change(&["a", "b"], &[], None));
    }

    #[test]
    fn order_is_made_by_giving_anew() {
        let seen = between(&["p", "a", "b", "c"], &["p", "a", "c", "b"], (3, 3), true);
        assert_eq!(seen, change(&["b", "c"], &["c", "b"], None));
    }
}
