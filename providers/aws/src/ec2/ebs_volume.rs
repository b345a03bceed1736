//! `aws_ebs_volume`: block storage in one availability zone.

use std::time::Duration;

use aws_sdk_ec2::operation::create_volume::builders::CreateVolumeFluentBuilder;
use aws_sdk_ec2::types as sdk;
use aws_smithy_types::date_time::Format;
use plumb_engine::Schema;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::{Type, Value};
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, arn, filter, observed_tags, retag, tagged};
use crate::client::Aws;
use crate::wire::words::{text, word};
use crate::wire::{Absent, Context, Tags, ids, pages, patiently, told, until_found};

/// Block storage in one availability zone.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct EbsVolume {
    /// ARN of the volume.
    #[attr(computed)]
    arn: Option<String>,
    /// Availability zone that the volume is in.
    #[attr(force_new)]
    availability_zone: String,
    /// When the volume was made, in RFC 3339.
    #[attr(computed)]
    create_time: Option<String>,
    /// Whether the volume is encrypted; the account's default when left out.
    #[attr(force_new, optional, computed)]
    encrypted: Option<bool>,
    /// Whether a snapshot is made before the volume is deleted; it has the volume's tags.
    #[attr(default = false)]
    final_snapshot: bool,
    /// I/O operations per second, of types `io1`, `io2` and `gp3`.
    #[attr(optional, computed)]
    iops: Option<i32>,
    /// ARN of the KMS key of an encrypted volume.
    #[attr(force_new, optional, computed)]
    kms_key_id: Option<String>,
    /// Whether several instances can have the volume at once: types `io1` and `io2`.
    #[attr(force_new)]
    multi_attach_enabled: Option<bool>,
    /// ARN of the Outpost that the volume is on.
    #[attr(force_new)]
    outpost_arn: Option<String>,
    /// Size, in GiB; that of the snapshot when left out. It can grow, but never shrink.
    #[attr(optional, computed)]
    size: Option<i32>,
    /// Snapshot that the volume is made of.
    #[attr(force_new, optional, computed)]
    snapshot_id: Option<String>,
    /// Tags of the volume.
    tags: Tags,
    /// Tags of the volume, those of the provider's `default_tags` included.
    #[attr(computed)]
    tags_all: Tags,
    /// Throughput of type `gp3`, in MiB per second: 125 to 2000.
    #[attr(optional, computed)]
    throughput: Option<i32>,
    /// Type: `standard`, `gp2`, `gp3`, `io1`, `io2`, `sc1` or `st1`.
    #[attr(optional, computed)]
    r#type: Option<String>,
    /// Rate at which the snapshot's data is fetched, in MiB per second: 100 to 300.
    #[attr(force_new)]
    volume_initialization_rate: Option<i32>,
}

impl Resource for EbsVolume {
    type Client = Aws;
    const TYPE: &'static str = "aws_ebs_volume";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const BATCH: usize = FILTER_VALUES;
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        problems(config).into_iter().map(|detail| Diagnostic::error("Invalid volume", detail)).collect()
    }

    /// A volume does not shrink, and what AWS derives from size and type is not known before it is changed.
    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        if change.prior.is_null() || change.planned.is_null() {
            return Diagnostics::new();
        }
        let differs = |name: &str| change.prior.get(name) != change.planned.get(name);
        let unset = |name: &str| change.config.get(name).is_none_or(Value::is_null);
        let (type_changes, size_changes) = (differs("type"), differs("size"));
        for (name, derived) in [("iops", type_changes || size_changes), ("throughput", type_changes)] {
            if derived && unset(name) {
                change.planned = change.planned.clone().with(name, Value::unknown(Type::Number));
            }
        }
        let number = |value: &Value| value.get("size")?.as_number()?.as_i64();
        let detail = "The volume would become smaller, which EBS cannot do. Keep the size, or make a new volume and \
                      copy the data.";
        match (number(&change.prior), number(&change.planned)) {
            (Some(prior), Some(planned)) if planned < prior => Diagnostic::error("Invalid volume size", detail).into(),
            _ => Diagnostics::new(),
        }
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = self.request(aws, creation.key);
        let action = "creating aws_ebs_volume (CreateVolume)";
        let id = told(call.send().await.context(action)?.volume_id, action)?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_volumes().filters(filter("volume-id", ids(objects)));
        let found = pages!(call, "reading aws_ebs_volume (DescribeVolumes)")?;
        let account = aws.account().await?;
        let seen = found.into_iter().filter_map(|volume| {
            let id = volume.volume_id.clone()?;
            let phase = phase(volume.state.as_ref())?;
            let arn = arn(aws, account, &format!("volume/{id}"));
            let prior = objects.iter().find(|it| it.id == id).and_then(|it| it.state.clone());
            let state = Self { arn: Some(arn), ..prior.unwrap_or_default().observe(volume) };
            Some(Observed::ready(id, state).phase(phase))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        change_volume(aws, id, &self.performance(), &prior.performance()).await?;
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if self.final_snapshot {
            self.snapshot(aws, id).await?;
        }
        let limit = Self::TIMEOUTS.delete;
        let sent = patiently(limit, &["VolumeInUse"], || aws.ec2.delete_volume().volume_id(id).send()).await;
        sent.absent("deleting aws_ebs_volume (DeleteVolume)", &["InvalidVolume.NotFound"]).map(drop)
    }

    /// Repeats the create: AWS answers with the volume that the token has made, or makes it now.
    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let made = self.request(aws, key).send().await.context("finding aws_ebs_volume (CreateVolume)")?;
        Ok(made.volume_id)
    }
}

impl EbsVolume {
    fn performance(&self) -> VolumeChange {
        VolumeChange { size: self.size, iops: self.iops, throughput: self.throughput, kind: self.r#type.clone() }
    }

    fn request(&self, aws: &Aws, key: &IntentKey) -> CreateVolumeFluentBuilder {
        aws.ec2
            .create_volume()
            .client_token(key.as_str())
            .availability_zone(&self.availability_zone)
            .set_encrypted(self.encrypted)
            .set_iops(self.iops.filter(|it| *it != 0))
            .set_kms_key_id(word(self.kms_key_id.as_ref()))
            .set_multi_attach_enabled(self.multi_attach_enabled)
            .set_outpost_arn(word(self.outpost_arn.as_ref()))
            .set_size(self.size.filter(|it| *it != 0))
            .set_snapshot_id(word(self.snapshot_id.as_ref()))
            .set_throughput(self.throughput.filter(|it| *it != 0))
            .set_volume_type(word(self.r#type.as_ref()))
            .set_volume_initialization_rate(self.volume_initialization_rate)
            .set_tag_specifications(tagged(sdk::ResourceType::Volume, &self.tags_all).map(|it| vec![it]))
    }

    /// What an answer shows; `self` is what the state says.
    fn observe(self, it: sdk::Volume) -> Self {
        Self {
            arn: None,
            availability_zone: it.availability_zone.unwrap_or_default(),
            create_time: it.create_time.and_then(|it| it.fmt(Format::DateTime).ok()),
            encrypted: it.encrypted,
            final_snapshot: self.final_snapshot,
            iops: it.iops,
            kms_key_id: text(it.kms_key_id),
            multi_attach_enabled: it.multi_attach_enabled,
            outpost_arn: text(it.outpost_arn),
            size: it.size,
            snapshot_id: it.snapshot_id,
            tags: self.tags,
            tags_all: observed_tags(it.tags),
            throughput: it.throughput,
            r#type: text(it.volume_type),
            volume_initialization_rate: it.volume_initialization_rate,
        }
    }

    /// Makes a snapshot and waits until the volume is not needed for it any more.
    async fn snapshot(&self, aws: &Aws, id: &str) -> Result<()> {
        let action = "making the final snapshot of aws_ebs_volume (CreateSnapshot)";
        let tags = tagged(sdk::ResourceType::Snapshot, &self.tags_all).map(|it| vec![it]);
        let call = aws.ec2.create_snapshot().volume_id(id).set_tag_specifications(tags);
        let Some(made) = call.send().await.absent(action, &["InvalidVolume.NotFound"])? else { return Ok(()) };
        let snapshot = made.snapshot_id.unwrap_or_default();
        let done = until_found(Self::TIMEOUTS.delete, async || {
            let sent = aws.ec2.describe_snapshots().filters(filter("snapshot-id", [&snapshot])).send().await;
            let found = sent.context("waiting for the final snapshot of aws_ebs_volume (DescribeSnapshots)")?;
            let state = found.snapshots.unwrap_or_default().into_iter().next().and_then(|it| it.state);
            Ok(state.filter(|it| *it != sdk::SnapshotState::Pending))
        });
        match done.await? {
            Some(sdk::SnapshotState::Completed) => Ok(()),
            Some(other) => {
                Err(ProviderError::refused(action, format!("the snapshot {snapshot} is \"{other}\"; the volume stays")))
            }
            None => {
                let message = format!("the snapshot {snapshot} is not complete yet; the volume stays");
                Err(ProviderError::unanswered(action, message)
                    .help("Repeat the command once the snapshot is complete."))
            }
        }
    }
}

/// What can be changed of a volume in use.
pub struct VolumeChange {
    /// Size, in GiB.
    pub size: Option<i32>,
    /// I/O operations per second.
    pub iops: Option<i32>,
    /// Throughput, in MiB per second.
    pub throughput: Option<i32>,
    /// Type.
    pub kind: Option<String>,
}

/// Changes a volume and waits until that shows; does nothing where nothing differs.
pub async fn change_volume(aws: &Aws, id: &str, now: &VolumeChange, prior: &VolumeChange) -> Result<()> {
    let changed = |now: Option<i32>, before: Option<i32>| now.filter(|_| now != before);
    let size = changed(now.size, prior.size);
    let iops = changed(now.iops, prior.iops);
    let throughput = changed(now.throughput, prior.throughput);
    let kind = now.kind.as_ref().filter(|_| now.kind != prior.kind);
    if size.is_none() && iops.is_none() && throughput.is_none() && kind.is_none() {
        return Ok(());
    }
    let call = aws.ec2.modify_volume().volume_id(id).set_size(size).set_iops(iops).set_throughput(throughput);
    let sent = call.set_volume_type(word(kind)).send().await;
    sent.context("changing a volume (ModifyVolume)")?;
    until_modified(aws, id).await
}

/// Waits until a change shows; the volume can be used while it is optimised.
async fn until_modified(aws: &Aws, id: &str) -> Result<()> {
    let action = "waiting for the change of a volume (DescribeVolumesModifications)";
    let done = until_found(Duration::from_secs(600), async || {
        let sent = aws.ec2.describe_volumes_modifications().filters(filter("volume-id", [id])).send().await;
        let all = sent.context(action)?.volumes_modifications.unwrap_or_default();
        let newest = all.into_iter().max_by_key(|it| it.start_time.map(|it| it.secs()));
        Ok(newest.filter(|it| it.modification_state != Some(sdk::VolumeModificationState::Modifying)))
    });
    match done.await? {
        Some(it) if it.modification_state == Some(sdk::VolumeModificationState::Failed) => {
            let why = it.status_message.unwrap_or_else(|| "AWS gives no reason".to_owned());
            Err(ProviderError::refused(action, format!("the change of {id} has failed: {why}")))
        }
        Some(_) => Ok(()),
        None => Err(ProviderError::unanswered(action, format!("the change of {id} is not over yet"))),
    }
}

/// `None` where the volume is gone.
fn phase(state: Option<&sdk::VolumeState>) -> Option<Phase> {
    match state {
        Some(sdk::VolumeState::Creating) => Some(Phase::Pending("creating".to_owned())),
        Some(sdk::VolumeState::Deleting) => Some(Phase::Deleting),
        Some(sdk::VolumeState::Deleted) => None,
        Some(sdk::VolumeState::Error) => Some(Phase::Failed("the volume's state is \"error\"".to_owned())),
        _ => Some(Phase::Ready),
    }
}

fn problems(config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let absent = |name: &str| config.get(name).is_some_and(Value::is_null);
    if absent("size") && absent("snapshot_id") {
        found.push("The volume has neither `size` nor `snapshot_id`. Set one of them.".to_owned());
    }
    let kind = config.get("type").and_then(Value::as_str);
    let set = |name: &str| config.get(name).is_some_and(|it| it.as_number().is_some());
    if let Some(kind) = kind {
        if set("throughput") && kind != "gp3" {
            found.push(format!("`throughput` is for volumes of type gp3, and this one is of type {kind}."));
        }
        if set("iops") && !["gp3", "io1", "io2"].contains(&kind) {
            found.push(format!("`iops` is for volumes of types gp3, io1 and io2, and this one is of type {kind}."));
        }
        if absent("iops") && ["io1", "io2"].contains(&kind) {
            found.push(format!("A volume of type {kind} needs `iops`."));
        }
    }
    found
}
