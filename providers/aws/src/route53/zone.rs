//! `aws_route53_zone`: the records of a domain.

use std::collections::BTreeMap;

use aws_sdk_route53::operation::get_hosted_zone::GetHostedZoneOutput;
use aws_sdk_route53::types::{
    AcceleratedRecoveryStatus, Change, ChangeAction, ChangeBatch, HostedZone, HostedZoneConfig, ResourceRecordSet,
    RrType, Tag, TagResourceType,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::record_set::record_sets;
use super::{BUSY, GONE, PATIENCE, in_sync, vpc, zone_id};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, ids, pages, patiently, plan, same, tags, told};

/// How many zones ListTagsForResources takes.
const TAGGED: usize = 10;
/// How many records one change of a zone takes.
const CHANGES: usize = 100;

/// A zone: the names of a domain, for everyone or for some VPCs only.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Zone {
    /// The domain: `example.com`.
    #[attr(force_new, same = same::dns)]
    pub name: String,
    /// What the zone is for.
    #[attr(default = "Managed by Terraform")]
    pub comment: String,
    /// Set of name servers that several zones share.
    #[attr(force_new, conflicts_with("vpc"))]
    pub delegation_set_id: Option<String>,
    /// Whether changes stay possible when the region of Route 53's control plane fails; of a public zone.
    pub enable_accelerated_recovery: Option<bool>,
    /// Whether a delete removes records that nobody manages; else the zone must be empty.
    #[attr(default = false)]
    pub force_destroy: bool,
    /// VPCs that see the zone, which makes it a private one. With aws_route53_zone_association too, ignore changes of
    /// this argument: `lifecycle { ignore_changes = [vpc] }`.
    #[block(set)]
    pub vpc: Vec<ZoneVpc>,
    /// ARN of the zone.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Name servers of a public zone, sorted; to be set at the registrar of the domain.
    #[attr(computed)]
    pub name_servers: Vec<String>,
    /// Name server that made the zone's SOA record.
    #[attr(computed)]
    pub primary_name_server: Option<String>,
    /// Id of the zone.
    #[attr(computed)]
    pub zone_id: Option<String>,
    /// Tags of the zone.
    pub tags: Tags,
    /// Tags of the zone, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// A VPC that sees a private zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneVpc {
    /// Id of the VPC.
    pub vpc_id: String,
    /// Region of the VPC; the provider's when left out.
    #[attr(optional, computed)]
    pub vpc_region: Option<String>,
}

impl Resource for Zone {
    type Client = Aws;
    const TYPE: &'static str = "aws_route53_zone";
    const RECOGNITION: Recognition = Recognition::CreationToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(30);
    const UNREADABLE: &'static [&'static str] = &["force_destroy"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("name", 1024).length("comment", 256);
        if check.text("name").is_some_and(|it| it.trim_end_matches('.').is_empty()) {
            check.error("name", "is empty; it takes a domain such as \"example.com\".");
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, client: Option<&Aws>) -> Diagnostics {
        plan_regions(change, client);
        let private = |it: &Value| it.get("vpc").and_then(Value::as_slice).map(|it| !it.is_empty());
        // A zone stays public or private.
        if !change.prior.is_null() && private(&change.prior) != private(&change.planned) {
            plan::replace(change, "vpc");
        }
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_route53_zone (CreateHostedZone)";
        let vpcs = self.vpcs(aws);
        let config = HostedZoneConfig::builder().comment(&self.comment).private_zone(!vpcs.is_empty()).build();
        let call = aws
            .route53
            .create_hosted_zone()
            .name(&self.name)
            .caller_reference(creation.key.as_str())
            .hosted_zone_config(config)
            .set_delegation_set_id(self.delegation_set_id.clone())
            .set_vpc(vpcs.first().map(|(id, region)| vpc(id, region)));
        let made = call.send().await.context(action)?;
        let id = zone_id(&told(made.hosted_zone, action)?.id).to_owned();
        creation.made(&id);
        in_sync(aws, made.change_info, creation.timeout).await?;
        retag(aws, &id, &Tags::new(), &self.tags_all).await?;
        for (vpc_id, region) in vpcs.iter().skip(1) {
            associate(aws, &id, (vpc_id, region), creation.timeout).await?;
        }
        if self.enable_accelerated_recovery == Some(true) {
            self.set_recovery(aws, &id).await?;
        }
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let all = ids(objects).into_iter().map(|it| (zone_id(&it).to_owned(), it)).collect::<Vec<_>>();
        let found = each(all, |(id, asked)| async move { Ok(get(aws, id).await?.map(|it| (asked, it))) });
        let found: Vec<_> = found.await?.into_iter().flatten().collect();
        let zones: Vec<String> =
            found.iter().filter_map(|(_, it)| Some(zone_id(&it.hosted_zone()?.id).to_owned())).collect();
        let tags = tags_of(aws, &zones).await?;
        let seen = found.into_iter().filter_map(|(asked, it)| Some(Self::observe(aws, it, &tags)?.asked_as(asked)));
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.comment != prior.comment {
            let call = aws.route53.update_hosted_zone_comment().id(id).comment(&self.comment).send();
            call.await.context("changing aws_route53_zone (UpdateHostedZoneComment)")?;
        }
        if self.enable_accelerated_recovery.unwrap_or_default() != prior.enable_accelerated_recovery.unwrap_or_default()
        {
            self.set_recovery(aws, id).await?;
        }
        let (now, then) = (self.vpcs(aws), prior.vpcs(aws));
        // A private zone keeps at least one VPC at any time.
        for (vpc_id, region) in now.iter().filter(|it| !then.contains(it)) {
            associate(aws, id, (vpc_id, region), Self::TIMEOUTS.update).await?;
        }
        for (vpc_id, region) in then.iter().filter(|it| !now.contains(it)) {
            disassociate(aws, id, (vpc_id, region), Self::TIMEOUTS.update).await?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if self.force_destroy {
            empty(aws, id, &self.name).await?;
        }
        let done = patiently(PATIENCE, BUSY, || aws.route53.delete_hosted_zone().id(id).send()).await;
        let done = done.absent("deleting aws_route53_zone (DeleteHostedZone)", GONE);
        let done = done.map_err(|error| match error.message.starts_with("HostedZoneNotEmpty") {
            true => error.help("Remove the records that nobody manages, or set force_destroy = true and apply before."),
            false => error,
        })?;
        in_sync(aws, done.and_then(|it| it.change_info), Self::TIMEOUTS.delete).await
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let found = zones_named(aws, &self.name).await?;
        let ours = found.into_iter().find(|it| it.caller_reference == key.as_str());
        Ok(ours.map(|it| zone_id(&it.id).to_owned()))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found: Vec<HostedZone> =
            pages!(aws.route53.list_hosted_zones(), "listing aws_route53_zone (ListHostedZones)")?;
        Ok(found.into_iter().map(|it| zone_id(&it.id).to_owned()).collect())
    }
}

impl Zone {
    fn vpcs(&self, aws: &Aws) -> Vec<(String, String)> {
        let region = |it: &ZoneVpc| it.vpc_region.clone().filter(|it| !it.is_empty()).unwrap_or(aws.region.clone());
        self.vpc.iter().map(|it| (it.vpc_id.clone(), region(it))).collect()
    }

    fn observe(aws: &Aws, answer: GetHostedZoneOutput, tags: &BTreeMap<String, Tags>) -> Option<Observed<Self>> {
        let zone = answer.hosted_zone?;
        let id = zone_id(&zone.id).to_owned();
        let vpcs = answer.vpcs.unwrap_or_default().into_iter().filter_map(|it| {
            Some(ZoneVpc { vpc_id: it.vpc_id?, vpc_region: it.vpc_region.map(|it| it.as_str().to_owned()) })
        });
        let set = answer.delegation_set;
        let mut name_servers = set.as_ref().map(|it| it.name_servers.clone()).unwrap_or_default();
        let primary = name_servers.first().cloned();
        name_servers.sort();
        let set = set.and_then(|it| it.id).map(|it| it.trim_start_matches("/delegationset/").to_owned());
        let recovery = zone.features.and_then(|it| it.accelerated_recovery_status);
        let on = [AcceleratedRecoveryStatus::Enabled, AcceleratedRecoveryStatus::Enabling];
        let name = zone.name.trim_end_matches('.');
        let state = Self {
            name: if name.is_empty() { ".".into() } else { name.to_owned() },
            comment: zone.config.and_then(|it| it.comment).unwrap_or_default(),
            delegation_set_id: set,
            enable_accelerated_recovery: Some(recovery.is_some_and(|it| on.contains(&it))),
            force_destroy: false,
            vpc: vpcs.collect(),
            arn: Some(format!("arn:{}:route53:::hostedzone/{id}", aws.partition.id)),
            primary_name_server: primary,
            name_servers,
            zone_id: Some(id.clone()),
            tags: Tags::new(),
            tags_all: tags.get(&id).cloned().unwrap_or_default(),
        };
        Some(Observed::ready(id, state))
    }

    async fn set_recovery(&self, aws: &Aws, id: &str) -> Result<()> {
        let enable = self.enable_accelerated_recovery.unwrap_or_default();
        let call =
            || aws.route53.update_hosted_zone_features().hosted_zone_id(id).enable_accelerated_recovery(enable).send();
        let done = patiently(PATIENCE, BUSY, call).await;
        done.context("changing aws_route53_zone (UpdateHostedZoneFeatures)").map(drop)
    }
}

/// Regions of VPCs that a configuration leaves out are the provider's: planned here, because elements of
/// a set have to be whole to be found again.
fn plan_regions(change: &mut PlannedChange, client: Option<&Aws>) {
    let Some(aws) = client else { return };
    let Some(blocks) = change.planned.get("vpc").and_then(Value::as_slice).map(<[Value]>::to_vec) else { return };
    let Some(ty) = blocks.first().map(Value::ty) else { return };
    let filled = blocks.into_iter().map(|it| match it.get("vpc_region") {
        Some(region) if region.is_null() || region.is_unknown() => {
            it.with("vpc_region", Value::from(aws.region.as_str()))
        }
        _ => it,
    });
    change.planned = change.planned.clone().with("vpc", Value::set(ty, filled.collect()));
}

/// A zone with its VPCs and name servers.
///
/// # Errors
/// The call is refused.
pub async fn get(aws: &Aws, id: String) -> Result<Option<GetHostedZoneOutput>> {
    let answer = aws.route53.get_hosted_zone().id(id).send().await;
    answer.absent("reading aws_route53_zone (GetHostedZone)", GONE)
}

/// Zones of a domain: there may be several.
///
/// # Errors
/// The call is refused.
pub async fn zones_named(aws: &Aws, name: &str) -> Result<Vec<HostedZone>> {
    let mut found = Vec::new();
    let mut next: Option<(String, Option<String>)> = Some((name.to_owned(), None));
    while let Some((from, id)) = next {
        let call = aws.route53.list_hosted_zones_by_name().dns_name(from).set_hosted_zone_id(id);
        let page = call.send().await.context("reading aws_route53_zone (ListHostedZonesByName)")?;
        let (ours, others): (Vec<_>, Vec<_>) = page.hosted_zones.into_iter().partition(|it| same::dns(&it.name, name));
        found.extend(ours);
        // Zones of one name stand together, and the first page begins with them.
        let more = page.is_truncated && others.is_empty();
        next = page.next_dns_name.filter(|_| more).map(|name| (name, page.next_hosted_zone_id));
    }
    Ok(found)
}

/// Tags of zones by their ids.
///
/// # Errors
/// A call is refused.
pub async fn tags_of(aws: &Aws, ids: &[String]) -> Result<BTreeMap<String, Tags>> {
    let chunks: Vec<Vec<String>> = ids.chunks(TAGGED).map(<[String]>::to_vec).collect();
    let found = each(chunks, |ids| async move {
        let call = aws.route53.list_tags_for_resources().resource_type(TagResourceType::Hostedzone);
        let answer = call.set_resource_ids(Some(ids)).send().await;
        let answer = answer.absent("reading aws_route53_zone (ListTagsForResources)", GONE)?;
        Ok(answer.map(|it| it.resource_tag_sets).unwrap_or_default())
    });
    let sets = found.await?.into_iter().flatten();
    let tags = sets.filter_map(|it| {
        let tags = it.tags.unwrap_or_default().into_iter().map(|it| (it.key, it.value));
        Some((it.resource_id?, tags::observed(tags)))
    });
    Ok(tags.collect())
}

async fn retag(aws: &Aws, id: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if diff.is_empty() {
        return Ok(());
    }
    let set: Vec<_> = diff.set.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let call = aws
        .route53
        .change_tags_for_resource()
        .resource_type(TagResourceType::Hostedzone)
        .resource_id(id)
        .set_add_tags((!set.is_empty()).then_some(set))
        .set_remove_tag_keys((!diff.remove.is_empty()).then_some(diff.remove));
    let done = patiently(PATIENCE, BUSY, || call.clone().send()).await;
    done.context("changing tags (ChangeTagsForResource)").map(drop)
}

/// Lets a VPC see a private zone.
///
/// # Errors
/// The call is refused.
pub async fn associate(
    aws: &Aws,
    zone: &str,
    (vpc_id, region): (&str, &str),
    limit: std::time::Duration,
) -> Result<()> {
    let call = aws.route53.associate_vpc_with_hosted_zone().hosted_zone_id(zone).vpc(vpc(vpc_id, region));
    let done = patiently(PATIENCE, BUSY, || call.clone().send()).await;
    let done = done.context("associating a VPC (AssociateVPCWithHostedZone)")?;
    in_sync(aws, done.change_info, limit).await
}

/// Hides a private zone from a VPC; one that does not see it is a success.
///
/// # Errors
/// The call is refused.
pub async fn disassociate(
    aws: &Aws,
    zone: &str,
    (vpc_id, region): (&str, &str),
    limit: std::time::Duration,
) -> Result<()> {
    let call = aws.route53.disassociate_vpc_from_hosted_zone().hosted_zone_id(zone).vpc(vpc(vpc_id, region));
    let done = patiently(PATIENCE, BUSY, || call.clone().send()).await;
    let gone = &["NoSuchHostedZone", "VPCAssociationNotFound"];
    let done = done.absent("disassociating a VPC (DisassociateVPCFromHostedZone)", gone)?;
    in_sync(aws, done.and_then(|it| it.change_info), limit).await
}

/// Removes all records but those that a zone has by itself.
async fn empty(aws: &Aws, id: &str, name: &str) -> Result<()> {
    let own = |it: &ResourceRecordSet| same::dns(&it.name, name) && matches!(it.r#type, RrType::Ns | RrType::Soa);
    let records = record_sets(aws, id).await?.unwrap_or_default().into_iter().filter(|it| !own(it));
    let changes = records.map(|it| {
        let change = Change::builder().action(ChangeAction::Delete).resource_record_set(it);
        change.build().expect("a change has an action")
    });
    let changes: Vec<_> = changes.collect();
    for changes in changes.chunks(CHANGES) {
        let batch = ChangeBatch::builder().set_changes(Some(changes.to_vec())).build().expect("a batch has changes");
        let call = || aws.route53.change_resource_record_sets().hosted_zone_id(id).change_batch(batch.clone()).send();
        let done = patiently(PATIENCE, BUSY, call).await;
        let done = done.context("emptying aws_route53_zone (ChangeResourceRecordSets)")?;
        in_sync(aws, done.change_info, PATIENCE).await?;
    }
    Ok(())
}
