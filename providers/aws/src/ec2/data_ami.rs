//! `aws_ami`: looks up an image of instances.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as sdk;
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::lookup::{Condition, filters};
use super::{arn, observed_tags};
use crate::client::Aws;
use crate::wire::words::{text, words};
use crate::wire::{Tags, pages};

/// What is done, for errors.
const ACTION: &str = "reading aws_ami (DescribeImages)";

/// Looks up an image of instances (AMI).
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Ami {
    /// Allows `most_recent` without `owners`, although anyone can publish an image that fits a filter.
    allow_unsafe_filter: Option<bool>,
    /// Architecture, such as `x86_64` or `arm64`.
    #[attr(computed)]
    architecture: Option<String>,
    /// ARN of the image.
    #[attr(computed)]
    arn: Option<String>,
    /// Boot mode: `legacy-bios`, `uefi` or `uefi-preferred`.
    #[attr(computed)]
    boot_mode: Option<String>,
    /// When the image was made, in RFC 3339.
    #[attr(computed)]
    creation_date: Option<String>,
    /// From when on the image is deprecated, in RFC 3339.
    #[attr(computed)]
    deprecation_time: Option<String>,
    /// Description of the image.
    #[attr(computed)]
    description: Option<String>,
    /// Whether enhanced networking with ENA is on.
    #[attr(computed)]
    ena_support: Option<bool>,
    /// Only images that these may launch: `self`, or account ids.
    executable_users: Vec<String>,
    /// Hypervisor: `xen`.
    #[attr(computed)]
    hypervisor: Option<String>,
    /// Id of the image.
    #[attr(computed)]
    image_id: Option<String>,
    /// Location of the image's manifest.
    #[attr(computed)]
    image_location: Option<String>,
    /// Alias of the owner, such as `amazon`.
    #[attr(computed)]
    image_owner_alias: Option<String>,
    /// Kind of image: `machine`, `kernel` or `ramdisk`.
    #[attr(computed)]
    image_type: Option<String>,
    /// `v2.0` when instances need session tokens for their metadata.
    #[attr(computed)]
    imds_support: Option<String>,
    /// Whether deprecated images are looked at, too.
    include_deprecated: Option<bool>,
    /// Kernel of a paravirtual image.
    #[attr(computed)]
    kernel_id: Option<String>,
    /// When an instance was last launched from the image, in RFC 3339.
    #[attr(computed)]
    last_launched_time: Option<String>,
    /// Whether the newest image is taken where several fit.
    #[attr(default = false)]
    most_recent: bool,
    /// Name of the image.
    #[attr(computed)]
    name: Option<String>,
    /// Regular expression for the name. It is compared on this side, so give filters, too.
    name_regex: Option<String>,
    /// Account id of the owner.
    #[attr(computed)]
    owner_id: Option<String>,
    /// Only images of these owners: account ids, `self`, `amazon`, `aws-marketplace`.
    owners: Vec<String>,
    /// `windows` for Windows images.
    #[attr(computed)]
    platform: Option<String>,
    /// Platform as it is billed.
    #[attr(computed)]
    platform_details: Option<String>,
    /// Whether anyone may launch the image.
    #[attr(computed)]
    public: Option<bool>,
    /// RAM disk of a paravirtual image.
    #[attr(computed)]
    ramdisk_id: Option<String>,
    /// Device of the root volume, such as `/dev/xvda`.
    #[attr(computed)]
    root_device_name: Option<String>,
    /// Kind of the root volume: `ebs` or `instance-store`.
    #[attr(computed)]
    root_device_type: Option<String>,
    /// Snapshot of the root volume.
    #[attr(computed)]
    root_snapshot_id: Option<String>,
    /// `simple` when enhanced networking with an Intel 82599 interface is on.
    #[attr(computed)]
    sriov_net_support: Option<String>,
    /// State of the image: `available` can be launched.
    #[attr(computed)]
    state: Option<String>,
    /// Why the image is in its state: `code` and `message`, `UNSET` where there is no reason.
    #[attr(computed)]
    state_reason: BTreeMap<String, String>,
    /// Tags of the image. When set, only images with these tags are looked at.
    #[attr(optional, computed)]
    tags: Tags,
    /// `v2.0` when the image has a virtual TPM.
    #[attr(computed)]
    tpm_support: Option<String>,
    /// UEFI variables, in Base64. They are not read.
    uefi_data: Option<String>,
    /// Operation and billing code.
    #[attr(computed)]
    usage_operation: Option<String>,
    /// Virtualisation: `hvm` or `paravirtual`.
    #[attr(computed)]
    virtualization_type: Option<String>,
    /// Volumes of the image.
    #[attr(computed, set)]
    block_device_mappings: Vec<Mapping>,
    /// Product codes of the image.
    #[attr(computed, set)]
    product_codes: Vec<Code>,
    /// Filter as `aws ec2 describe-images` has it.
    #[block(set)]
    filter: Vec<Condition>,
}

/// A volume of the image.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Mapping {
    /// Device.
    device_name: Option<String>,
    /// Set where the device is left out.
    no_device: Option<String>,
    /// Name of an instance store volume.
    virtual_name: Option<String>,
    /// Properties of an EBS volume, as texts.
    ebs: BTreeMap<String, String>,
}

/// A product code.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Code {
    /// The code.
    product_code_id: Option<String>,
    /// Its kind: `marketplace` or `devpay`.
    product_code_type: Option<String>,
}

impl DataSource for Ami {
    type Client = Aws;
    const TYPE: &'static str = "aws_ami";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        if self.most_recent && !self.is_safe() {
            let message = "`most_recent` takes the newest of all images that fit, and anyone can publish one that does";
            return Err(ProviderError::refused(ACTION, message)
                .help("Set `owners`, or filter by `owner-id`, `owner-alias` or `image-id`."));
        }
        let image = self.pick(self.images(aws).await?)?;
        let id = image.image_id.clone().unwrap_or_default();
        let arn = arn(aws, "", &format!("image/{id}"));
        Ok((id, Self { arn: Some(arn), ..self.observe(image) }))
    }
}

impl Ami {
    fn is_safe(&self) -> bool {
        const BY_OWNER: [&str; 3] = ["owner-id", "owner-alias", "image-id"];
        !self.owners.is_empty()
            || self.allow_unsafe_filter == Some(true)
            || self.filter.iter().any(|it| BY_OWNER.contains(&it.name.as_str()))
    }

    async fn images(&self, aws: &Aws) -> Result<Vec<sdk::Image>> {
        let call = aws
            .ec2
            .describe_images()
            .set_executable_users(words(&self.executable_users))
            .set_owners(words(&self.owners))
            .set_include_deprecated(self.include_deprecated)
            .set_filters(filters(&self.filter, &self.tags, []));
        pages!(call, ACTION)
    }

    fn pick(&self, images: Vec<sdk::Image>) -> Result<sdk::Image> {
        let regex = self.name_regex.as_deref().map(Regex::new).transpose();
        let regex = regex.map_err(|error| ProviderError::refused(ACTION, format!("`name_regex`: {error}")))?;
        let named = |it: &sdk::Image| regex.as_ref().is_none_or(|regex| regex.is_match(it.name().unwrap_or_default()));
        let mut images: Vec<_> = images.into_iter().filter(named).collect();
        images.sort_by(|a, b| (&a.creation_date, &a.image_id).cmp(&(&b.creation_date, &b.image_id)));
        let count = images.len();
        match images.pop() {
            Some(image) if count == 1 || self.most_recent => Ok(image),
            Some(_) => Err(ProviderError::refused(ACTION, format!("{count} images fit, and one was asked for"))
                .help("Make the filters more specific, or set `most_recent = true`.")),
            None => Err(ProviderError::refused(ACTION, "no image fits")
                .help("Check owners, filters and region; set `include_deprecated = true` for deprecated images.")),
        }
    }

    /// What an answer shows; arguments are as in `self`.
    fn observe(self, it: sdk::Image) -> Self {
        let mappings = it.block_device_mappings.unwrap_or_default();
        let root = mappings.iter().find(|mapping| mapping.device_name == it.root_device_name);
        let root_snapshot_id = root.and_then(|it| it.ebs.as_ref()?.snapshot_id.clone());
        let unset = || "UNSET".to_owned();
        let (code, message) = it.state_reason.map(|it| (it.code, it.message)).unwrap_or_default();
        let reason = [("code", code), ("message", message)];
        Self {
            architecture: text(it.architecture),
            boot_mode: text(it.boot_mode),
            creation_date: it.creation_date,
            deprecation_time: it.deprecation_time,
            description: it.description,
            ena_support: it.ena_support,
            hypervisor: text(it.hypervisor),
            image_id: it.image_id,
            image_location: it.image_location,
            image_owner_alias: it.image_owner_alias,
            image_type: text(it.image_type),
            imds_support: text(it.imds_support),
            kernel_id: it.kernel_id,
            last_launched_time: it.last_launched_time,
            name: it.name,
            owner_id: it.owner_id,
            platform: text(it.platform),
            platform_details: it.platform_details,
            public: it.public,
            ramdisk_id: it.ramdisk_id,
            root_device_name: it.root_device_name,
            root_device_type: text(it.root_device_type),
            root_snapshot_id,
            sriov_net_support: it.sriov_net_support,
            state: text(it.state),
            state_reason: reason.map(|(name, it)| (name.to_owned(), it.unwrap_or_else(unset))).into(),
            tags: observed_tags(it.tags),
            tpm_support: text(it.tpm_support),
            usage_operation: it.usage_operation,
            virtualization_type: text(it.virtualization_type),
            block_device_mappings: mappings.into_iter().map(Mapping::observe).collect(),
            product_codes: it.product_codes.unwrap_or_default().into_iter().map(Code::observe).collect(),
            ..self
        }
    }
}

impl Mapping {
    fn observe(it: sdk::BlockDeviceMapping) -> Self {
        let number = |it: Option<i32>| it.unwrap_or_default().to_string();
        let flag = |it: Option<bool>| it.unwrap_or_default().to_string();
        let ebs = it.ebs.map(|it| {
            [
                ("delete_on_termination", flag(it.delete_on_termination)),
                ("encrypted", flag(it.encrypted)),
                ("iops", number(it.iops)),
                ("snapshot_id", it.snapshot_id.unwrap_or_default()),
                ("throughput", number(it.throughput)),
                ("volume_initialization_rate", number(it.volume_initialization_rate)),
                ("volume_size", number(it.volume_size)),
                ("volume_type", text(it.volume_type).unwrap_or_default()),
            ]
            .map(|(name, it)| (name.to_owned(), it))
            .into()
        });
        Self {
            device_name: it.device_name,
            no_device: it.no_device,
            virtual_name: it.virtual_name,
            ebs: ebs.unwrap_or_default(),
        }
    }
}

impl Code {
    fn observe(it: sdk::ProductCode) -> Self {
        Self { product_code_id: it.product_code_id, product_code_type: text(it.product_code_type) }
    }
}
