//! `aws_internet_gateway`: the way from a VPC to the internet.

use aws_sdk_ec2::types::{self, ResourceType};
use plumb_engine::Schema;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, arn, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Context, Tags, ids, pages, patiently, told};

const GONE: &[&str] = &["InvalidInternetGatewayID.NotFound"];

/// The way from a VPC to the internet and back, for instances with public addresses.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct InternetGateway {
    /// VPC to attach to. A VPC has one gateway at most. Another VPC is attached in place.
    #[attr(optional, computed)]
    pub vpc_id: Option<String>,
    /// ARN of the gateway.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Account that owns the gateway.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Tags of the gateway.
    pub tags: Tags,
    /// Tags of the gateway, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for InternetGateway {
    type Client = Aws;
    const TYPE: &'static str = "aws_internet_gateway";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts::minutes(20);
    const BATCH: usize = FILTER_VALUES;

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_internet_gateway (CreateInternetGateway)";
        let tags = tags_on_create(ResourceType::InternetGateway, &self.tags_all, creation.key);
        let made = aws.ec2.create_internet_gateway().tag_specifications(tags).send().await.context(action)?;
        let mut made = told(made.internet_gateway.and_then(|it| Self::observe(aws, it)), action)?;
        creation.made(&made.id);
        if let Some(vpc) = &self.vpc_id {
            attach(aws, &made.id, vpc).await?;
        }
        made.state.vpc_id.clone_from(&self.vpc_id);
        Ok(Made::ready(made.id, made.state))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_internet_gateways().filters(filter("internet-gateway-id", ids(objects)));
        let found = pages!(call, "reading aws_internet_gateway (DescribeInternetGateways)")?;
        Ok(found.into_iter().filter_map(|it| Self::observe(aws, it)).collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.vpc_id != prior.vpc_id {
            if let Some(vpc) = &prior.vpc_id {
                detach(aws, id, vpc).await?;
            }
            if let Some(vpc) = &self.vpc_id {
                attach(aws, id, vpc).await?;
            }
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if let Some(vpc) = &self.vpc_id {
            detach(aws, id, vpc).await?;
        }
        let call = || aws.ec2.delete_internet_gateway().internet_gateway_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, &["DependencyViolation"], call).await;
        done.absent("deleting aws_internet_gateway (DeleteInternetGateway)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_internet_gateways().filters(by_intent(key));
        let found = pages!(call, "finding aws_internet_gateway (DescribeInternetGateways)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.internet_gateway_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.ec2.describe_internet_gateways();
        let found = pages!(call, "listing aws_internet_gateway (DescribeInternetGateways)")?;
        Ok(found.into_iter().filter_map(|it| it.internet_gateway_id).collect())
    }
}

impl InternetGateway {
    fn observe(aws: &Aws, gateway: types::InternetGateway) -> Option<Observed<Self>> {
        let id = gateway.internet_gateway_id?;
        let state = Self {
            vpc_id: gateway.attachments.unwrap_or_default().into_iter().find_map(|it| it.vpc_id),
            arn: gateway.owner_id.as_deref().map(|owner| arn(aws, owner, &format!("internet-gateway/{id}"))),
            owner_id: gateway.owner_id,
            tags: Tags::new(),
            tags_all: observed_tags(gateway.tags),
        };
        Some(Observed::ready(id, state))
    }
}

async fn attach(aws: &Aws, id: &str, vpc: &str) -> Result<()> {
    let call = || aws.ec2.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc).send();
    let done = patiently(VISIBLE, GONE, call).await;
    done.context("attaching aws_internet_gateway (AttachInternetGateway)").map(drop)
}

/// Waits for public addresses in the VPC to be given up: AWS refuses to detach before that.
async fn detach(aws: &Aws, id: &str, vpc: &str) -> Result<()> {
    let call = || aws.ec2.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc).send();
    let done = patiently(InternetGateway::TIMEOUTS.delete, &["DependencyViolation"], call).await;
    let gone = &["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound"];
    done.absent("detaching aws_internet_gateway (DetachInternetGateway)", gone).map(drop)
}
