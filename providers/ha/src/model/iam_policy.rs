//! `ha_iam_policy`: the least that the agents of a cluster must be allowed, from what its groups own.

use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::group::ClusterRef;
use super::iam::{PolicyInput, policy};
use crate::group::Cluster;
use crate::provider::Ha;

/// The least that the role of the servers must be allowed, as JSON for `aws_iam_role_policy`. The blocks name what groups own
/// and not the groups, so that a group can wait for the policy: `depends_on` in the `ha_group` has the permission for a new
/// route table in force before the table has the row. No call is made.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct IamPolicy {
    /// The cluster: `ha_cluster.NAME` as a whole.
    cluster: ClusterRef,
    /// Account of the servers: `data.aws_caller_identity.current.account_id`.
    account_id: String,
    /// Partition of the ARNs.
    #[attr(default = "aws")]
    partition: String,
    /// Region of the servers; left out, that of the cluster.
    #[attr(optional, computed)]
    region: Option<String>,
    /// Whether availability zones are watched.
    #[attr(default = false)]
    az_monitor: bool,
    /// A virtual address.
    #[block(list)]
    virtual_ip: Vec<VirtualIpRights>,
    /// An Elastic IP address.
    #[block(list)]
    elastic_ip: Vec<ElasticIpRights>,
    /// A record.
    #[block(list)]
    dns: Vec<DnsRights>,
    /// The policy.
    #[attr(computed)]
    json: Option<String>,
}

/// What a virtual address owns.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
struct VirtualIpRights {
    /// Route tables with its row: every one of them, or a failover cannot move the others.
    #[attr(set, required)]
    route_table_ids: Vec<String>,
}

/// What an Elastic IP address owns.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
struct ElasticIpRights {
    /// The allocation: `eipalloc-…`.
    allocation_id: String,
    /// Interfaces that may have it besides those of the servers.
    #[attr(set)]
    interface_ids: Vec<String>,
}

/// What a name owns.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
struct DnsRights {
    /// The hosted zone: `Z…`.
    zone_id: String,
    /// Name of the record.
    record_name: String,
}

impl DataSource for IamPolicy {
    type Client = Ha;
    const TYPE: &'static str = "ha_iam_policy";

    async fn read(self, ha: &Ha) -> Result<(Id, Self)> {
        let refuse = |reason: String| ProviderError::refused("making a policy for ha_cluster", reason);
        let text = self.cluster.definition.as_deref().unwrap_or_default();
        let cluster: Cluster = serde_json::from_str(text).map_err(|error| {
            refuse(format!("the definition of the cluster cannot be read: {error}"))
                .help("Write cluster = ha_cluster.NAME, the resource as a whole.")
        })?;
        let region = self.region.clone().or_else(|| cluster.region.clone()).or_else(|| ha.region().map(str::to_owned));
        let region = region.ok_or_else(|| {
            refuse("neither the data source nor the cluster nor AWS_REGION names a region".into())
                .help("Set \"region\" in the ha_cluster block.")
        })?;
        let document = policy(&PolicyInput {
            cluster: &cluster,
            partition: &self.partition,
            region: &region,
            account: &self.account_id,
            route_tables: self.virtual_ip.iter().flat_map(|it| it.route_table_ids.iter().cloned()).collect(),
            allocations: self.elastic_ip.iter().map(|it| it.allocation_id.clone()).collect(),
            interfaces: self.elastic_ip.iter().flat_map(|it| it.interface_ids.iter().cloned()).collect(),
            records: self.dns.iter().map(|it| (it.zone_id.clone(), it.record_name.clone())).collect(),
            zones: self.az_monitor,
        });
        let id = cluster.name.clone();
        Ok((id, Self { json: Some(document.to_string()), region: Some(region), ..self }))
    }
}
