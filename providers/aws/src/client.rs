//! The client of AWS: one SDK client per service and region, and the provider's settings that operations need.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{Region, SdkConfig};
use plumb_engine::provider::typed::Result;
use tokio::sync::OnceCell;

use crate::delivery::{Delivery, Traffic};
use crate::settings::IgnoreTags;
use crate::wire::region::Partition;
use crate::wire::{Context, Once, Tags};

/// SDK clients of one region.
#[derive(Debug)]
pub struct Aws {
    /// EC2 Auto Scaling.
    pub autoscaling: aws_sdk_autoscaling::Client,
    /// CloudWatch metrics, alarms and dashboards.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// Compute, network and block storage.
    pub ec2: aws_sdk_ec2::Client,
    /// File systems.
    pub efs: aws_sdk_efs::Client,
    /// Load balancers.
    pub elbv2: aws_sdk_elasticloadbalancingv2::Client,
    /// Roles, policies and instance profiles.
    pub iam: aws_sdk_iam::Client,
    /// Keys.
    pub kms: aws_sdk_kms::Client,
    /// CloudWatch logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// Databases.
    pub rds: aws_sdk_rds::Client,
    /// DNS.
    pub route53: aws_sdk_route53::Client,
    /// Notifications.
    pub sns: aws_sdk_sns::Client,
    /// Parameters.
    pub ssm: aws_sdk_ssm::Client,
    /// Identity of the caller.
    pub sts: aws_sdk_sts::Client,
    /// Name of the region: `eu-central-1`.
    pub region: String,
    /// What follows from the region's partition.
    pub partition: Partition,
    /// Which VPCs have IPv6 networks, by id.
    pub ipv6_vpcs: Once<bool>,
    account: Arc<Shared>,
}

/// What the clients of all regions share.
#[derive(Debug)]
struct Shared {
    sdk: SdkConfig,
    options: Options,
    traffic: Traffic,
    delivery: Delivery,
    identity: OnceCell<Identity>,
    regions: Mutex<BTreeMap<String, Arc<Aws>>>,
}

/// Settings of the provider's configuration besides those of the SDK.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Tags that every object gets.
    pub default_tags: Tags,
    /// Tags that are left alone.
    pub ignore_tags: IgnoreTags,
    /// Endpoint by service, as the `endpoints` block names it.
    pub endpoints: BTreeMap<String, String>,
}

/// Who the caller is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Account id, 12 digits.
    pub account: String,
    /// ARN of the caller.
    pub arn: String,
    /// Unique id of the caller.
    pub user: String,
}

/// Makes the client of a service: the SDK's settings, the endpoint of the `endpoints` block, the counting of calls.
macro_rules! service {
    ($krate:ident, $shared:expr, $sdk:expr, $($name:literal)|+) => {{
        let mut config = $krate::config::Builder::from($sdk)
            .interceptor($shared.traffic.clone())
            .retry_classifier($shared.traffic.clone())
            .retry_partition(
                $krate::config::retry::RetryPartition::custom("plumb")
                    .token_bucket($krate::config::retry::TokenBucket::unlimited())
                    .build(),
            );
        if let Some(url) = [$($name),+].iter().find_map(|name| $shared.options.endpoints.get(*name)) {
            config.set_endpoint_url(Some(url.clone()));
        }
        $krate::Client::from_conf(config.build())
    }};
}

impl Aws {
    /// The client of a region.
    pub(crate) fn new(sdk: SdkConfig, region: &str, options: Options, delivery: Delivery) -> Arc<Self> {
        let (traffic, identity) = (Traffic::default(), OnceCell::new());
        let shared = Shared { sdk, options, traffic, delivery, identity, regions: Mutex::default() };
        Self::of(&Arc::new(shared), region)
    }

    /// The client of another region, made once.
    pub fn in_region(&self, region: &str) -> Arc<Self> {
        Self::of(&self.account, region)
    }

    /// Who the caller is; asked once per run.
    ///
    /// # Errors
    /// The credentials are not accepted.
    pub async fn identity(&self) -> Result<&Identity> {
        let ask = || async {
            let answer =
                self.sts.get_caller_identity().send().await.context("asking who we are (GetCallerIdentity)")?;
            Ok(Identity {
                account: answer.account.unwrap_or_default(),
                arn: answer.arn.unwrap_or_default(),
                user: answer.user_id.unwrap_or_default(),
            })
        };
        self.account.identity.get_or_try_init(ask).await
    }

    /// Account id of the caller; asked once per run.
    ///
    /// # Errors
    /// The credentials are not accepted.
    pub async fn account(&self) -> Result<&str> {
        self.identity().await.map(|it| it.account.as_str())
    }

    /// Tags that every object gets.
    pub fn default_tags(&self) -> &Tags {
        &self.account.options.default_tags
    }

    /// Tags that are left alone.
    pub fn ignore_tags(&self) -> &IgnoreTags {
        &self.account.options.ignore_tags
    }

    /// Requests sent so far to all regions, every attempt counted.
    pub fn sent(&self) -> u64 {
        self.account.traffic.sent()
    }

    /// Requests sent so far to all regions by `Service:Operation`.
    pub fn operations(&self) -> BTreeMap<String, u64> {
        self.account.traffic.operations()
    }

    /// What is shared by all requests.
    pub(crate) fn delivery(&self) -> &Delivery {
        &self.account.delivery
    }

    fn of(shared: &Arc<Shared>, region: &str) -> Arc<Self> {
        let mut regions = shared.regions.lock().unwrap_or_else(PoisonError::into_inner);
        // The map holds clients that hold the map: they live as long as the process, as the provider does.
        regions.entry(region.to_owned()).or_insert_with(|| Arc::new(Self::make(shared, region))).clone()
    }

    fn make(shared: &Arc<Shared>, region: &str) -> Self {
        let sdk = &shared.sdk.to_builder().region(Region::new(region.to_owned())).build();
        Self {
            autoscaling: service!(aws_sdk_autoscaling, shared, sdk, "autoscaling"),
            cloudwatch: service!(aws_sdk_cloudwatch, shared, sdk, "cloudwatch"),
            ec2: service!(aws_sdk_ec2, shared, sdk, "ec2"),
            efs: service!(aws_sdk_efs, shared, sdk, "efs"),
            elbv2: service!(aws_sdk_elasticloadbalancingv2, shared, sdk, "elbv2" | "elasticloadbalancingv2"),
            iam: service!(aws_sdk_iam, shared, sdk, "iam"),
            kms: service!(aws_sdk_kms, shared, sdk, "kms"),
            logs: service!(aws_sdk_cloudwatchlogs, shared, sdk, "logs" | "cloudwatchlogs" | "cloudwatchlog"),
            rds: service!(aws_sdk_rds, shared, sdk, "rds"),
            route53: service!(aws_sdk_route53, shared, sdk, "route53"),
            sns: service!(aws_sdk_sns, shared, sdk, "sns"),
            ssm: service!(aws_sdk_ssm, shared, sdk, "ssm"),
            sts: service!(aws_sdk_sts, shared, sdk, "sts"),
            region: region.to_owned(),
            partition: Partition::of(region),
            ipv6_vpcs: Once::default(),
            account: shared.clone(),
        }
    }
}
