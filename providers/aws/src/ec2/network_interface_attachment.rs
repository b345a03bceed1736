//! `aws_network_interface_attachment`: a network interface on an instance.

use std::time::Duration;

use aws_sdk_ec2::types::{self, AttachmentStatus};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, filter};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, ids, pages, patiently, told};

const GONE: &[&str] = &["InvalidAttachmentID.NotFound", "InvalidNetworkInterfaceID.NotFound"];
const NOT_YET: &[&str] = &["InvalidNetworkInterfaceID.NotFound", "InvalidInstanceID.NotFound", "IncorrectState"];

/// A network interface on an instance, besides the one that the instance is launched with. Instead of it the interface
/// itself can name its instance, in `attachment` of `aws_network_interface`; not both for the same interface.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkInterfaceAttachment {
    /// Instance to attach to.
    #[attr(force_new)]
    pub instance_id: String,
    /// Network interface to attach.
    #[attr(force_new)]
    pub network_interface_id: String,
    /// Position among the instance's interfaces; 0 is the one that it is launched with.
    #[attr(required, force_new)]
    pub device_index: i64,
    /// Network card, for instances with several.
    #[attr(force_new, optional, computed)]
    pub network_card_index: Option<i64>,
    /// Id of the attachment, the same as `id`.
    #[attr(computed)]
    pub attachment_id: Option<String>,
    /// State: `attached`, or `attaching` and `detaching` for a moment.
    #[attr(computed)]
    pub status: Option<String>,
}

impl Resource for NetworkInterfaceAttachment {
    type Client = Aws;
    const TYPE: &'static str = "aws_network_interface_attachment";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(2);
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.range("device_index", 1, i64::from(u8::MAX)).range("network_card_index", 0, i64::from(u8::MAX));
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_network_interface_attachment (AttachNetworkInterface)";
        let call = aws
            .ec2
            .attach_network_interface()
            .network_interface_id(&self.network_interface_id)
            .instance_id(&self.instance_id)
            .device_index(self.device_index as i32)
            .set_network_card_index(self.network_card_index.map(|it| it as i32));
        let made = patiently(VISIBLE, NOT_YET, || call.clone().send()).await.context(action)?;
        let id = told(made.attachment_id, action)?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_network_interfaces().filters(filter("attachment.attachment-id", ids(objects)));
        let found: Vec<types::NetworkInterface> =
            pages!(call, "reading aws_network_interface_attachment (DescribeNetworkInterfaces)")?;
        Ok(found.into_iter().filter_map(Self::observe).collect())
    }

    /// Every argument means another attachment.
    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.ec2.detach_network_interface().attachment_id(id).force(true).send().await;
        done.absent("deleting aws_network_interface_attachment (DetachNetworkInterface)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_network_interfaces();
        let call = call.filters(filter("network-interface-id", [&self.network_interface_id]));
        let found: Vec<types::NetworkInterface> =
            pages!(call, "finding aws_network_interface_attachment (DescribeNetworkInterfaces)")?;
        let mut found = found.into_iter().filter_map(Self::observe);
        let is_ours = |it: &Self| it.instance_id == self.instance_id && it.device_index == self.device_index;
        Ok(found.find(|it| it.phase != Phase::Deleting && is_ours(&it.state)).map(|it| it.id))
    }
}

impl NetworkInterfaceAttachment {
    fn observe(interface: types::NetworkInterface) -> Option<Observed<Self>> {
        let attachment = interface.attachment?;
        let id = attachment.attachment_id?;
        let phase = match attachment.status.as_ref() {
            Some(AttachmentStatus::Attaching) => Phase::Pending("attaching".into()),
            Some(AttachmentStatus::Detaching) => Phase::Deleting,
            Some(AttachmentStatus::Detached) => return None,
            _ => Phase::Ready,
        };
        let state = Self {
            instance_id: attachment.instance_id?,
            network_interface_id: interface.network_interface_id?,
            device_index: attachment.device_index.unwrap_or_default().into(),
            network_card_index: Some(attachment.network_card_index.unwrap_or_default().into()),
            attachment_id: Some(id.clone()),
            status: attachment.status.map(|it| it.as_str().to_owned()),
        };
        Some(Observed::ready(id, state).phase(phase))
    }
}
