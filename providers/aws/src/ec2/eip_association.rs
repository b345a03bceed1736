//! `aws_eip_association`: which instance or network interface has a public address.

use std::time::Duration;

use aws_sdk_ec2::types;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, filter};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, patiently, plan, told};

const GONE: &[&str] = &["InvalidAssociationID.NotFound"];
const NOT_YET: &[&str] = &[
    "InvalidAllocationID.NotFound",
    "InvalidInstanceID",
    "InvalidInstanceID.NotFound",
    "InvalidNetworkInterfaceID.NotFound",
    "IncorrectInstanceState",
];

/// Which instance or network interface has a public address of one's own. An address that is found elsewhere, and one
/// whose instance or interface is changed, moves in one step: it is never without owner in between. `aws_eip` can name
/// its instance or interface, too; not both for the same address.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct EipAssociation {
    /// Id of the address.
    #[attr(force_new, optional, computed)]
    pub allocation_id: Option<String>,
    /// The address itself, instead of `allocation_id`.
    #[attr(force_new, optional, computed)]
    pub public_ip: Option<String>,
    /// Instance that gets the address on its first network interface.
    #[attr(optional, computed)]
    pub instance_id: Option<String>,
    /// Network interface that gets the address.
    #[attr(optional, computed)]
    pub network_interface_id: Option<String>,
    /// Private address that gets the public one; the primary one when left out.
    #[attr(optional, computed)]
    pub private_ip_address: Option<String>,
    /// Whether an address that something else has is taken from there; it is when left out.
    pub allow_reassociation: Option<bool>,
}

impl Resource for EipAssociation {
    type Client = Aws;
    const TYPE: &'static str = "aws_eip_association";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(1);
    const UNREADABLE: &'static [&'static str] = &["allow_reassociation"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.exactly_one(&["allocation_id", "public_ip"]).exactly_one(&["instance_id", "network_interface_id"]);
        check.address("public_ip").address("private_ip_address");
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        let ends = ["instance_id", "network_interface_id", "private_ip_address"];
        plan::follow(change, &ends, &["id", "instance_id", "network_interface_id", "private_ip_address"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let id = self.associate(aws, self.allow_reassociation).await?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let known = |it: &Prior<Self>| it.state.as_ref().and_then(|it| it.allocation_id.clone());
        let addresses: Vec<_> = objects.iter().filter_map(known).collect();
        let named = objects.iter().filter(|it| known(it).is_none()).map(|it| it.id.clone()).collect();
        let mut found = Vec::new();
        for (name, values) in [("allocation-id", addresses), ("association-id", named)] {
            if !values.is_empty() {
                let answer = aws.ec2.describe_addresses().filters(filter(name, values)).send().await;
                let answer = answer.context("reading aws_eip_association (DescribeAddresses)")?;
                found.extend(answer.addresses.unwrap_or_default());
            }
        }
        let seen = objects.iter().filter_map(|object| {
            let is_it = |it: &&types::Address| {
                it.association_id() == Some(&object.id)
                    || known(object).is_some_and(|id| it.allocation_id() == Some(&id))
            };
            let (id, state) = Self::observe(found.iter().find(is_it)?)?;
            Some(Observed::ready(id, state).asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        let end = |it: &Self| (it.instance_id.clone(), it.network_interface_id.clone(), it.private_ip_address.clone());
        if end(self) == end(prior) {
            return Ok(());
        }
        // What is computed is still as it was: only what has changed says where the address goes.
        let changed = |of: fn(&Self) -> &Option<String>| of(self).clone().filter(|_| of(self) != of(prior));
        let (instance_id, interface) = (changed(|it| &it.instance_id), changed(|it| &it.network_interface_id));
        let moves = instance_id.is_some() || interface.is_some();
        let network_interface_id = match moves {
            true => interface.filter(|_| instance_id.is_none()),
            false => self.network_interface_id.clone(),
        };
        let private_ip_address = changed(|it| &it.private_ip_address);
        let now = Self { instance_id, network_interface_id, private_ip_address, ..self.clone() };
        now.associate(aws, Some(true)).await.map(drop)
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.ec2.disassociate_address().association_id(id).send().await;
        done.absent("deleting aws_eip_association (DisassociateAddress)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let address = self.address(aws, "finding aws_eip_association (DescribeAddresses)").await?;
        let ours = |now: &Option<String>, it: &Option<String>| now.as_ref().is_none_or(|_| now == it);
        let found = address.as_ref().and_then(Self::observe).filter(|(_, it)| {
            ours(&self.instance_id, &it.instance_id)
                && ours(&self.network_interface_id, &it.network_interface_id)
                && ours(&self.private_ip_address, &it.private_ip_address)
        });
        Ok(found.map(|(id, _)| id))
    }
}

impl EipAssociation {
    async fn associate(&self, aws: &Aws, again: Option<bool>) -> Result<Id> {
        let action = "creating aws_eip_association (AssociateAddress)";
        let allocation = match &self.allocation_id {
            Some(id) => id.clone(),
            None => {
                let address = self.address(aws, "creating aws_eip_association (DescribeAddresses)").await?;
                let unknown = || {
                    let ip = self.public_ip.as_deref().unwrap_or_default();
                    ProviderError::refused(action, format!("{ip} is no address of this account and region"))
                };
                address.and_then(|it| it.allocation_id).ok_or_else(unknown)?
            }
        };
        let call = aws
            .ec2
            .associate_address()
            .allocation_id(allocation)
            .set_instance_id(self.instance_id.clone())
            .set_network_interface_id(self.network_interface_id.clone().filter(|_| self.instance_id.is_none()))
            .set_private_ip_address(self.private_ip_address.clone())
            .set_allow_reassociation(again);
        let made = patiently(VISIBLE, NOT_YET, || call.clone().send()).await.context(action)?;
        told(made.association_id, action)
    }

    async fn address(&self, aws: &Aws, action: &str) -> Result<Option<types::Address>> {
        let by = match (&self.allocation_id, &self.public_ip) {
            (Some(id), _) => filter("allocation-id", [id]),
            (None, ip) => filter("public-ip", ip),
        };
        let found = aws.ec2.describe_addresses().filters(by).send().await.context(action)?;
        Ok(found.addresses.unwrap_or_default().into_iter().next())
    }

    /// Id and state of an address's association; `None` where it has none.
    fn observe(address: &types::Address) -> Option<(Id, Self)> {
        let state = Self {
            allocation_id: address.allocation_id.clone(),
            public_ip: address.public_ip.clone(),
            instance_id: Some(address.instance_id.clone().unwrap_or_default()),
            network_interface_id: address.network_interface_id.clone(),
            private_ip_address: address.private_ip_address.clone(),
            allow_reassociation: None,
        };
        Some((address.association_id.clone().filter(|it| !it.is_empty())?, state))
    }
}
