//! `aws_route53_zone_association`: one more VPC that sees a private zone.

use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use serde::{Deserialize, Serialize};

use super::zone::{associate, disassociate, get};
use super::zone_id;
use crate::client::Aws;
use crate::wire::each;

/// A VPC that sees a private zone besides those in the zone's own block. An import takes `ZONE:VPC` or
/// `ZONE:VPC:REGION`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneAssociation {
    /// The private zone.
    #[attr(force_new)]
    pub zone_id: String,
    /// The VPC.
    #[attr(force_new)]
    pub vpc_id: String,
    /// Region of the VPC; the provider's when left out.
    #[attr(force_new, optional, computed)]
    pub vpc_region: Option<String>,
    /// Account that owns the zone.
    #[attr(computed)]
    pub owning_account: Option<String>,
}

impl Resource for ZoneAssociation {
    type Client = Aws;
    const TYPE: &'static str = "aws_route53_zone_association";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(30);

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let region = self.region(aws);
        associate(aws, zone_id(&self.zone_id), (&self.vpc_id, &region), creation.timeout).await?;
        Ok(Made::id(self.id(aws)))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let account = aws.account().await?;
        let seen = each(objects.to_vec(), |object| async move {
            let state = match object.state {
                Some(state) => state,
                None => Self::parse(&object.id)?,
            };
            let region = state.region(aws);
            let zone = get(aws, zone_id(&state.zone_id).to_owned()).await?;
            let vpcs = zone.and_then(|it| it.vpcs).unwrap_or_default();
            let is_there = vpcs.iter().any(|it| {
                it.vpc_id.as_ref() == Some(&state.vpc_id)
                    && it.vpc_region.as_ref().is_some_and(|it| it.as_str() == region)
            });
            let state = Self { vpc_region: Some(region), owning_account: Some(account.to_owned()), ..state };
            Ok(is_there.then(|| Observed::ready(state.id(aws), state).asked_as(object.id)))
        });
        Ok(seen.await?.into_iter().flatten().collect())
    }

    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let region = self.region(aws);
        disassociate(aws, zone_id(&self.zone_id), (&self.vpc_id, &region), Self::TIMEOUTS.delete).await
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let object = Prior { id: self.id(aws), state: Some(self.clone()) };
        Ok(Self::read(aws, &[object]).await?.into_iter().map(|it| it.id).next())
    }
}

impl ZoneAssociation {
    fn region(&self, aws: &Aws) -> String {
        self.vpc_region.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| aws.region.clone())
    }

    fn id(&self, aws: &Aws) -> Id {
        let region = self.region(aws);
        let zone = zone_id(&self.zone_id);
        if region == aws.region {
            format!("{zone}:{}", self.vpc_id)
        } else {
            format!("{zone}:{}:{region}", self.vpc_id)
        }
    }

    fn parse(id: &str) -> Result<Self> {
        let parts: Vec<_> = id.split(':').map(str::to_owned).collect();
        let (zone, vpc, region) = match parts.as_slice() {
            [zone, vpc] => (zone, vpc, None),
            [zone, vpc, region] => (zone, vpc, Some(region)),
            _ => {
                let message = format!("\"{id}\" is no id of an association. Write ZONE:VPC or ZONE:VPC:REGION.");
                return Err(ProviderError::refused("reading aws_route53_zone_association", message));
            }
        };
        Ok(Self { zone_id: zone.clone(), vpc_id: vpc.clone(), vpc_region: region.cloned(), owning_account: None })
    }
}
