//! `aws_route53_record`: what a name in a zone resolves to.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{
    self, Change, ChangeAction, ChangeBatch, CidrRoutingConfig, GeoLocation, GeoProximityLocation, ResourceRecord,
    ResourceRecordSet, ResourceRecordSetFailover, ResourceRecordSetRegion, RrType,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::record_set::{Key, full_name, quoted, record_set, record_sets, same_value, unquoted};
use super::zone::get;
use super::{BUSY, PATIENCE, in_sync, zone_id};
use crate::client::Aws;
use crate::wire::{Check, Context, check, each, patiently, plan, same};

/// From how many records of a zone on the whole zone is listed instead of single records.
const LISTED: usize = 4;
const POLICIES: &[&str] = &[
    "cidr_routing_policy",
    "failover_routing_policy",
    "geolocation_routing_policy",
    "geoproximity_routing_policy",
    "latency_routing_policy",
    "weighted_routing_policy",
];

/// A record set: the answers to questions for one name and type.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Zone of the record.
    #[attr(force_new)]
    pub zone_id: String,
    /// Name, in full or without the zone's domain; empty for the domain itself.
    #[attr(force_new, same = same::dns)]
    pub name: String,
    /// `A`, `AAAA`, `CNAME`, `TXT` and so on.
    pub r#type: String,
    /// Seconds for which answers may be kept.
    #[attr(conflicts_with("alias"))]
    pub ttl: Option<i64>,
    /// The answers. Texts are written without quotes around them; `\"\"` stands between parts of at most 255
    /// characters.
    #[attr(same = same_value, conflicts_with("alias"))]
    pub records: BTreeSet<String>,
    /// An AWS object whose addresses are the answers, instead of `records`.
    #[block(list, max = 1)]
    pub alias: Vec<Alias>,
    /// Name of this record set among those of the same name and type; routing policies need it.
    pub set_identifier: Option<String>,
    /// Health check without whose success the record is not answered.
    pub health_check_id: Option<String>,
    /// Whether several record sets answer together, each with its own health.
    pub multivalue_answer_routing_policy: Option<bool>,
    /// Answers by the network of who asks.
    #[block(list, max = 1)]
    pub cidr_routing_policy: Vec<CidrPolicy>,
    /// Answers by whether the primary is healthy.
    #[block(list, max = 1)]
    pub failover_routing_policy: Vec<FailoverPolicy>,
    /// Answers by where who asks is.
    #[block(list, max = 1)]
    pub geolocation_routing_policy: Vec<GeolocationPolicy>,
    /// Answers by the distance between who asks and what is asked for.
    #[block(list, max = 1)]
    pub geoproximity_routing_policy: Vec<GeoproximityPolicy>,
    /// Answers by the latency from who asks.
    #[block(list, max = 1)]
    pub latency_routing_policy: Vec<LatencyPolicy>,
    /// Answers in proportion to weights.
    #[block(list, max = 1)]
    pub weighted_routing_policy: Vec<WeightedPolicy>,
    /// Whether a create replaces a record that exists already.
    #[attr(optional, computed)]
    pub allow_overwrite: Option<bool>,
    /// The full name.
    #[attr(computed)]
    pub fqdn: Option<String>,
}

/// An AWS object as the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Alias {
    /// DNS name of the object.
    #[attr(same = same::dns)]
    pub name: String,
    /// Zone of the object: `zone_id` of a load balancer, not of this record.
    pub zone_id: String,
    /// Whether an object without healthy targets is no answer.
    pub evaluate_target_health: bool,
}

/// Networks of who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct CidrPolicy {
    /// Collection of networks.
    pub collection_id: String,
    /// Name of the networks in the collection; `*` for all others.
    pub location_name: String,
}

/// The role of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FailoverPolicy {
    /// `PRIMARY` or `SECONDARY`.
    pub r#type: String,
}

/// Where who asks is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct GeolocationPolicy {
    /// Continent: `EU`.
    pub continent: Option<String>,
    /// Country: `DE`; `*` for all others.
    pub country: Option<String>,
    /// State of the United States, or region of Ukraine.
    pub subdivision: Option<String>,
}

/// Where the object is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct GeoproximityPolicy {
    /// Region of the object.
    pub aws_region: Option<String>,
    /// How much larger or smaller its area is: -99 to 99.
    pub bias: Option<i64>,
    /// Local zone group of the object.
    pub local_zone_group: Option<String>,
    /// Place of an object outside AWS.
    #[block(set, max = 1)]
    pub coordinates: Vec<Coordinates>,
}

/// A place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Coordinates {
    /// Degrees north, with at most two decimals.
    pub latitude: String,
    /// Degrees east, with at most two decimals.
    pub longitude: String,
}

/// Where the object is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct LatencyPolicy {
    /// Region to which the latency is measured.
    pub region: String,
}

/// How often it is the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct WeightedPolicy {
    /// Weight among the record sets of the same name and type: 0 to 255.
    pub weight: i64,
}

impl Resource for Record {
    type Client = Aws;
    const TYPE: &'static str = "aws_route53_record";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(30);
    const BATCH: usize = 10_000;
    const UNREADABLE: &'static [&'static str] = &["allow_overwrite"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.range("ttl", 0, 2_147_483_647).length("set_identifier", 128);
        let blocks = |name: &str| config.get(name).and_then(Value::as_slice).map(<[Value]>::len);
        match (check.is_set("records"), blocks("alias")) {
            (Some(true), Some(1..)) => check.error("records", "cannot stand together with an alias block."),
            (Some(false), Some(0)) => check.error("records", "is missing. Set it, or add an alias block."),
            _ => {}
        }
        check.needs("records", "ttl");
        let policies: Vec<_> = POLICIES.iter().filter(|it| blocks(it).is_some_and(|it| it > 0)).collect();
        if policies.len() > 1 {
            check.error(policies[1], format!("cannot stand together with \"{}\".", policies[0]));
        }
        let multivalue = config.get("multivalue_answer_routing_policy").and_then(Value::as_bool) == Some(true);
        if multivalue && !policies.is_empty() {
            check.error(policies[0], "cannot stand together with \"multivalue_answer_routing_policy\".");
        }
        let routed = multivalue || !policies.is_empty();
        match check.is_set("set_identifier") {
            Some(false) if routed => {
                check.error("set_identifier", "is missing; a record with a routing policy needs it.");
            }
            Some(true) if !routed && POLICIES.iter().all(|it| blocks(it) == Some(0)) => {
                check.error("set_identifier", "has no meaning without a routing policy. Add one, or remove it.");
            }
            _ => {}
        }
        let mut found = check.found();
        for block in check::blocks(config, "failover_routing_policy") {
            let mut check = Check::of(block);
            check.one_of("type", &["PRIMARY", "SECONDARY"]);
            found.extend(check.found());
        }
        for block in check::blocks(config, "weighted_routing_policy") {
            let mut check = Check::of(block);
            check.range("weight", 0, 255);
            found.extend(check.found());
        }
        for block in check::blocks(config, "geoproximity_routing_policy") {
            let mut check = Check::of(block);
            check.range("bias", -99, 99);
            found.extend(check.found());
        }
        found
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["type", "set_identifier"], &["id"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_route53_record (ChangeResourceRecordSets)";
        let name = self.full_name(aws, action).await?;
        let how = if self.allow_overwrite == Some(true) { ChangeAction::Upsert } else { ChangeAction::Create };
        let batch = vec![change(how, self.sdk(&name))];
        let id = self.key().id();
        let sent = send(aws, &self.zone_id, batch, action, || creation.made(&id), creation.timeout).await;
        sent.map_err(|error| match error.message.contains("already exists") {
            true => error.help("Import the record, or set allow_overwrite = true to replace it."),
            false => error,
        })?;
        Ok(Made::ready(id, Self { fqdn: Some(name), ..self.clone() }))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut zones: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
        for object in objects {
            let key = match &object.state {
                Some(state) => state.key(),
                None => Key::parse(&object.id).ok_or_else(|| {
                    let message =
                        format!("\"{}\" is no id of a record. Write ZONE_NAME_TYPE or ZONE_NAME_TYPE_SET.", object.id);
                    ProviderError::refused("reading aws_route53_record", message)
                })?,
            };
            let zone = zones.entry(key.zone.clone()).or_default();
            zone.push(Wanted { asked: object.id.clone(), key, prior: object.state.clone() });
        }
        let found = each(zones, |(zone, wanted)| async move {
            let known = |it: &Wanted| it.fqdn().is_some();
            if wanted.len() < LISTED && wanted.iter().all(known) {
                return each(wanted, |it| read_one(aws, it)).await;
            }
            let all = record_sets(aws, &zone).await?.unwrap_or_default();
            let apex = all.iter().find(|it| it.r#type == RrType::Soa).map(|it| it.name.clone()).unwrap_or_default();
            let seen = wanted.into_iter().map(|it| {
                let record = all.iter().find(|record| it.key.is_of(record, &apex));
                record.map(|record| it.observe(record.clone()))
            });
            Ok(seen.collect())
        });
        Ok(found.await?.into_iter().flatten().flatten().collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        let action = "changing aws_route53_record (ChangeResourceRecordSets)";
        let name = match prior.fqdn.clone().filter(|it| !it.is_empty()) {
            Some(name) => name,
            None => self.full_name(aws, action).await?,
        };
        let same_place = self.key() == prior.key() && self.policy() == prior.policy();
        let changes = if same_place {
            vec![change(ChangeAction::Upsert, self.sdk(&name))]
        } else {
            // Another type, set or kind of routing is another record set; both happen in one change or not at all.
            let old = record_set(aws, &prior.key(), &name).await?;
            let old = old.map(|it| change(ChangeAction::Delete, it));
            old.into_iter().chain([change(ChangeAction::Create, self.sdk(&name))]).collect()
        };
        send(aws, &self.zone_id, changes, action, || {}, Self::TIMEOUTS.update).await
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let action = "deleting aws_route53_record (ChangeResourceRecordSets)";
        let name = match self.fqdn.clone().filter(|it| !it.is_empty()) {
            Some(name) => name,
            None => match get(aws, self.zone_id.clone()).await?.and_then(|it| it.hosted_zone) {
                Some(zone) => full_name(&self.name, &zone.name),
                None => return Ok(()),
            },
        };
        // Only what is exactly there can be deleted.
        let Some(record) = record_set(aws, &self.key(), &name).await? else { return Ok(()) };
        let done =
            send(aws, &self.zone_id, vec![change(ChangeAction::Delete, record)], action, || {}, Self::TIMEOUTS.delete);
        match done.await {
            Err(error) if error.message.starts_with("InvalidChangeBatch") && error.message.contains("not found") => {
                Ok(())
            }
            Err(error) if error.message.starts_with("NoSuchHostedZone") => Ok(()),
            done => done,
        }
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let name = self.full_name(aws, "finding aws_route53_record (GetHostedZone)").await?;
        let Some(found) = record_set(aws, &self.key(), &name).await? else { return Ok(None) };
        let seen = Self::observe(self.key(), found, Some(self));
        let records = |it: &Self| {
            let alias = it.alias.first().map(|it| same::dns_name(&it.name));
            let texts = it.records.iter().map(|text| unquoted(&it.r#type, text).replace("\" \"", "\"\""));
            (it.ttl, alias, texts.collect::<BTreeSet<_>>())
        };
        Ok((records(&seen) == records(self)).then(|| self.key().id()))
    }
}

/// A record that is to be read.
struct Wanted {
    asked: String,
    key: Key,
    prior: Option<Record>,
}

impl Wanted {
    fn fqdn(&self) -> Option<&str> {
        self.prior.as_ref()?.fqdn.as_deref().filter(|it| !it.is_empty())
    }

    fn observe(self, record: ResourceRecordSet) -> Observed<Record> {
        let id = self.key.id();
        Observed::ready(id, Record::observe(self.key, record, self.prior.as_ref())).asked_as(self.asked)
    }
}

async fn read_one(aws: &Aws, wanted: Wanted) -> Result<Option<Observed<Record>>> {
    let name = wanted.fqdn().unwrap_or(&wanted.key.name).to_owned();
    let found = record_set(aws, &wanted.key, &name).await?;
    Ok(found.map(|it| wanted.observe(it)))
}

impl Record {
    fn key(&self) -> Key {
        Key {
            zone: zone_id(&self.zone_id).to_owned(),
            name: self.name.clone(),
            kind: self.r#type.clone(),
            set: self.set_identifier.clone().unwrap_or_default(),
        }
    }

    async fn full_name(&self, aws: &Aws, action: &str) -> Result<String> {
        let zone = get(aws, zone_id(&self.zone_id).to_owned()).await?.and_then(|it| it.hosted_zone);
        let zone = zone.ok_or_else(|| ProviderError::refused(action, format!("there is no zone {}", self.zone_id)))?;
        Ok(full_name(&self.name, &zone.name))
    }

    /// Which kind of routing the record takes part in.
    fn policy(&self) -> [bool; 7] {
        [
            !self.cidr_routing_policy.is_empty(),
            !self.failover_routing_policy.is_empty(),
            !self.geolocation_routing_policy.is_empty(),
            !self.geoproximity_routing_policy.is_empty(),
            !self.latency_routing_policy.is_empty(),
            !self.weighted_routing_policy.is_empty(),
            self.multivalue_answer_routing_policy == Some(true),
        ]
    }

    fn sdk(&self, name: &str) -> ResourceRecordSet {
        let records = self.records.iter().map(|it| {
            let record = ResourceRecord::builder().value(quoted(&self.r#type, it));
            record.build().expect("a record has a value")
        });
        let records: Vec<_> = records.collect();
        let alias = self.alias.first().map(|it| {
            let alias = types::AliasTarget::builder()
                .dns_name(&it.name)
                .hosted_zone_id(&it.zone_id)
                .evaluate_target_health(it.evaluate_target_health);
            alias.build().expect("an alias has a name, a zone and a switch")
        });
        let cidr = self.cidr_routing_policy.first().map(|it| {
            let config = CidrRoutingConfig::builder().collection_id(&it.collection_id).location_name(&it.location_name);
            config.build().expect("a policy has a collection and a location")
        });
        let location = self.geolocation_routing_policy.first().map(|it| {
            GeoLocation::builder()
                .set_continent_code(it.continent.clone())
                .set_country_code(it.country.clone())
                .set_subdivision_code(it.subdivision.clone())
                .build()
        });
        let failover = self.failover_routing_policy.first();
        let latency = self.latency_routing_policy.first();
        let set = ResourceRecordSet::builder()
            .name(name)
            .r#type(RrType::from(self.r#type.as_str()))
            .set_ttl(self.ttl)
            .set_resource_records((!records.is_empty()).then_some(records))
            .set_alias_target(alias)
            .set_set_identifier(self.set_identifier.clone())
            .set_health_check_id(self.health_check_id.clone())
            .set_multi_value_answer(self.multivalue_answer_routing_policy.filter(|it| *it))
            .set_cidr_routing_config(cidr)
            .set_failover(failover.map(|it| ResourceRecordSetFailover::from(it.r#type.as_str())))
            .set_geo_location(location)
            .set_geo_proximity_location(self.geoproximity_routing_policy.first().map(GeoproximityPolicy::sdk))
            .set_region(latency.map(|it| ResourceRecordSetRegion::from(it.region.as_str())))
            .set_weight(self.weighted_routing_policy.first().map(|it| it.weight));
        set.build().expect("a record set has a name and a type")
    }

    fn observe(key: Key, it: ResourceRecordSet, prior: Option<&Self>) -> Self {
        let kind = it.r#type.as_str().to_owned();
        let values = it.resource_records.unwrap_or_default();
        let alias = it.alias_target.map(|it| Alias {
            name: it.dns_name,
            zone_id: it.hosted_zone_id,
            evaluate_target_health: it.evaluate_target_health,
        });
        let cidr = it
            .cidr_routing_config
            .map(|it| CidrPolicy { collection_id: it.collection_id, location_name: it.location_name });
        let location = it.geo_location.map(|it| GeolocationPolicy {
            continent: it.continent_code,
            country: it.country_code,
            subdivision: it.subdivision_code,
        });
        Self {
            zone_id: prior.map_or(key.zone, |it| it.zone_id.clone()),
            name: key.name,
            ttl: it.ttl,
            records: values.iter().map(|it| unquoted(&kind, &it.value)).collect(),
            r#type: kind,
            alias: alias.into_iter().collect(),
            set_identifier: it.set_identifier,
            health_check_id: it.health_check_id,
            multivalue_answer_routing_policy: it.multi_value_answer,
            cidr_routing_policy: cidr.into_iter().collect(),
            failover_routing_policy: it
                .failover
                .map(|it| FailoverPolicy { r#type: it.as_str().to_owned() })
                .into_iter()
                .collect(),
            geolocation_routing_policy: location.into_iter().collect(),
            geoproximity_routing_policy: it
                .geo_proximity_location
                .map(GeoproximityPolicy::observe)
                .into_iter()
                .collect(),
            latency_routing_policy: it
                .region
                .map(|it| LatencyPolicy { region: it.as_str().to_owned() })
                .into_iter()
                .collect(),
            weighted_routing_policy: it.weight.map(|weight| WeightedPolicy { weight }).into_iter().collect(),
            allow_overwrite: None,
            fqdn: Some(same::dns_name(&it.name)),
        }
    }
}

impl GeoproximityPolicy {
    fn sdk(&self) -> GeoProximityLocation {
        let coordinates = self.coordinates.first().map(|it| {
            let place = types::Coordinates::builder().latitude(&it.latitude).longitude(&it.longitude);
            place.build().expect("coordinates are two")
        });
        GeoProximityLocation::builder()
            .set_aws_region(self.aws_region.clone())
            .set_bias(self.bias.map(|it| it as i32))
            .set_local_zone_group(self.local_zone_group.clone())
            .set_coordinates(coordinates)
            .build()
    }

    fn observe(it: GeoProximityLocation) -> Self {
        let place = it.coordinates.map(|it| Coordinates { latitude: it.latitude, longitude: it.longitude });
        Self {
            aws_region: it.aws_region,
            bias: it.bias.map(i64::from),
            local_zone_group: it.local_zone_group,
            coordinates: place.into_iter().collect(),
        }
    }
}

fn change(action: ChangeAction, record: ResourceRecordSet) -> Change {
    Change::builder().action(action).resource_record_set(record).build().expect("a change has an action")
}

/// Sends changes of a zone and waits until its name servers know them; `sent` is called once they are accepted.
async fn send(
    aws: &Aws,
    zone: &str,
    changes: Vec<Change>,
    action: &str,
    sent: impl FnOnce(),
    limit: std::time::Duration,
) -> Result<()> {
    let batch = ChangeBatch::builder().set_changes(Some(changes)).build().expect("a batch has changes");
    let call = aws.route53.change_resource_record_sets().hosted_zone_id(zone_id(zone)).change_batch(batch);
    let done = patiently(PATIENCE, BUSY, || call.clone().send()).await.context(action)?;
    sent();
    in_sync(aws, done.change_info, limit).await
}
