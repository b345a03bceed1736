//! `aws_lb_target_group_attachment`: a target of a target group.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealthDescription, TargetHealthStateEnum};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::TARGET_GROUP_GONE;
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, each, patiently};

/// A target. Nobody waits until it is healthy. An import takes `TARGET_GROUP_ARN,TARGET` or
/// `TARGET_GROUP_ARN,TARGET,PORT`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct LbTargetGroupAttachment {
    /// ARN of the target group.
    #[attr(force_new)]
    pub target_group_arn: String,
    /// Instance, IP address, or ARN of a Lambda function or application load balancer.
    #[attr(force_new)]
    pub target_id: String,
    /// Port; that of the target group when left out.
    #[attr(force_new)]
    pub port: Option<i64>,
    /// Zone of an IP address outside the VPC, or `all`.
    #[attr(force_new)]
    pub availability_zone: Option<String>,
    /// Server id of a target for QUIC: `0x` and 16 hexadecimal digits.
    #[attr(force_new)]
    pub quic_server_id: Option<String>,
}

impl Resource for LbTargetGroupAttachment {
    type Client = Aws;
    const TYPE: &'static str = "aws_lb_target_group_attachment";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(10);
    const UNREADABLE: &'static [&'static str] = &["availability_zone", "quic_server_id"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.range("port", 1, 65535);
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = aws.elbv2.register_targets().target_group_arn(&self.target_group_arn).targets(self.sdk());
        // An instance is a valid target once it runs.
        let done = patiently(creation.timeout, &["InvalidTarget"], || call.clone().send()).await;
        done.context("creating aws_lb_target_group_attachment (RegisterTargets)")?;
        Ok(Made::id(self.id()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut wanted = Vec::new();
        for object in objects {
            let state = match &object.state {
                Some(state) => state.clone(),
                None => Self::parse(&object.id)?,
            };
            wanted.push((object.id.clone(), state));
        }
        let groups: BTreeSet<String> = wanted.iter().map(|(_, it)| it.target_group_arn.clone()).collect();
        let found = each(groups, |group| async move {
            let targets = targets(aws, &group).await?;
            Ok(targets.into_iter().map(|it| (group.clone(), it)).collect::<Vec<_>>())
        });
        let found: Vec<_> = found.await?.into_iter().flatten().collect();
        let seen = wanted
            .into_iter()
            .filter(|(_, state)| found.iter().any(|(group, it)| *group == state.target_group_arn && state.is(it)));
        Ok(seen.map(|(id, state)| Observed::ready(id, state)).collect())
    }

    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let call = aws.elbv2.deregister_targets().target_group_arn(&self.target_group_arn).targets(self.sdk()).send();
        let gone: Vec<&str> = TARGET_GROUP_GONE.iter().copied().chain(["InvalidTarget"]).collect();
        call.await.absent("deleting aws_lb_target_group_attachment (DeregisterTargets)", &gone).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = targets(aws, &self.target_group_arn).await?;
        Ok(found.iter().any(|it| self.is(it)).then(|| self.id()))
    }
}

impl LbTargetGroupAttachment {
    fn id(&self) -> Id {
        let port = self.port.map(|it| format!(",{it}")).unwrap_or_default();
        format!("{},{}{port}", self.target_group_arn, self.target_id)
    }

    fn parse(id: &str) -> Result<Self> {
        let parts: Vec<&str> = id.split(',').collect();
        let (group, target, port) = match parts.as_slice() {
            [group, target] => (group, target, None),
            [group, target, port] if port.parse::<i64>().is_ok() => (group, target, port.parse().ok()),
            _ => {
                let message = format!("\"{id}\" is no id of a target. Write TARGET_GROUP_ARN,TARGET[,PORT].");
                return Err(ProviderError::refused("reading aws_lb_target_group_attachment", message));
            }
        };
        Ok(Self { target_group_arn: (*group).into(), target_id: (*target).into(), port, ..Self::default() })
    }

    fn sdk(&self) -> TargetDescription {
        TargetDescription::builder()
            .id(&self.target_id)
            .set_port(self.port.map(|it| it as i32))
            .set_availability_zone(self.availability_zone.clone())
            .set_quic_server_id(self.quic_server_id.clone())
            .build()
    }

    /// Whether a target that a target group shows is this one, and stays.
    fn is(&self, shown: &TargetHealthDescription) -> bool {
        let state = shown.target_health.as_ref().and_then(|it| it.state.as_ref());
        let leaves = state == Some(&TargetHealthStateEnum::Draining);
        let target = shown.target.as_ref();
        !leaves
            && target.is_some_and(|it| {
                it.id.as_ref() == Some(&self.target_id) && (self.port.is_none() || it.port.map(i64::from) == self.port)
            })
    }
}

/// The targets of a target group; none where it is gone.
async fn targets(aws: &Aws, group: &str) -> Result<Vec<TargetHealthDescription>> {
    let answer = aws.elbv2.describe_target_health().target_group_arn(group).send().await;
    let answer = answer.absent("reading aws_lb_target_group_attachment (DescribeTargetHealth)", TARGET_GROUP_GONE)?;
    Ok(answer.and_then(|it| it.target_health_descriptions).unwrap_or_default())
}
