//! `aws_efs_mount_target`: a file system's address in a subnet.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_efs::types::{LifeCycleState, MountTargetDescription};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{BUSY, arn, dns_name};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, each, pages, patiently};

const GONE: &[&str] = &["MountTargetNotFound"];
const GONE_WITH_ALL: &[&str] = &["MountTargetNotFound", "FileSystemNotFound"];

/// A network interface in a subnet through which the subnet's availability zone mounts a file system; one per zone.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MountTarget {
    /// File system to mount.
    #[attr(force_new)]
    pub file_system_id: String,
    /// Subnet of the network interface.
    #[attr(force_new)]
    pub subnet_id: String,
    /// IPv4 address in the subnet; AWS picks one when left out.
    #[attr(force_new, optional, computed)]
    pub ip_address: Option<String>,
    /// `IPV4_ONLY`, `IPV6_ONLY` or `DUAL_STACK`.
    #[attr(force_new, optional, computed)]
    pub ip_address_type: Option<String>,
    /// IPv6 address in the subnet; AWS picks one where the address type wants one and this is left out.
    #[attr(force_new, optional, computed)]
    pub ipv6_address: Option<String>,
    /// Security groups of the network interface, at most five; the VPC's default group when left out. Reading them
    /// costs one call per mount target.
    #[attr(optional, computed)]
    pub security_groups: BTreeSet<String>,
    /// Id of the subnet's availability zone.
    #[attr(computed)]
    pub availability_zone_id: Option<String>,
    /// Name of the subnet's availability zone.
    #[attr(computed)]
    pub availability_zone_name: Option<String>,
    /// Name of the file system, which resolves to the mount target of the asking machine's zone.
    #[attr(computed)]
    pub dns_name: Option<String>,
    /// ARN of the file system.
    #[attr(computed)]
    pub file_system_arn: Option<String>,
    /// Name of this mount target.
    #[attr(computed)]
    pub mount_target_dns_name: Option<String>,
    /// Id of the network interface.
    #[attr(computed)]
    pub network_interface_id: Option<String>,
    /// Account that owns the mount target.
    #[attr(computed)]
    pub owner_id: Option<String>,
}

impl Resource for MountTarget {
    type Client = Aws;
    const TYPE: &'static str = "aws_efs_mount_target";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(30);
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.address("ip_address").address("ipv6_address");
        check.one_of("ip_address_type", &["IPV4_ONLY", "IPV6_ONLY", "DUAL_STACK"]);
        let groups = config.get("security_groups").and_then(Value::as_slice).map_or(0, <[Value]>::len);
        if groups > 5 {
            check.error("security_groups", format!("has {groups} groups; AWS takes at most 5."));
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_efs_mount_target (CreateMountTarget)";
        let groups: Vec<String> = self.security_groups.iter().cloned().collect();
        let call = aws
            .efs
            .create_mount_target()
            .file_system_id(&self.file_system_id)
            .subnet_id(&self.subnet_id)
            .set_ip_address(self.ip_address.clone())
            .set_ip_address_type(self.ip_address_type.as_deref().map(Into::into))
            .set_ipv6_address(self.ipv6_address.clone())
            .set_security_groups((!groups.is_empty()).then_some(groups));
        let made = patiently(creation.timeout, BUSY, || call.clone().send()).await.context(action)?;
        if made.subnet_id != self.subnet_id {
            // Two creates for one zone at the same time are answered with one mount target.
            let message = format!(
                "{} has a mount target ({}) in this availability zone already, in {}.",
                self.file_system_id, made.mount_target_id, made.subnet_id
            );
            let help = "A file system has one mount target per availability zone: remove one of the two.";
            return Err(ProviderError::refused(action, message).help(help));
        }
        creation.made(&made.mount_target_id);
        Ok(Made::id(made.mount_target_id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut asked: BTreeMap<Question, ()> = BTreeMap::new();
        for object in objects {
            let question = match &object.state {
                Some(state) => Question::OfFileSystem(state.file_system_id.clone()),
                None => Question::Target(object.id.clone()),
            };
            asked.insert(question, ());
        }
        let found = each(asked.into_keys().collect::<Vec<_>>(), |it| describe(aws, it)).await?;
        let wanted: BTreeSet<&str> = objects.iter().map(|it| it.id.as_str()).collect();
        let found: Vec<_> =
            found.into_iter().flatten().filter(|it| wanted.contains(it.mount_target_id.as_str())).collect();
        let groups = each(found.iter().map(|it| it.mount_target_id.clone()).collect::<Vec<_>>(), |id| groups(aws, id));
        let groups = groups.await?;
        let seen = found.into_iter().zip(groups).filter_map(|(it, groups)| Some(Self::observe(aws, it, groups?)));
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.security_groups == prior.security_groups {
            return Ok(());
        }
        let groups = self.security_groups.iter().cloned().collect();
        let call =
            aws.efs.modify_mount_target_security_groups().mount_target_id(id).set_security_groups(Some(groups)).send();
        call.await.context("changing aws_efs_mount_target (ModifyMountTargetSecurityGroups)").map(drop)
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.efs.delete_mount_target().mount_target_id(id).send().await;
        done.absent("deleting aws_efs_mount_target (DeleteMountTarget)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = describe(aws, Question::OfFileSystem(self.file_system_id.clone())).await?;
        let found = found.into_iter().find(|it| {
            it.subnet_id == self.subnet_id
                && !matches!(it.life_cycle_state, LifeCycleState::Deleting | LifeCycleState::Deleted)
        });
        Ok(found.map(|it| it.mount_target_id))
    }
}

impl MountTarget {
    fn observe(aws: &Aws, it: MountTargetDescription, security_groups: BTreeSet<String>) -> Observed<Self> {
        let phase = match it.life_cycle_state {
            LifeCycleState::Creating => Phase::Pending("creating".into()),
            LifeCycleState::Updating => Phase::Pending("updating".into()),
            LifeCycleState::Deleting | LifeCycleState::Deleted => Phase::Deleting,
            LifeCycleState::Error => Phase::Failed("AWS shows it in the state \"error\"".into()),
            _ => Phase::Ready,
        };
        let name = dns_name(aws, &it.file_system_id);
        let own_name = it.availability_zone_name.as_deref().map(|zone| format!("{zone}.{name}"));
        let some = |it: &Option<String>| it.as_ref().is_some_and(|it| !it.is_empty());
        let address_type = match (some(&it.ip_address), some(&it.ipv6_address)) {
            (true, true) => "DUAL_STACK",
            (false, true) => "IPV6_ONLY",
            _ => "IPV4_ONLY",
        };
        let state = Self {
            ip_address: it.ip_address,
            ip_address_type: Some(address_type.into()),
            ipv6_address: it.ipv6_address,
            security_groups,
            availability_zone_id: it.availability_zone_id,
            availability_zone_name: it.availability_zone_name,
            dns_name: Some(name),
            file_system_arn: it.owner_id.as_deref().map(|owner| arn(aws, owner, &it.file_system_id)),
            mount_target_dns_name: own_name,
            network_interface_id: it.network_interface_id,
            owner_id: it.owner_id,
            file_system_id: it.file_system_id,
            subnet_id: it.subnet_id,
        };
        Observed::ready(it.mount_target_id, state).phase(phase)
    }
}

/// What one call asks for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    OfFileSystem(String),
    Target(String),
}

async fn describe(aws: &Aws, question: Question) -> Result<Vec<MountTargetDescription>> {
    let call = match question {
        Question::OfFileSystem(id) => aws.efs.describe_mount_targets().file_system_id(id),
        Question::Target(id) => aws.efs.describe_mount_targets().mount_target_id(id),
    };
    let found = pages!(call, absent "reading aws_efs_mount_target (DescribeMountTargets)", GONE_WITH_ALL)?;
    Ok(found.unwrap_or_default())
}

/// Security groups of a mount target; `None` if it is gone meanwhile.
async fn groups(aws: &Aws, id: String) -> Result<Option<BTreeSet<String>>> {
    let answer = aws.efs.describe_mount_target_security_groups().mount_target_id(id).send().await;
    // While it is being made or deleted it does not tell them.
    let codes = &["MountTargetNotFound", "IncorrectMountTargetState"];
    match &answer {
        Err(error) if crate::wire::code(error) == Some("IncorrectMountTargetState") => Ok(Some(BTreeSet::new())),
        _ => {
            let answer = answer.absent("reading aws_efs_mount_target (DescribeMountTargetSecurityGroups)", codes)?;
            Ok(answer.map(|it| it.security_groups.into_iter().collect()))
        }
    }
}
