//! Data source `aws_route53_zone`: a zone by its id or its name.

use aws_sdk_route53::types::{HostedZone, HostedZoneSummary};
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use super::zone::{get, tags_of, zones_named};
use super::zone_id;
use crate::client::Aws;
use crate::wire::{Context, Tags};

const ACTION: &str = "reading aws_route53_zone";

/// A zone that exists.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneData {
    /// Id of the zone.
    #[attr(optional, computed)]
    pub zone_id: Option<String>,
    /// Domain of the zone.
    #[attr(optional, computed)]
    pub name: Option<String>,
    /// Whether the zone is a private one; for a look-up by name.
    #[attr(default = false)]
    pub private_zone: bool,
    /// VPC that sees the private zone; for a look-up by name.
    #[attr(optional, computed)]
    pub vpc_id: Option<String>,
    /// Tags that the zone has; for a look-up by name.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// ARN of the zone.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Token of the zone's create.
    #[attr(computed)]
    pub caller_reference: Option<String>,
    /// What the zone is for.
    #[attr(computed)]
    pub comment: Option<String>,
    /// Whether changes stay possible when the region of Route 53's control plane fails.
    #[attr(computed)]
    pub enable_accelerated_recovery: Option<bool>,
    /// What the service that made the zone says of it.
    #[attr(computed)]
    pub linked_service_description: Option<String>,
    /// The service that made the zone.
    #[attr(computed)]
    pub linked_service_principal: Option<String>,
    /// Name servers of a public zone.
    #[attr(computed)]
    pub name_servers: Vec<String>,
    /// Name server that made the zone's SOA record.
    #[attr(computed)]
    pub primary_name_server: Option<String>,
    /// Number of record sets.
    #[attr(computed)]
    pub resource_record_set_count: Option<i64>,
}

impl DataSource for ZoneData {
    type Client = Aws;
    const TYPE: &'static str = "aws_route53_zone";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let id = match self.zone_id.as_deref().filter(|it| !it.is_empty()) {
            Some(id) => zone_id(id).to_owned(),
            None => self.look_up(aws).await?,
        };
        let (found, tags) = futures::try_join!(get(aws, id.clone()), tags_of(aws, std::slice::from_ref(&id)))?;
        let missing = || ProviderError::refused(ACTION, format!("there is no zone {id}"));
        let found = found.ok_or_else(missing)?;
        let zone = found.hosted_zone.ok_or_else(missing)?;
        let mut name_servers = found.delegation_set.map(|it| it.name_servers).unwrap_or_default();
        let primary_name_server = name_servers.first().cloned();
        name_servers.sort();
        let recovery = zone.features.and_then(|it| it.accelerated_recovery_status);
        let service = zone.linked_service;
        let config = zone.config;
        let data = Self {
            zone_id: Some(id.clone()),
            name: Some(zone.name.trim_end_matches('.').to_owned()),
            private_zone: config.as_ref().is_some_and(|it| it.private_zone),
            vpc_id: self.vpc_id,
            tags: tags.get(&id).cloned().unwrap_or_default(),
            arn: Some(format!("arn:{}:route53:::hostedzone/{id}", aws.partition.id)),
            caller_reference: Some(zone.caller_reference),
            comment: Some(config.and_then(|it| it.comment).unwrap_or_default()),
            enable_accelerated_recovery: Some(recovery.is_some_and(|it| it.as_str() == "ENABLED")),
            linked_service_description: service.as_ref().and_then(|it| it.description.clone()),
            linked_service_principal: service.and_then(|it| it.service_principal),
            name_servers,
            primary_name_server,
            resource_record_set_count: zone.resource_record_set_count,
        };
        Ok((id, data))
    }
}

impl ZoneData {
    /// The one zone of the name, kind, VPC and tags that are asked for.
    async fn look_up(&self, aws: &Aws) -> Result<String> {
        let Some(name) = self.name.as_deref().filter(|it| !it.is_empty()) else {
            return Err(
                ProviderError::refused(ACTION, "neither \"zone_id\" nor \"name\" is set").help("Set one of both.")
            );
        };
        let is_private = |it: &HostedZone| it.config.as_ref().is_some_and(|it| it.private_zone);
        let private = self.private_zone || self.vpc_id.is_some();
        let found = zones_named(aws, name).await?.into_iter().filter(|it| is_private(it) == private);
        let mut ids: Vec<String> = found.map(|it| zone_id(&it.id).to_owned()).collect();
        if let Some(vpc) = &self.vpc_id {
            let seen = zones_of(aws, vpc).await?;
            ids.retain(|id| seen.iter().any(|it| it.hosted_zone_id == *id));
        }
        if !self.tags.is_empty() {
            let tags = tags_of(aws, &ids).await?;
            let has = |id: &String| {
                self.tags.iter().all(|(key, value)| tags.get(id).and_then(|it| it.get(key)) == Some(value))
            };
            ids.retain(has);
        }
        let kind = if private { "private" } else { "public" };
        match ids.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(ProviderError::refused(ACTION, format!("there is no {kind} zone {name} with these properties"))
                .help("Check the name and the account; private_zone = true finds private zones.")),
            many => {
                let message = format!("there are {} {kind} zones {name}: {}", many.len(), many.join(", "));
                Err(ProviderError::refused(ACTION, message).help("Single one out with zone_id, vpc_id or tags."))
            }
        }
    }
}

/// Private zones that a VPC sees.
async fn zones_of(aws: &Aws, vpc: &str) -> Result<Vec<HostedZoneSummary>> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let call = aws.route53.list_hosted_zones_by_vpc().vpc_id(vpc).vpc_region(aws.region.as_str().into());
        let page = call.set_next_token(next).send().await;
        let page = page.context("reading aws_route53_zone (ListHostedZonesByVPC)")?;
        found.extend(page.hosted_zone_summaries);
        next = page.next_token;
        if next.is_none() {
            return Ok(found);
        }
    }
}
