//! Which subnets have which network ACL: each always has exactly one, the VPC's default when no other was chosen.

use aws_sdk_ec2::types::{NetworkAcl, NetworkAclAssociation};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Id, Result};

use super::entry::GONE;
use crate::client::Aws;
use crate::ec2::{VISIBLE, filter};
use crate::wire::{Absent, Context, code, pages, patiently, told};

/// Codes of answers that mean that an association is no more: its subnet has got another, or is gone.
pub const ASSOCIATION_GONE: &[&str] = &["InvalidAssociationID.NotFound"];

/// The ACLs that have any of these subnets.
///
/// # Errors
/// The call is refused.
pub async fn acls_of(aws: &Aws, subnets: Vec<String>, doing: &str) -> Result<Vec<NetworkAcl>> {
    let call = aws.ec2.describe_network_acls().filters(filter("association.subnet-id", subnets));
    pages!(call, &format!("{doing} (DescribeNetworkAcls)"))
}

/// Gives a subnet an ACL: the id of the new association.
///
/// # Errors
/// There is no such subnet, or a call is refused.
pub async fn associate(aws: &Aws, subnet: &str, acl: &str, doing: &str) -> Result<Id> {
    let action = format!("{doing} (ReplaceNetworkAclAssociation)");
    let mut repeated = false;
    loop {
        let found = acls_of(aws, vec![subnet.to_owned()], doing).await?;
        let mut all = found.into_iter().flat_map(|it| it.associations.unwrap_or_default());
        let unknown = || ProviderError::refused(&action, format!("the subnet {subnet} does not exist"));
        let current = all.find(|it| it.subnet_id() == Some(subnet)).ok_or_else(unknown)?;
        let NetworkAclAssociation { network_acl_association_id, network_acl_id, .. } = current;
        let current = told(network_acl_association_id, &action)?;
        if network_acl_id.as_deref() == Some(acl) {
            return Ok(current);
        }
        let call = aws.ec2.replace_network_acl_association().association_id(&current).network_acl_id(acl);
        let done = patiently(VISIBLE, GONE, || call.clone().send()).await;
        // Something else has given the subnet another ACL since it was looked at.
        let raced = done.as_ref().is_err_and(|it| code(it).is_some_and(|it| ASSOCIATION_GONE.contains(&it)));
        if !raced || repeated {
            return told(done.context(&action)?.new_association_id, &action);
        }
        repeated = true;
    }
}

/// Gives an association's subnet the default ACL of a VPC; what is gone is a success.
///
/// # Errors
/// The VPC's default ACL is not found, or a call is refused.
pub async fn release(aws: &Aws, association: &str, vpc: &str, doing: &str) -> Result<()> {
    let filters = vec![filter("vpc-id", [vpc]), filter("default", ["true"])];
    let call = aws.ec2.describe_network_acls().set_filters(Some(filters));
    let action = format!("{doing} (DescribeNetworkAcls)");
    let found: Vec<NetworkAcl> = pages!(call, &action)?;
    let default = told(found.into_iter().find_map(|it| it.network_acl_id), &action)?;
    let done = aws.ec2.replace_network_acl_association().association_id(association).network_acl_id(default).send();
    done.await.absent(&format!("{doing} (ReplaceNetworkAclAssociation)"), ASSOCIATION_GONE).map(drop)
}
