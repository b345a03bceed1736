//! `aws_region`: a region by its name or its endpoint.

use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::region::{Partition, description};

/// A region: that of `region`, or the provider's when nothing is set; costs no call.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Region {
    /// Name of the region.
    #[attr(optional, computed, deprecated = "Use `region`.")]
    pub name: Option<String>,
    /// EC2 endpoint of the region: `ec2.eu-central-1.amazonaws.com`.
    #[attr(optional, computed)]
    pub endpoint: Option<String>,
    /// What people call the region: `Europe (Frankfurt)`; null for one that is not known.
    #[attr(computed)]
    pub description: Option<String>,
}

impl DataSource for Region {
    type Client = Aws;
    const TYPE: &'static str = "aws_region";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let of_endpoint = self.endpoint.as_deref().map(|it| it.split('.').nth(1).unwrap_or_default());
        let region = self.name.as_deref().or(of_endpoint).unwrap_or(&aws.region).to_owned();
        let endpoint = format!("ec2.{region}.{}", Partition::of(&region).dns_suffix);
        if self.endpoint.as_ref().is_some_and(|it| *it != endpoint) {
            let message = format!("the endpoint of the region {region} is {endpoint}");
            return Err(ProviderError::refused("reading aws_region", message)
                .help("Set one of `name` and `endpoint`, or two that belong together."));
        }
        let description = description(&region).map(str::to_owned);
        Ok((region.clone(), Self { name: Some(region), endpoint: Some(endpoint), description }))
    }
}
