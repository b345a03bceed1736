//! `aws_launch_template`: how instances are launched, in numbered versions.

pub mod blocks;
mod data;
mod network;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types as sdk;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plumb_engine::Schema;
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::{Type, Value};
use serde::{Deserialize, Serialize};

use self::blocks::{
    BlockDeviceMapping, CapacityReservation, CpuOptions, CreditSpecification, EnclaveOptions, HibernationOptions,
    LicenseSpecification, MaintenanceOptions, MarketOptions, MetadataOptions, Monitoring, NetworkInterface, Placement,
    PrivateDnsNameOptions, ProfileReference, TagSpecification,
};
use super::requirements::InstanceRequirements;
use super::{arn, observed_tags, retag, tagged};
use crate::client::Aws;
use crate::wire;
use crate::wire::{Absent, Context, Tags, each, ids, told};

/// Codes for "there is no such template".
const ABSENT: &[&str] = &["InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"];

/// Most characters of a template's name.
const NAME_LENGTH: usize = 128;

/// From how many templates on their latest versions are read with those of all templates of the account, which takes
/// one call for 200 of them. The API has no call for the versions of some templates.
const ALL_AT_ONCE: usize = 10;

/// How instances are launched, in numbered versions. A change makes a new version. Elastic GPUs and Elastic Inference
/// are gone from AWS, and are not among the arguments.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct LaunchTemplate {
    /// ARN of the template.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Number of the version that is used where none is asked for. With a value here, that version is it; see
    /// `update_default_version` for the newest one.
    #[attr(optional, computed, conflicts_with("update_default_version"))]
    pub default_version: Option<i64>,
    /// Description of the version, at most 255 characters.
    pub description: Option<String>,
    /// Whether instances cannot be stopped through the API.
    pub disable_api_stop: Option<bool>,
    /// Whether instances cannot be terminated through the API.
    pub disable_api_termination: Option<bool>,
    /// Whether instances have bandwidth of their own to EBS: `true` or `false`.
    pub ebs_optimized: Option<String>,
    /// AMI, or `resolve:ssm:NAME` of a parameter that holds its id.
    pub image_id: Option<String>,
    /// What a shutdown from within does: `stop` or `terminate`.
    pub instance_initiated_shutdown_behavior: Option<String>,
    /// Instance type.
    #[attr(conflicts_with("instance_requirements"))]
    pub instance_type: Option<String>,
    /// Kernel of a paravirtual image.
    pub kernel_id: Option<String>,
    /// Name of the key pair to log in with.
    pub key_name: Option<String>,
    /// Number of the newest version.
    #[attr(computed)]
    pub latest_version: Option<i64>,
    /// Name of the template: 3 to 128 characters; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// RAM disk of a paravirtual image.
    pub ram_disk_id: Option<String>,
    /// Names of security groups, in a default VPC.
    #[attr(conflicts_with("vpc_security_group_ids"))]
    pub security_group_names: BTreeSet<String>,
    /// Tags of the template; see `tag_specifications` for those of instances and volumes.
    pub tags: Tags,
    /// Tags of the template, those of the provider's `default_tags` included.
    #[attr(computed)]
    pub tags_all: Tags,
    /// Whether every change makes its version the default one.
    #[attr(conflicts_with("default_version"))]
    pub update_default_version: Option<bool>,
    /// User data, in Base64.
    pub user_data: Option<String>,
    /// Ids of security groups; with `network_interfaces`, use those of the interfaces instead.
    #[attr(conflicts_with("security_group_names"))]
    pub vpc_security_group_ids: BTreeSet<String>,
    /// Volumes besides those of the image, or in their place.
    #[block(list)]
    pub block_device_mappings: Vec<BlockDeviceMapping>,
    /// Which capacity reservations instances may use.
    #[block(list, max = 1)]
    pub capacity_reservation_specification: Vec<CapacityReservation>,
    /// Processor options.
    #[block(list, max = 1)]
    pub cpu_options: Vec<CpuOptions>,
    /// Credits of burstable instance types.
    #[block(list, max = 1)]
    pub credit_specification: Vec<CreditSpecification>,
    /// Nitro Enclaves.
    #[block(list, max = 1)]
    pub enclave_options: Vec<EnclaveOptions>,
    /// Hibernation.
    #[block(list, max = 1)]
    pub hibernation_options: Vec<HibernationOptions>,
    /// Instance profile of the instances.
    #[block(list, max = 1)]
    pub iam_instance_profile: Vec<ProfileReference>,
    /// How instances are bought.
    #[block(list, max = 1)]
    pub instance_market_options: Vec<MarketOptions>,
    /// What an instance type has to have, in the place of `instance_type`.
    #[block(list, max = 1)]
    pub instance_requirements: Vec<InstanceRequirements>,
    /// Licence configurations.
    #[block(set)]
    pub license_specification: Vec<LicenseSpecification>,
    /// Maintenance.
    #[block(list, max = 1)]
    pub maintenance_options: Vec<MaintenanceOptions>,
    /// The instance metadata service.
    #[block(list, max = 1, computed)]
    pub metadata_options: Vec<MetadataOptions>,
    /// CloudWatch monitoring.
    #[block(list, max = 1)]
    pub monitoring: Vec<Monitoring>,
    /// Network interfaces that come with the instance.
    #[block(list)]
    pub network_interfaces: Vec<NetworkInterface>,
    /// Where instances run.
    #[block(list, max = 1)]
    pub placement: Vec<Placement>,
    /// Host names.
    #[block(list, max = 1)]
    pub private_dns_name_options: Vec<PrivateDnsNameOptions>,
    /// Tags of what is made with an instance.
    #[block(list)]
    pub tag_specifications: Vec<TagSpecification>,
}

impl Resource for LaunchTemplate {
    type Client = Aws;
    const TYPE: &'static str = "aws_launch_template";
    const RECOGNITION: Recognition = Recognition::ClientToken;

    fn validate(config: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        found.extend(user_data_is_base64(config));
        found.extend(groups_of_interfaces(config));
        found
    }

    /// A change of anything that a version holds makes a version, whose number AWS tells.
    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        if change.prior.is_null() || change.planned.is_null() {
            return Diagnostics::new();
        }
        let mut planned = change.planned.clone();
        let is_new = makes_version(&change.prior, &planned);
        let follows =
            planned.get("update_default_version").is_some_and(|it| it.is_unknown() || it.as_bool() == Some(true));
        if follows && (is_new || planned.get("default_version") != planned.get("latest_version")) {
            planned = planned.with("default_version", Value::unknown(Type::Number));
        }
        if is_new {
            planned = planned.with("latest_version", Value::unknown(Type::Number));
        }
        change.planned = planned;
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.chosen_name(creation.key);
        let call = aws
            .ec2
            .create_launch_template()
            .client_token(creation.key.as_str())
            .launch_template_name(name)
            .set_version_description(self.description.clone().filter(|it| !it.is_empty()))
            .launch_template_data(self.data())
            .set_tag_specifications(tagged(sdk::ResourceType::LaunchTemplate, &self.tags_all).map(|it| vec![it]));
        let action = "creating aws_launch_template (CreateLaunchTemplate)";
        let made = call.send().await.context(action)?;
        let id = told(made.launch_template.and_then(|it| it.launch_template_id), action)?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let templates = templates(aws, &ids(objects)).await?;
        let mut versions = latest_versions(aws, &templates).await?;
        let account = aws.account().await?;
        let found = objects.iter().filter_map(|it| {
            let template = templates.iter().find(|found| found.launch_template_id.as_ref() == Some(&it.id))?;
            let version = versions.remove(&it.id)?;
            let arn = arn(aws, account, &format!("launch-template/{}", it.id));
            let state = it.state.clone().unwrap_or_default();
            Some(Observed::ready(&it.id, Self { arn: Some(arn), ..state.observe(template.clone(), version) }))
        });
        Ok(found.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let mut newest = None;
        if self.data() != prior.data() || self.description != prior.description {
            let call = aws
                .ec2
                .create_launch_template_version()
                .launch_template_id(id)
                .set_version_description(self.description.clone().filter(|it| !it.is_empty()))
                .launch_template_data(self.data());
            let made = call.send().await.context("updating aws_launch_template (CreateLaunchTemplateVersion)")?;
            newest = made.launch_template_version.and_then(|it| it.version_number);
        }
        let default = match self.update_default_version {
            Some(true) => newest.or(self.latest_version),
            _ => self.default_version,
        };
        if let Some(default) = default.filter(|it| Some(*it) != prior.default_version) {
            let call = aws.ec2.modify_launch_template().launch_template_id(id).default_version(default.to_string());
            call.send().await.context("updating aws_launch_template (ModifyLaunchTemplate)")?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let sent = aws.ec2.delete_launch_template().launch_template_id(id).send().await;
        sent.absent("deleting aws_launch_template (DeleteLaunchTemplate)", ABSENT).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let sent = aws.ec2.describe_launch_templates().launch_template_names(self.chosen_name(key)).send().await;
        let found = sent.absent("finding aws_launch_template (DescribeLaunchTemplates)", ABSENT)?;
        let template = found.and_then(|it| it.launch_templates.unwrap_or_default().into_iter().next());
        Ok(template.and_then(|it| it.launch_template_id))
    }
}

impl LaunchTemplate {
    fn chosen_name(&self, key: &IntentKey) -> String {
        wire::name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH)
    }

    /// What answers show; `self` is what the state says.
    fn observe(self, template: sdk::LaunchTemplate, version: sdk::LaunchTemplateVersion) -> Self {
        let kept = Self {
            default_version: template.default_version_number,
            description: version.version_description.filter(|it| !it.is_empty()),
            latest_version: template.latest_version_number,
            name: template.launch_template_name,
            tags_all: observed_tags(template.tags),
            name_prefix: self.name_prefix,
            update_default_version: self.update_default_version,
            ..Self::default()
        };
        kept.with_data(
            version.launch_template_data.unwrap_or_else(|| sdk::ResponseLaunchTemplateData::builder().build()),
        )
    }
}

/// The templates that there are. One id that is unknown fails the call for all: then each is asked for on its own.
async fn templates(aws: &Aws, ids: &[String]) -> Result<Vec<sdk::LaunchTemplate>> {
    match describe(aws, ids.to_vec()).await? {
        Some(found) => Ok(found),
        None if ids.len() == 1 => Ok(Vec::new()),
        None => {
            let found = each(ids.to_vec(), |id| describe(aws, vec![id])).await?;
            Ok(found.into_iter().flatten().flatten().collect())
        }
    }
}

/// `None` where AWS says that there is no such template.
async fn describe(aws: &Aws, ids: Vec<String>) -> Result<Option<Vec<sdk::LaunchTemplate>>> {
    let call = aws.ec2.describe_launch_templates().set_launch_template_ids(Some(ids)).max_results(200);
    let mut pages = call.into_paginator().items().send();
    let mut templates = Vec::new();
    while let Some(template) = pages.next().await {
        let action = "reading aws_launch_template (DescribeLaunchTemplates)";
        let Some(template) = template.absent(action, ABSENT)? else { return Ok(None) };
        templates.push(template);
    }
    Ok(Some(templates))
}

/// The newest version of each template by the template's id.
async fn latest_versions(
    aws: &Aws,
    templates: &[sdk::LaunchTemplate],
) -> Result<BTreeMap<String, sdk::LaunchTemplateVersion>> {
    let ids: Vec<String> = templates.iter().filter_map(|it| it.launch_template_id.clone()).collect();
    let versions = if ids.len() < ALL_AT_ONCE {
        each(ids.clone(), |id| versions(aws, Some(id))).await?.concat()
    } else {
        versions(aws, None).await?
    };
    let wanted = versions.into_iter().filter_map(|it| Some((it.launch_template_id.clone()?, it)));
    Ok(wanted.filter(|(id, _)| ids.contains(id)).collect())
}

/// The newest version of one template, or of each template of the account.
async fn versions(aws: &Aws, id: Option<String>) -> Result<Vec<sdk::LaunchTemplateVersion>> {
    let call = aws.ec2.describe_launch_template_versions().versions("$Latest").max_results(200);
    let mut pages = call.set_launch_template_id(id).into_paginator().items().send();
    let mut versions = Vec::new();
    while let Some(version) = pages.next().await {
        let action = "reading aws_launch_template (DescribeLaunchTemplateVersions)";
        let Some(version) = version.absent(action, ABSENT)? else { break };
        versions.push(version);
    }
    Ok(versions)
}

/// Whether two objects differ in more than what belongs to the template as a whole.
fn makes_version(prior: &Value, planned: &Value) -> bool {
    const WHOLE: [&str; 11] = [
        "arn",
        "default_version",
        "id",
        "latest_version",
        "name",
        "name_prefix",
        "region",
        "tags",
        "tags_all",
        "timeouts",
        "update_default_version",
    ];
    let planned = planned.as_map().into_iter().flatten();
    planned.filter(|(name, _)| !WHOLE.contains(&&***name)).any(|(name, value)| prior.get(name) != Some(value))
}

fn user_data_is_base64(config: &Value) -> Option<Diagnostic> {
    let text = config.get("user_data")?.as_str()?;
    let detail = "The user data of a launch template is text in Base64, and this value is not. Encode it with \
                  `base64encode(…)`, or read it with `filebase64(…)`.";
    STANDARD
        .decode(text.split_whitespace().collect::<String>())
        .is_err()
        .then(|| Diagnostic::error("Invalid user data", detail))
}

fn groups_of_interfaces(config: &Value) -> Option<Diagnostic> {
    let groups = config.get("vpc_security_group_ids")?.as_slice()?;
    let interfaces = config.get("network_interfaces")?.as_slice()?;
    let own = interfaces.iter().filter_map(|it| it.get("security_groups")?.as_slice()).any(|it| !it.is_empty());
    let detail = "Both `vpc_security_group_ids` and `security_groups` of a `network_interfaces` block are set, and AWS \
                  does not launch instances of such a template. Keep those of the network interface.";
    (own && !groups.is_empty()).then(|| Diagnostic::error("Conflicting configuration arguments", detail))
}
