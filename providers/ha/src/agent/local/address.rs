//! Virtual addresses on the network card, by netlink or by a program of the site.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::packet_route::link::LinkAttribute;
use rtnetlink::{Handle, LinkUnspec, new_connection};
use tokio::sync::OnceCell;

use super::program::run;
use super::{Condition, LocalResource};
use crate::cloud::Cloud;

/// Time for a program that sets an address.
const LIMIT: Duration = Duration::from_secs(30);

/// A virtual address on the network card of an interface, by netlink.
pub struct NetworkCard {
    ip: Ipv4Addr,
    eni: String,
    /// AWS, which knows the card; `None` where addresses are only removed.
    cloud: Option<Arc<dyn Cloud>>,
    /// The card's hardware address: it does not change, and removing the address must not need AWS.
    mac: OnceCell<String>,
}

impl NetworkCard {
    /// An address on the card that belongs to an interface.
    pub fn new(ip: Ipv4Addr, eni: &str, cloud: Option<Arc<dyn Cloud>>) -> Self {
        Self { ip, eni: eni.to_owned(), cloud, mac: OnceCell::new() }
    }

    async fn mac(&self) -> Result<&String, String> {
        let ask = || async {
            let cloud = self.cloud.as_ref().ok_or("addresses are only removed here")?;
            let interface = cloud.network_interface(&self.eni).await.map_err(|error| error.to_string())?;
            interface.mac.ok_or_else(|| format!("AWS says no hardware address of {}", self.eni))
        };
        self.mac.get_or_try_init(ask).await
    }

    /// Number of the card.
    async fn card(&self, netlink: &Handle) -> Result<u32, String> {
        let wanted = self.mac().await?.to_lowercase();
        let mut links = netlink.link().get().execute();
        while let Some(link) = links.try_next().await.map_err(|error| error.to_string())? {
            let macs = link.attributes.iter().filter_map(|it| match it {
                LinkAttribute::Address(bytes) => Some(bytes),
                _ => None,
            });
            for bytes in macs {
                let text = bytes.iter().map(|it| format!("{it:02x}")).collect::<Vec<_>>().join(":");
                if text == wanted {
                    return Ok(link.header.index);
                }
            }
        }
        Err(format!("no network card has the hardware address {wanted} of {}", self.eni))
    }

    /// The address wherever it is on this machine.
    async fn found(&self, netlink: &Handle) -> Result<Vec<AddressMessage>, String> {
        let mut found = Vec::new();
        let mut addresses = netlink.address().get().execute();
        while let Some(it) = addresses.try_next().await.map_err(|error| error.to_string())? {
            let own = AddressAttribute::Local(IpAddr::V4(self.ip));
            let other = AddressAttribute::Address(IpAddr::V4(self.ip));
            if it.header.family == AddressFamily::Inet
                && (it.attributes.contains(&own) || it.attributes.contains(&other))
            {
                found.push(it);
            }
        }
        Ok(found)
    }
}

/// Runs work with a connection to the kernel.
async fn with_netlink<T, F>(work: impl FnOnce(Handle) -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, String>>,
{
    let (connection, netlink, _) = new_connection().map_err(|error| format!("netlink: {error}"))?;
    let connection = tokio::spawn(connection);
    let result = work(netlink).await;
    connection.abort();
    result
}

#[async_trait]
impl LocalResource for NetworkCard {
    async fn activate(&self, _outdated: bool) -> Result<(), String> {
        with_netlink(|netlink| async move {
            if !self.found(&netlink).await?.is_empty() {
                return Ok(());
            }
            let card = self.card(&netlink).await?;
            netlink
                .link()
                .set(LinkUnspec::new_with_index(card).up().build())
                .execute()
                .await
                .map_err(|it| it.to_string())?;
            let added = netlink.address().add(card, IpAddr::V4(self.ip), 32).execute().await;
            added.map_err(|error| format!("{} cannot be set: {error}", self.ip))
        })
        .await
    }

    async fn deactivate(&self) -> Result<(), String> {
        with_netlink(|netlink| async move {
            for it in self.found(&netlink).await? {
                let removed = netlink.address().del(it).execute().await;
                removed.map_err(|error| format!("{} cannot be removed: {error}", self.ip))?;
            }
            match self.found(&netlink).await?.is_empty() {
                true => Ok(()),
                false => Err(format!("{} is still there", self.ip)),
            }
        })
        .await
    }

    async fn condition(&self) -> Condition {
        let found = with_netlink(|netlink| async move { self.found(&netlink).await }).await;
        match found {
            Ok(found) => Condition { is_active: !found.is_empty(), ..Condition::default() },
            // What cannot be seen may be there.
            Err(reason) => Condition { is_active: true, is_outdated: false, trouble: Some(reason) },
        }
    }
}

/// A virtual address that a program of the site sets: `PROGRAM add|remove|check ADDRESS INTERFACE`. `check` ends with 0
/// when the address is there, with 1 when it is not.
pub struct AddressProgram {
    program: PathBuf,
    ip: Ipv4Addr,
    eni: String,
}

impl AddressProgram {
    /// An address of an interface.
    pub fn new(program: PathBuf, ip: Ipv4Addr, eni: &str) -> Self {
        Self { program, ip, eni: eni.to_owned() }
    }

    async fn call(&self, verb: &str) -> Result<(), String> {
        let argv = [self.program.display().to_string(), verb.to_owned(), self.ip.to_string(), self.eni.clone()];
        run(&argv, LIMIT, None).await.map(drop)
    }
}

#[async_trait]
impl LocalResource for AddressProgram {
    async fn activate(&self, _outdated: bool) -> Result<(), String> {
        self.call("add").await
    }

    async fn deactivate(&self) -> Result<(), String> {
        match self.condition().await.is_active {
            true => self.call("remove").await,
            false => Ok(()),
        }
    }

    async fn condition(&self) -> Condition {
        let check = self.call("check").await;
        let absent = check.as_ref().is_err_and(|it| it.contains("exit status: 1"));
        Condition { is_active: !absent, is_outdated: false, trouble: check.err().filter(|_| !absent) }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What the kernel says of the addresses of a network namespace.
    fn kernel_has(ip: &str) -> bool {
        std::fs::read_to_string("/proc/thread-self/net/fib_trie").unwrap().contains(ip)
    }

    #[tokio::test]
    #[ignore = "changes addresses: the next test runs it in a network of its own"]
    async fn inside() {
        let mac = OnceCell::new_with(Some("00:00:00:00:00:00".to_owned()));
        let card = NetworkCard { ip: Ipv4Addr::new(10, 1, 0, 20), eni: "eni-1".into(), cloud: None, mac };
        assert!(!card.condition().await.is_active && !kernel_has("10.1.0.20"));
        card.activate(false).await.unwrap();
        card.activate(false).await.unwrap();
        assert!(card.condition().await.is_active && kernel_has("10.1.0.20"));
        let other = NetworkCard::new(Ipv4Addr::new(10, 1, 0, 21), "eni-1", None);
        assert!(!other.condition().await.is_active, "another address is another resource");
        assert_eq!(other.activate(false).await.unwrap_err(), "addresses are only removed here");
        card.deactivate().await.unwrap();
        card.deactivate().await.unwrap();
        assert!(!card.condition().await.is_active && !kernel_has("10.1.0.20"));
        let strange = OnceCell::new_with(Some("02:00:00:00:00:01".to_owned()));
        let card = NetworkCard { mac: strange, ..card };
        let refused = card.activate(false).await.unwrap_err();
        assert_eq!(refused, "no network card has the hardware address 02:00:00:00:00:01 of eni-1");
    }

    /// On the loopback card of a network namespace; where the machine lets nobody make one, there is nothing to see.
    #[test]
    fn addresses_are_set_and_removed_by_the_kernel() {
        let unshare = |program: &std::path::Path, args: &[&str]| {
            Command::new("unshare").arg("--map-root-user").arg("--net").arg(program).args(args).output()
        };
        if !unshare(std::path::Path::new("true"), &[]).is_ok_and(|it| it.status.success()) {
            return;
        }
        let name = "agent::local::address::tests::inside";
        let program = std::env::current_exe().unwrap();
        let output = unshare(&program, &["--exact", name, "--ignored"]).unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
