//! `aws_flow_log`: a record of the traffic of a network.

use aws_sdk_ec2::types::{
    self, DestinationFileFormat, DestinationOptionsRequest, FlowLogsResourceType, LogDestinationType, ResourceType,
    TrafficType,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, arn, by_intent, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, by_ids, ids, pages, patiently, told};

const GONE: &[&str] = &["InvalidFlowLogId.NotFound"];
const LOGS: &str = "cloud-watch-logs";

/// A record of the traffic of a VPC, a subnet, a network interface or a transit gateway.
///
/// Nothing but the tags of one can be changed: any other change makes a new one.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowLog {
    /// VPC whose traffic is recorded.
    #[attr(force_new, conflicts_with("subnet_id", "eni_id"))]
    pub vpc_id: Option<String>,
    /// Subnet whose traffic is recorded.
    #[attr(force_new, conflicts_with("vpc_id", "eni_id"))]
    pub subnet_id: Option<String>,
    /// Network interface whose traffic is recorded.
    #[attr(force_new, conflicts_with("vpc_id", "subnet_id"))]
    pub eni_id: Option<String>,
    /// Transit gateway whose traffic is recorded.
    #[attr(force_new)]
    pub transit_gateway_id: Option<String>,
    /// Attachment of a transit gateway whose traffic is recorded.
    #[attr(force_new)]
    pub transit_gateway_attachment_id: Option<String>,
    /// Regional NAT gateway whose traffic is recorded.
    #[attr(force_new)]
    pub regional_nat_gateway_id: Option<String>,
    /// Which traffic: `ACCEPT`, `REJECT` or `ALL`. Not for transit gateways.
    #[attr(force_new)]
    pub traffic_type: Option<String>,
    /// Where records go: `cloud-watch-logs`, `s3` or `kinesis-data-firehose`.
    #[attr(force_new, default = "cloud-watch-logs")]
    pub log_destination_type: String,
    /// ARN of the log group, of the bucket (with a folder, if you like) or of the delivery stream.
    #[attr(force_new, optional, computed, same = same_destination)]
    pub log_destination: Option<String>,
    /// Role that writes into the log group.
    #[attr(force_new)]
    pub iam_role_arn: Option<String>,
    /// Role in the account of the destination, where that is another.
    #[attr(force_new)]
    pub deliver_cross_account_role: Option<String>,
    /// Fields of a record, in order; those of version 2 when left out.
    #[attr(force_new, optional, computed)]
    pub log_format: Option<String>,
    /// Longest time that goes into one record, in seconds: 60 or 600. Always 60 for transit gateways.
    #[attr(force_new, default = 600)]
    pub max_aggregation_interval: i64,
    /// How records lie in a bucket.
    #[block(list, max = 1, force_new)]
    pub destination_options: Vec<DestinationOptions>,
    /// ARN of the flow log.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Tags of the flow log.
    pub tags: Tags,
    /// Tags of the flow log, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// How records lie in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DestinationOptions {
    /// `plain-text` or `parquet`.
    #[attr(force_new, default = "plain-text")]
    pub file_format: String,
    /// Whether the names of folders are those that Hive expects.
    #[attr(force_new, default = false)]
    pub hive_compatible_partitions: bool,
    /// Whether there is a folder for every hour, and not only for every day.
    #[attr(force_new, default = false)]
    pub per_hour_partition: bool,
}

/// An argument that says whose traffic is recorded, the API's word for the kind, and the argument's value.
type Subject = (&'static str, &'static str, fn(&FlowLog) -> &Option<String>);

const SUBJECTS: [Subject; 6] = [
    ("vpc_id", "VPC", |it| &it.vpc_id),
    ("subnet_id", "Subnet", |it| &it.subnet_id),
    ("eni_id", "NetworkInterface", |it| &it.eni_id),
    ("transit_gateway_id", "TransitGateway", |it| &it.transit_gateway_id),
    ("transit_gateway_attachment_id", "TransitGatewayAttachment", |it| &it.transit_gateway_attachment_id),
    ("regional_nat_gateway_id", "RegionalNatGateway", |it| &it.regional_nat_gateway_id),
];

impl Resource for FlowLog {
    type Client = Aws;
    const TYPE: &'static str = "aws_flow_log";
    const RECOGNITION: Recognition = Recognition::ClientToken;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.exactly_one(&SUBJECTS.map(|(name, ..)| name));
        check.one_of("traffic_type", &["ACCEPT", "REJECT", "ALL"]);
        check.one_of("log_destination_type", &[LOGS, "s3", "kinesis-data-firehose"]);
        if check.number("max_aggregation_interval").is_some_and(|it| it != 60 && it != 600) {
            check.error("max_aggregation_interval", "is neither 60 nor 600 seconds, which are all that AWS takes.");
        }
        let records_to_logs = check.text("log_destination_type").unwrap_or(LOGS) == LOGS;
        if records_to_logs
            && check.is_set("iam_role_arn") == Some(false)
            && check.is_set("log_destination") == Some(true)
        {
            check.error("iam_role_arn", "is not set. A role is needed that may write into the log group.");
        }
        let transit = ["transit_gateway_id", "transit_gateway_attachment_id"];
        if transit.iter().all(|it| check.is_set(it) == Some(false)) && check.is_set("traffic_type") == Some(false) {
            check.error("traffic_type", "is not set. Write \"ACCEPT\", \"REJECT\" or \"ALL\".");
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_flow_log (CreateFlowLogs)";
        let (kind, subject) = self.subject();
        let call = aws
            .ec2
            .create_flow_logs()
            .client_token(creation.key.as_str())
            .resource_type(FlowLogsResourceType::from(kind))
            .resource_ids(subject)
            .set_traffic_type(self.traffic_type.as_deref().map(TrafficType::from))
            .log_destination_type(LogDestinationType::from(self.log_destination_type.as_str()))
            .set_log_destination(self.log_destination.clone().filter(|it| !it.is_empty()))
            .set_deliver_logs_permission_arn(self.iam_role_arn.clone())
            .set_deliver_cross_account_role(self.deliver_cross_account_role.clone())
            .set_log_format(self.log_format.clone().filter(|it| !it.is_empty()))
            .max_aggregation_interval(i32::try_from(self.max_aggregation_interval).unwrap_or(i32::MAX))
            .set_destination_options(self.destination_options.first().map(DestinationOptions::request))
            .tag_specifications(tags_on_create(ResourceType::VpcFlowLog, &self.tags_all, creation.key));
        // A role that was just made is not known everywhere yet.
        let not_yet = &["InvalidParameter"];
        let made = patiently(super::VISIBLE, not_yet, || call.clone().send()).await.context(action)?;
        refuse_failures(action, made.unsuccessful)?;
        let id = told(made.flow_log_ids.and_then(|it| it.into_iter().next()), action)?;
        creation.made(&id);
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = by_ids(ids(objects), "reading aws_flow_log (DescribeFlowLogs)", GONE, |ids| {
            aws.ec2.describe_flow_logs().set_flow_log_ids(Some(ids)).into_paginator().items().send().try_collect()
        });
        let found: Vec<types::FlowLog> = found.await?;
        let account = if found.is_empty() { "" } else { aws.account().await? };
        Ok(found.into_iter().filter_map(|it| Self::observe(aws, account, it)).collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let action = "deleting aws_flow_log (DeleteFlowLogs)";
        let done = aws.ec2.delete_flow_logs().flow_log_ids(id).send().await.absent(action, GONE)?;
        refuse_failures(action, done.and_then(|it| it.unsuccessful))
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_flow_logs().filter(by_intent(key));
        let found: Vec<types::FlowLog> = pages!(call, "finding aws_flow_log (DescribeFlowLogs)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.flow_log_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found: Vec<types::FlowLog> =
            pages!(aws.ec2.describe_flow_logs(), "listing aws_flow_log (DescribeFlowLogs)")?;
        Ok(found.into_iter().filter_map(|it| it.flow_log_id).collect())
    }
}

impl FlowLog {
    /// Whose traffic is recorded: the kind, and the id.
    fn subject(&self) -> (&'static str, String) {
        let given = SUBJECTS.iter().find_map(|(_, kind, of)| Some((*kind, of(self).clone()?)));
        given.unwrap_or_default()
    }

    fn observe(aws: &Aws, account: &str, it: types::FlowLog) -> Option<Observed<Self>> {
        let id = it.flow_log_id?;
        let subject = it.resource_id.unwrap_or_default();
        // The kind follows from the id; the longer of two beginnings comes first.
        let is = |prefix: &str| subject.starts_with(prefix).then(|| subject.clone());
        let attachment = is("tgw-attach-");
        let group = it.log_group_name.filter(|it| !it.is_empty());
        let own =
            || group.map(|name| format!("arn:{}:logs:{}:{account}:log-group:{name}", aws.partition.id, aws.region));
        let state = Self {
            vpc_id: is("vpc-"),
            subnet_id: is("subnet-"),
            eni_id: is("eni-"),
            transit_gateway_id: is("tgw-").filter(|_| attachment.is_none()),
            transit_gateway_attachment_id: attachment,
            regional_nat_gateway_id: is("nat-"),
            traffic_type: it.traffic_type.map(|it| it.as_str().to_owned()),
            log_destination_type: it.log_destination_type.map_or_else(|| LOGS.to_owned(), |it| it.as_str().to_owned()),
            log_destination: it.log_destination.filter(|it| !it.is_empty()).or_else(own),
            iam_role_arn: it.deliver_logs_permission_arn,
            deliver_cross_account_role: it.deliver_cross_account_role,
            log_format: it.log_format,
            max_aggregation_interval: it.max_aggregation_interval.map_or(600, i64::from),
            destination_options: it.destination_options.map(DestinationOptions::observe).into_iter().collect(),
            arn: Some(arn(aws, account, &format!("vpc-flow-log/{id}"))),
            tags_all: observed_tags(it.tags),
            ..Self::default()
        };
        Some(Observed::ready(id, state))
    }
}

impl DestinationOptions {
    fn request(&self) -> DestinationOptionsRequest {
        DestinationOptionsRequest::builder()
            .file_format(DestinationFileFormat::from(self.file_format.as_str()))
            .hive_compatible_partitions(self.hive_compatible_partitions)
            .per_hour_partition(self.per_hour_partition)
            .build()
    }

    fn observe(it: types::DestinationOptionsResponse) -> Self {
        Self {
            file_format: it.file_format.map_or_else(|| "plain-text".to_owned(), |it| it.as_str().to_owned()),
            hive_compatible_partitions: it.hive_compatible_partitions.unwrap_or_default(),
            per_hour_partition: it.per_hour_partition.unwrap_or_default(),
        }
    }
}

/// The API answers success and lists what it did not do.
fn refuse_failures(action: &str, failed: Option<Vec<types::UnsuccessfulItem>>) -> Result<()> {
    let errors = failed.unwrap_or_default().into_iter().filter_map(|it| it.error);
    match errors.into_iter().find(|it| !it.code().is_some_and(|code| GONE.contains(&code))) {
        Some(error) => {
            let (code, message) = (error.code().unwrap_or("no code"), error.message().unwrap_or("no message"));
            Err(ProviderError::refused(action, format!("{code}: {message}")))
        }
        None => Ok(()),
    }
}

/// Two destinations of which one names all streams of a log group.
fn same_destination(a: &str, b: &str) -> bool {
    let bare = |it: &str| it.strip_suffix(":*").unwrap_or(it).to_owned();
    bare(a) == bare(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_group_is_the_same_with_all_of_its_streams() {
        let group = "arn:aws:logs:eu-central-1:1:log-group:flows";
        assert!(same_destination(group, &format!("{group}:*")));
        assert!(!same_destination(group, &format!("{group}-2:*")));
    }

    #[test]
    fn the_subject_is_what_is_set() {
        let log = FlowLog { eni_id: Some("eni-1".into()), ..FlowLog::default() };
        assert_eq!(log.subject(), ("NetworkInterface", "eni-1".to_owned()));
    }
}
