//! `aws_volume_attachment`: a volume on an instance.

use std::time::Duration;

use aws_sdk_ec2::types::{self, InstanceStateName, VolumeAttachmentState};
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, filter};
use crate::client::Aws;
use crate::wire::{Absent, Context, hash, pages, patiently, until_found};

/// `IncorrectState` is what AWS says of a volume that is not attached to the instance.
const GONE: &[&str] = &["IncorrectState", "InvalidAttachment.NotFound", "InvalidVolume.NotFound"];
const NOT_YET: &[&str] =
    &["IncorrectState", "IncorrectInstanceState", "InvalidInstanceID.NotFound", "InvalidVolume.NotFound"];

/// An EBS volume on an instance as a block device.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeAttachment {
    /// Name of the device on the instance: `/dev/sdh`, `xvdh`.
    #[attr(force_new)]
    pub device_name: String,
    /// Instance to attach to, in the volume's zone.
    #[attr(force_new)]
    pub instance_id: String,
    /// Volume to attach.
    #[attr(force_new)]
    pub volume_id: String,
    /// Whether a destroy detaches the volume though the instance still uses it, which may lose data.
    pub force_detach: Option<bool>,
    /// Whether a destroy only forgets the attachment and leaves the volume where it is.
    pub skip_destroy: Option<bool>,
    /// Whether a destroy stops the instance first, so that it has written everything; it stays stopped.
    pub stop_instance_before_detaching: Option<bool>,
}

impl Resource for VolumeAttachment {
    type Client = Aws;
    const TYPE: &'static str = "aws_volume_attachment";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(2);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] = &["force_detach", "skip_destroy", "stop_instance_before_detaching"];

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = aws.ec2.attach_volume().device(&self.device_name);
        let call = call.instance_id(&self.instance_id).volume_id(&self.volume_id);
        // An instance that is just being started takes no volume yet.
        let made = patiently(creation.timeout, NOT_YET, || call.clone().send()).await;
        made.context("creating aws_volume_attachment (AttachVolume)")?;
        let id = self.id();
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let named: Vec<Option<Self>> = objects.iter().map(|it| it.state.clone().or_else(|| parse(&it.id))).collect();
        let volumes = named.iter().flatten().map(|it| it.volume_id.clone());
        let call = aws.ec2.describe_volumes().filters(filter("volume-id", volumes));
        let found: Vec<types::Volume> = pages!(call, "reading aws_volume_attachment (DescribeVolumes)")?;
        let all: Vec<_> = found.into_iter().flat_map(|it| it.attachments.unwrap_or_default()).collect();
        let seen = objects.iter().zip(&named).filter_map(|(object, named)| {
            let named = named.as_ref()?;
            let phase = phase(all.iter().find(|it| named.is(it))?)?;
            Some(Observed::ready(named.id(), named.clone()).phase(phase).asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    /// What can be changed concerns the destroy alone.
    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        if self.skip_destroy == Some(true) {
            return Ok(());
        }
        if self.stop_instance_before_detaching == Some(true) {
            self.stop_instance(aws).await?;
        }
        let call = aws.ec2.detach_volume().device(&self.device_name).instance_id(&self.instance_id);
        let done = call.volume_id(&self.volume_id).set_force(self.force_detach).send().await;
        done.absent("deleting aws_volume_attachment (DetachVolume)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = Self::read(aws, &[Prior { id: self.id(), state: Some(self.clone()) }]).await?;
        Ok(found.into_iter().find(|it| it.phase != Phase::Deleting).map(|it| it.id))
    }
}

impl VolumeAttachment {
    fn id(&self) -> Id {
        format!("vai-{}", hash::crc(&format!("{}-{}-{}-", self.device_name, self.instance_id, self.volume_id)))
    }

    fn is(&self, attachment: &types::VolumeAttachment) -> bool {
        attachment.volume_id() == Some(&self.volume_id)
            && attachment.instance_id() == Some(&self.instance_id)
            && attachment.device() == Some(&self.device_name)
    }

    async fn stop_instance(&self, aws: &Aws) -> Result<()> {
        let action = "deleting aws_volume_attachment (StopInstances)";
        let done = aws.ec2.stop_instances().instance_ids(&self.instance_id).send().await;
        if done.absent(action, &["InvalidInstanceID.NotFound", "IncorrectInstanceState"])?.is_none() {
            return Ok(());
        }
        let stopped = until_found(Self::TIMEOUTS.delete, || async {
            let call = aws.ec2.describe_instances().filters(filter("instance-id", [&self.instance_id]));
            let found: Vec<types::Reservation> = pages!(call, "deleting aws_volume_attachment (DescribeInstances)")?;
            let mut states = found.iter().flat_map(|it| it.instances()).filter_map(|it| it.state()?.name());
            let runs =
                |it: &InstanceStateName| !matches!(it, InstanceStateName::Stopped | InstanceStateName::Terminated);
            Ok((!states.any(runs)).then_some(()))
        });
        let late = || {
            ProviderError::unanswered(action, format!("{} has not stopped in time", self.instance_id))
                .help("Look what keeps the instance from stopping, then repeat the command.")
        };
        stopped.await?.ok_or_else(late)
    }
}

/// What an import names: `DEVICE:VOLUME:INSTANCE`.
fn parse(id: &str) -> Option<VolumeAttachment> {
    let mut parts = id.split(':').map(str::to_owned);
    let (device_name, volume_id, instance_id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(VolumeAttachment { device_name, instance_id, volume_id, ..VolumeAttachment::default() })
}

/// `None` where the volume is detached.
fn phase(attachment: &types::VolumeAttachment) -> Option<Phase> {
    match attachment.state.as_ref() {
        Some(VolumeAttachmentState::Attaching) => Some(Phase::Pending("attaching".into())),
        // Busy: it is to be detached, and the instance still uses it.
        Some(VolumeAttachmentState::Detaching | VolumeAttachmentState::Busy) => Some(Phase::Deleting),
        Some(VolumeAttachmentState::Detached) => None,
        _ => Some(Phase::Ready),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_imports() {
        let named = parse("/dev/sdh:vol-049df61146c4d7901:i-12345678").unwrap();
        assert_eq!((named.device_name.as_str(), named.instance_id.as_str()), ("/dev/sdh", "i-12345678"));
        assert!(named.id().starts_with("vai-"));
        assert!(parse("vai-1").is_none());
    }
}
