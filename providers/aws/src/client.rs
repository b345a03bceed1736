//! The client of AWS: one SDK client per service and region, and the provider's settings that operations need.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use plumb_aws_delivery::{Connection, client};
use plumb_engine::provider::typed::Result;
use tokio::sync::OnceCell;

use crate::settings::IgnoreTags;
use crate::wire::region::Partition;
use crate::wire::{Context, Once, Tags};

/// SDK clients of one region.
#[derive(Debug)]
pub struct Aws {
    /// Certificates.
    pub acm: aws_sdk_acm::Client,
    /// EC2 Auto Scaling.
    pub autoscaling: aws_sdk_autoscaling::Client,
    /// Backups of other services' objects.
    pub backup: aws_sdk_backup::Client,
    /// What stacks of CloudFormation export.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// CloudWatch metrics, alarms and dashboards.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// Tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
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
    /// Secrets.
    pub secretsmanager: aws_sdk_secretsmanager::Client,
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
    connection: Connection,
    options: Options,
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

impl Aws {
    /// The client of the connection's region.
    pub(crate) fn new(connection: Connection, options: Options) -> Arc<Self> {
        let region = connection.region().to_owned();
        let shared = Shared { connection, options, identity: OnceCell::new(), regions: Mutex::default() };
        Self::of(&Arc::new(shared), &region)
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

    /// What is shared by the clients of all services and regions.
    pub(crate) fn connection(&self) -> &Connection {
        &self.account.connection
    }

    fn of(shared: &Arc<Shared>, region: &str) -> Arc<Self> {
        let mut regions = shared.regions.lock().unwrap_or_else(PoisonError::into_inner);
        // The map holds clients that hold the map: they live as long as the process, as the provider does.
        regions.entry(region.to_owned()).or_insert_with(|| Arc::new(Self::make(shared, region))).clone()
    }

    fn make(shared: &Arc<Shared>, region: &str) -> Self {
        let connection = &shared.connection.in_region(region);
        Self {
            acm: client!(aws_sdk_acm, connection, "acm"),
            autoscaling: client!(aws_sdk_autoscaling, connection, "autoscaling"),
            backup: client!(aws_sdk_backup, connection, "backup"),
            cloudformation: client!(aws_sdk_cloudformation, connection, "cloudformation"),
            cloudwatch: client!(aws_sdk_cloudwatch, connection, "cloudwatch"),
            dynamodb: client!(aws_sdk_dynamodb, connection, "dynamodb"),
            ec2: client!(aws_sdk_ec2, connection, "ec2"),
            efs: client!(aws_sdk_efs, connection, "efs"),
            elbv2: client!(aws_sdk_elasticloadbalancingv2, connection, "elbv2" | "elasticloadbalancingv2"),
            iam: client!(aws_sdk_iam, connection, "iam"),
            kms: client!(aws_sdk_kms, connection, "kms"),
            logs: client!(aws_sdk_cloudwatchlogs, connection, "logs" | "cloudwatchlogs" | "cloudwatchlog"),
            rds: client!(aws_sdk_rds, connection, "rds"),
            route53: client!(aws_sdk_route53, connection, "route53"),
            secretsmanager: client!(aws_sdk_secretsmanager, connection, "secretsmanager"),
            sns: client!(aws_sdk_sns, connection, "sns"),
            ssm: client!(aws_sdk_ssm, connection, "ssm"),
            sts: client!(aws_sdk_sts, connection, "sts"),
            region: region.to_owned(),
            partition: connection.partition(),
            ipv6_vpcs: Once::default(),
            account: shared.clone(),
        }
    }
}
