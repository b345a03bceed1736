//! `aws_network_acl_association`: which network ACL a subnet has.

use std::time::Duration;

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use serde::{Deserialize, Serialize};

use super::network_acl::subnets::{acls_of, associate, release};
use super::{FILTER_VALUES, filter};
use crate::client::Aws;
use crate::wire::{pages, plan};

/// Which network ACL a subnet has. Without an association it has the VPC's default one.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkAclAssociation {
    /// The list; another is put in its place without a gap.
    pub network_acl_id: String,
    /// The subnet.
    #[attr(force_new)]
    pub subnet_id: String,
}

impl Resource for NetworkAclAssociation {
    type Client = Aws;
    const TYPE: &'static str = "aws_network_acl_association";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(1);

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["network_acl_id"], &["id"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let doing = "creating aws_network_acl_association";
        let id = associate(aws, &self.subnet_id, &self.network_acl_id, doing).await?;
        creation.made(&id);
        Ok(Made::ready(id, self.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = acls(aws, objects).await?;
        let seen = objects.iter().filter_map(|object| {
            let of = |it: &types::NetworkAclAssociation| match &object.state {
                Some(state) => it.subnet_id() == Some(&state.subnet_id),
                None => it.network_acl_association_id() == Some(&object.id),
            };
            let (acl, it) = found.iter().find_map(|acl| Some((acl, acl.associations().iter().find(|it| of(it))?)))?;
            let (id, list) = (it.network_acl_association_id()?, it.network_acl_id()?);
            // A subnet whose association is gone has the default list.
            let chosen = object.state.as_ref().is_none_or(|it| it.network_acl_id == list);
            if !chosen && acl.is_default == Some(true) {
                return None;
            }
            let state = Self { network_acl_id: list.to_owned(), subnet_id: it.subnet_id()?.to_owned() };
            Some(Observed::ready(id, state).asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        let doing = "changing aws_network_acl_association";
        associate(aws, &self.subnet_id, &self.network_acl_id, doing).await.map(drop)
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let doing = "deleting aws_network_acl_association";
        let found = acls_of(aws, vec![self.subnet_id.clone()], doing).await?;
        let ours = found.into_iter().find(|acl| {
            let mut all = acl.associations().iter();
            acl.is_default != Some(true) && all.any(|it| it.network_acl_association_id() == Some(id))
        });
        match ours.and_then(|it| it.vpc_id) {
            Some(vpc) => release(aws, id, &vpc, doing).await,
            None => Ok(()),
        }
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = Self::read(aws, &[Prior { id: String::new(), state: Some(self.clone()) }]).await?;
        Ok(found.into_iter().find(|it| it.state.network_acl_id == self.network_acl_id).map(|it| it.id))
    }
}

/// The lists that have the objects' subnets: one call for those of the state, one for imports.
async fn acls(aws: &Aws, objects: &[Prior<NetworkAclAssociation>]) -> Result<Vec<types::NetworkAcl>> {
    let subnets: Vec<_> = objects.iter().filter_map(|it| Some(it.state.as_ref()?.subnet_id.clone())).collect();
    let imports: Vec<_> = objects.iter().filter(|it| it.state.is_none()).map(|it| it.id.clone()).collect();
    let mut found = Vec::new();
    for (name, values) in [("association.subnet-id", subnets), ("association.association-id", imports)] {
        if !values.is_empty() {
            let call = aws.ec2.describe_network_acls().filters(filter(name, values));
            let acls: Vec<_> = pages!(call, "reading aws_network_acl_association (DescribeNetworkAcls)")?;
            found.extend(acls);
        }
    }
    Ok(found)
}
