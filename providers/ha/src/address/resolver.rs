//! What a name resolves to on this machine.

use std::net::{IpAddr, Ipv4Addr};

use async_trait::async_trait;
use hickory_resolver::TokioResolver;

/// Resolves names as the programs of a machine do.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// The IPv4 addresses of a name; why there is none, as a clause.
    async fn resolve(&self, name: &str) -> Result<Vec<Ipv4Addr>, String>;
}

/// The machine's own resolver: the name servers of its configuration and its hosts file, remembering nothing.
pub struct HostResolver {
    resolver: TokioResolver,
}

impl HostResolver {
    /// Reads the machine's configuration.
    ///
    /// # Errors
    /// There is none that can be used, as a clause.
    pub fn new() -> Result<Self, String> {
        let mut builder = TokioResolver::builder_tokio().map_err(|error| error.to_string())?;
        builder.options_mut().cache_size = 0;
        let resolver = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { resolver })
    }
}

#[async_trait]
impl Resolver for HostResolver {
    async fn resolve(&self, name: &str) -> Result<Vec<Ipv4Addr>, String> {
        let found = self.resolver.lookup_ip(name).await.map_err(|error| error.to_string())?;
        let addresses: Vec<Ipv4Addr> = found
            .iter()
            .filter_map(|it| match it {
                IpAddr::V4(ip) => Some(ip),
                IpAddr::V6(_) => None,
            })
            .collect();
        if addresses.is_empty() { Err("it has no IPv4 address".to_owned()) } else { Ok(addresses) }
    }
}
