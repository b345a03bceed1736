//! A connection: what the clients of all services share.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::{Region, SdkConfig};

use crate::region::Partition;
use crate::traffic::Traffic;
use crate::way::Delivery;

/// What the clients of all services share: configuration, credentials, counts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connection {
    sdk: SdkConfig,
    region: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    endpoints: BTreeMap<String, String>,
    traffic: Traffic,
    delivery: Delivery,
}

impl Connection {
    pub(crate) fn new(sdk: SdkConfig, region: String, endpoints: BTreeMap<String, String>, delivery: Delivery) -> Self {
        let shared = Arc::new(Shared { endpoints, traffic: Traffic::default(), delivery });
        Self { sdk: sdk.into_builder().region(Region::new(region.clone())).build(), region, shared }
    }

    /// The same in another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let sdk = self.sdk.to_builder().region(Region::new(region.to_owned())).build();
        Self { sdk, region: region.to_owned(), shared: self.shared.clone() }
    }

    /// Name of the region: `eu-central-1`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What follows from the region's partition.
    pub fn partition(&self) -> Partition {
        Partition::of(&self.region)
    }

    /// The SDK's configuration. Make clients with [`client!`](crate::client), which adds the counting of calls and the
    /// retry rules.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Address of the endpoint that the configuration gives a service, by the first of `names` that it has.
    pub fn endpoint(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.shared.endpoints.get(*name)).map(String::as_str)
    }

    /// What counts the calls of a client and says which are repeated: an interceptor and a retry classifier.
    pub fn traffic(&self) -> Traffic {
        self.shared.traffic.clone()
    }

    /// Requests sent so far to all regions, every attempt counted.
    pub fn sent(&self) -> u64 {
        self.shared.traffic.sent()
    }

    /// Requests sent so far to all regions by `Service:Operation`.
    pub fn operations(&self) -> BTreeMap<String, u64> {
        self.shared.traffic.operations()
    }

    /// Tells of an object that now exists: calls that name it are repeated for a while when AWS does not know it.
    pub fn made(&self, id: &str) {
        self.shared.delivery.recent.made(id);
    }

    /// What all calls wait for at the moment, as a sentence: credentials that have expired.
    pub fn waiting(&self) -> Option<String> {
        self.shared.delivery.renewal.waiting()
    }
}

/// Makes the client of a service: `client!(aws_sdk_ec2, &connection, "ec2")`, with the SDK's crate and the names that
/// `endpoints` blocks have for the service (`"logs" | "cloudwatchlogs"`). The SDK's settings, the configured endpoint,
/// the counting of calls and the retry rules come from the connection.
#[macro_export]
macro_rules! client {
    ($krate:ident, $connection:expr, $($name:literal)|+) => {{
        let connection: &$crate::Connection = $connection;
        let mut config = $krate::config::Builder::from(connection.sdk_config())
            .interceptor(connection.traffic())
            .retry_classifier(connection.traffic())
            .retry_partition(
                $krate::config::retry::RetryPartition::custom("plumb")
                    .token_bucket($krate::config::retry::TokenBucket::unlimited())
                    .build(),
            );
        if let ::std::option::Option::Some(url) = connection.endpoint(&[$($name),+]) {
            config.set_endpoint_url(::std::option::Option::Some(url.to_owned()));
        }
        $krate::Client::from_conf(config.build())
    }};
}
