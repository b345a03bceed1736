//! `aws_partition`: the partition of the provider's region.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;

/// The partition of the provider's region; costs no call.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Partition {
    /// Domain of endpoints: `amazonaws.com`.
    #[attr(computed)]
    pub dns_suffix: Option<String>,
    /// Name of the partition in ARNs: `aws`.
    #[attr(computed)]
    pub partition: Option<String>,
    /// Prefix of the names of VPC endpoint services: `com.amazonaws`.
    #[attr(computed)]
    pub reverse_dns_prefix: Option<String>,
}

impl DataSource for Partition {
    type Client = Aws;
    const TYPE: &'static str = "aws_partition";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let partition = aws.partition;
        let seen = Self {
            dns_suffix: Some(partition.dns_suffix.into()),
            partition: Some(partition.id.into()),
            reverse_dns_prefix: Some(partition.reverse_dns_prefix.into()),
        };
        Ok((partition.id.into(), seen))
    }
}
