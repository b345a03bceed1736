//! `aws_sns_topic`: a place to publish messages that subscribers get.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sns::types::{Tag, Topic as SdkTopic};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::GONE;
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, arn, each, name, pages, patiently, plan, same, tags, told};

/// A principal or role that was just made is not known to SNS at once.
const NEW_PRINCIPAL: &[&str] = &["InvalidParameter", "InvalidParameterException"];
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// A topic: what is published to it goes to its subscribers.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Topic {
    /// Name, at most 256 characters; that of a FIFO topic ends with `.fifo`. Made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a name that is made up begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// Name that subscribers see in e-mails and text messages.
    pub display_name: Option<String>,
    /// Who may do what with the topic, as a JSON policy; the owner everything when left out.
    #[attr(optional, computed, same = same::policy)]
    pub policy: Option<String>,
    /// How deliveries to HTTP endpoints are repeated, as JSON.
    #[attr(same = same::json)]
    pub delivery_policy: Option<String>,
    /// Id or ARN of the KMS key that encrypts the messages.
    pub kms_master_key_id: Option<String>,
    /// Whether messages are delivered in order and once.
    #[attr(force_new, default = false)]
    pub fifo_topic: bool,
    /// Whether messages with the same content are one message; of a FIFO topic.
    #[attr(default = false)]
    pub content_based_deduplication: bool,
    /// `Topic` or `MessageGroup`: what the throughput of a FIFO topic is limited by.
    #[attr(optional, computed)]
    pub fifo_throughput_scope: Option<String>,
    /// How long a FIFO topic keeps messages for replays, as JSON.
    #[attr(same = same::json)]
    pub archive_policy: Option<String>,
    /// Version of the signatures of messages: 1 or 2.
    #[attr(optional, computed)]
    pub signature_version: Option<i64>,
    /// `PassThrough` or `Active`: whether messages are traced with X-Ray.
    #[attr(optional, computed)]
    pub tracing_config: Option<String>,
    /// ARN of the role under which failed deliveries to mobile applications are logged.
    pub application_failure_feedback_role_arn: Option<String>,
    /// ARN of the role under which deliveries to mobile applications are logged.
    pub application_success_feedback_role_arn: Option<String>,
    /// Share of the deliveries to mobile applications that are logged, in percent.
    pub application_success_feedback_sample_rate: Option<i64>,
    /// ARN of the role under which failed deliveries to Firehose are logged.
    pub firehose_failure_feedback_role_arn: Option<String>,
    /// ARN of the role under which deliveries to Firehose are logged.
    pub firehose_success_feedback_role_arn: Option<String>,
    /// Share of the deliveries to Firehose that are logged, in percent.
    pub firehose_success_feedback_sample_rate: Option<i64>,
    /// ARN of the role under which failed deliveries to HTTP endpoints are logged.
    pub http_failure_feedback_role_arn: Option<String>,
    /// ARN of the role under which deliveries to HTTP endpoints are logged.
    pub http_success_feedback_role_arn: Option<String>,
    /// Share of the deliveries to HTTP endpoints that are logged, in percent.
    pub http_success_feedback_sample_rate: Option<i64>,
    /// ARN of the role under which failed deliveries to Lambda functions are logged.
    pub lambda_failure_feedback_role_arn: Option<String>,
    /// ARN of the role under which deliveries to Lambda functions are logged.
    pub lambda_success_feedback_role_arn: Option<String>,
    /// Share of the deliveries to Lambda functions that are logged, in percent.
    pub lambda_success_feedback_sample_rate: Option<i64>,
    /// ARN of the role under which failed deliveries to SQS queues are logged.
    pub sqs_failure_feedback_role_arn: Option<String>,
    /// ARN of the role under which deliveries to SQS queues are logged.
    pub sqs_success_feedback_role_arn: Option<String>,
    /// Share of the deliveries to SQS queues that are logged, in percent.
    pub sqs_success_feedback_sample_rate: Option<i64>,
    /// ARN of the topic.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Time from which messages can be replayed.
    #[attr(computed)]
    pub beginning_archive_time: Option<String>,
    /// Account that owns the topic.
    #[attr(computed)]
    pub owner: Option<String>,
    /// Tags of the topic. They are read only while there are some and in an import, because it costs one call per
    /// topic.
    pub tags: Tags,
    /// Tags of the topic, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Topic {
    type Client = Aws;
    const TYPE: &'static str = "aws_sns_topic";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const UNREADABLE: &'static [&'static str] = &["name_prefix"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.json("policy").json("delivery_policy").json("archive_policy");
        check.one_of("fifo_throughput_scope", &["Topic", "MessageGroup"]);
        check.one_of("tracing_config", &["PassThrough", "Active"]).range("signature_version", 1, 2);
        for protocol in ["application", "firehose", "http", "lambda", "sqs"] {
            check.range(&format!("{protocol}_success_feedback_sample_rate"), 0, 100);
        }
        let fifo = config.get("fifo_topic").filter(|it| !it.is_unknown()).map(|it| it.as_bool().unwrap_or(false));
        if let (Some(text), Some(fifo)) = (check.text("name"), fifo) {
            let base = text.strip_suffix(".fifo").unwrap_or(text);
            let allowed = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
            if base.is_empty() || text.len() > 256 || !base.chars().all(allowed) {
                let detail =
                    "takes 1 to 256 letters, digits, \"-\" and \"_\", and \".fifo\" at the end of a FIFO topic.";
                check.error("name", detail);
            } else if fifo != text.ends_with(".fifo") {
                check.error("name", "ends with \".fifo\" exactly when fifo_topic is true.");
            }
        }
        if fifo == Some(false) {
            for argument in ["archive_policy", "fifo_throughput_scope"] {
                if check.is_set(argument) == Some(true) {
                    check.error(argument, "is for FIFO topics. Set fifo_topic = true, or remove it.");
                }
            }
            if config.get("content_based_deduplication").and_then(Value::as_bool) == Some(true) {
                check.error("content_based_deduplication", "is for FIFO topics. Set fifo_topic = true, or remove it.");
            }
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["archive_policy"], &["beginning_archive_time"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_sns_topic (CreateTopic)";
        let set = self.attributes().into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let mut attributes: HashMap<String, String> = set.filter(|(_, value)| value != "false").collect();
        if self.fifo_topic {
            attributes.insert("FifoTopic".into(), "true".into());
        }
        let call = aws
            .sns
            .create_topic()
            .name(self.chosen(creation.key))
            .set_attributes((!attributes.is_empty()).then_some(attributes))
            .set_tags((!self.tags_all.is_empty()).then(|| sdk_tags(&self.tags_all)));
        let made = patiently(PATIENCE, NEW_PRINCIPAL, || call.clone().send()).await.context(action)?;
        told(made.topic_arn, action).map(Made::id)
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let wanted: Vec<_> = objects
            .iter()
            .map(|it| (it.id.clone(), it.state.as_ref().is_none_or(|it| !it.tags_all.is_empty())))
            .collect();
        let found = each(wanted, |(id, with_tags)| Self::read_one(aws, id, with_tags)).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let then = prior.attributes();
        for (name, value) in self.attributes() {
            if then.get(name) == Some(&value) {
                continue;
            }
            let call = aws.sns.set_topic_attributes().topic_arn(id).attribute_name(name);
            let call = call.attribute_value(value.unwrap_or_default());
            let done = patiently(PATIENCE, NEW_PRINCIPAL, || call.clone().send()).await;
            done.context("changing aws_sns_topic (SetTopicAttributes)")?;
        }
        let diff = tags::diff(&prior.tags_all, &self.tags_all);
        if !diff.remove.is_empty() {
            let call = aws.sns.untag_resource().resource_arn(id).set_tag_keys(Some(diff.remove)).send();
            call.await.context("removing tags (UntagResource)")?;
        }
        if !diff.set.is_empty() {
            let call = aws.sns.tag_resource().resource_arn(id).set_tags(Some(sdk_tags(&diff.set))).send();
            call.await.context("setting tags (TagResource)")?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.sns.delete_topic().topic_arn(id).send().await;
        done.absent("deleting aws_sns_topic (DeleteTopic)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let account = aws.account().await?;
        let id = arn::arn(aws.partition.id, "sns", &aws.region, account, &self.chosen(key));
        Ok(Self::read_one(aws, id, false).await?.map(|it| it.id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found: Vec<SdkTopic> = pages!(aws.sns.list_topics(), "listing aws_sns_topic (ListTopics)")?;
        Ok(found.into_iter().filter_map(|it| it.topic_arn).collect())
    }
}

impl Topic {
    fn chosen(&self, key: &IntentKey) -> String {
        const FIFO: &str = ".fifo";
        match (&self.name, self.fifo_topic) {
            (None, true) => name(None, self.name_prefix.as_deref(), key, 256 - FIFO.len()) + FIFO,
            _ => name(self.name.as_deref(), self.name_prefix.as_deref(), key, 256),
        }
    }

    /// Attributes that can be changed, as the API names and writes them.
    fn attributes(&self) -> BTreeMap<&'static str, Option<String>> {
        let number = |value: Option<i64>| value.map(|it| it.to_string());
        let mut attributes = BTreeMap::from([
            ("ArchivePolicy", self.archive_policy.clone()),
            ("DeliveryPolicy", self.delivery_policy.clone()),
            ("DisplayName", self.display_name.clone()),
            ("KmsMasterKeyId", self.kms_master_key_id.clone()),
            ("Policy", self.policy.clone()),
            ("SignatureVersion", number(self.signature_version)),
            ("TracingConfig", self.tracing_config.clone()),
            ("ApplicationFailureFeedbackRoleArn", self.application_failure_feedback_role_arn.clone()),
            ("ApplicationSuccessFeedbackRoleArn", self.application_success_feedback_role_arn.clone()),
            ("ApplicationSuccessFeedbackSampleRate", number(self.application_success_feedback_sample_rate)),
            ("FirehoseFailureFeedbackRoleArn", self.firehose_failure_feedback_role_arn.clone()),
            ("FirehoseSuccessFeedbackRoleArn", self.firehose_success_feedback_role_arn.clone()),
            ("FirehoseSuccessFeedbackSampleRate", number(self.firehose_success_feedback_sample_rate)),
            ("HTTPFailureFeedbackRoleArn", self.http_failure_feedback_role_arn.clone()),
            ("HTTPSuccessFeedbackRoleArn", self.http_success_feedback_role_arn.clone()),
            ("HTTPSuccessFeedbackSampleRate", number(self.http_success_feedback_sample_rate)),
            ("LambdaFailureFeedbackRoleArn", self.lambda_failure_feedback_role_arn.clone()),
            ("LambdaSuccessFeedbackRoleArn", self.lambda_success_feedback_role_arn.clone()),
            ("LambdaSuccessFeedbackSampleRate", number(self.lambda_success_feedback_sample_rate)),
            ("SQSFailureFeedbackRoleArn", self.sqs_failure_feedback_role_arn.clone()),
            ("SQSSuccessFeedbackRoleArn", self.sqs_success_feedback_role_arn.clone()),
            ("SQSSuccessFeedbackSampleRate", number(self.sqs_success_feedback_sample_rate)),
        ]);
        if self.fifo_topic {
            attributes.insert("ContentBasedDeduplication", Some(self.content_based_deduplication.to_string()));
            attributes.insert("FifoThroughputScope", self.fifo_throughput_scope.clone());
        }
        attributes
    }

    async fn read_one(aws: &Aws, id: String, with_tags: bool) -> Result<Option<Observed<Self>>> {
        let answer = aws.sns.get_topic_attributes().topic_arn(&id).send().await;
        let answer = answer.absent("reading aws_sns_topic (GetTopicAttributes)", GONE)?;
        let Some(attributes) = answer.map(|it| it.attributes.unwrap_or_default()) else { return Ok(None) };
        let tags_all = match with_tags {
            true => {
                let answer = aws.sns.list_tags_for_resource().resource_arn(&id).send().await;
                let gone = &["ResourceNotFound", "ResourceNotFoundException"];
                let answer = answer.absent("reading aws_sns_topic (ListTagsForResource)", gone)?;
                let tags = answer.and_then(|it| it.tags).unwrap_or_default();
                tags::observed(tags.into_iter().map(|it| (Some(it.key), Some(it.value))))
            }
            false => Tags::new(),
        };
        Ok(Some(Observed::ready(id.clone(), Self { tags_all, ..Self::observe(&id, &attributes) })))
    }

    fn observe(id: &str, attributes: &HashMap<String, String>) -> Self {
        let text = |name: &str| attributes.get(name).filter(|it| !it.is_empty()).cloned();
        let number = |name: &str| text(name).and_then(|it| it.parse().ok());
        let is = |name: &str| text(name).is_some_and(|it| it == "true");
        Self {
            name: id.rsplit(':').next().map(str::to_owned),
            name_prefix: None,
            display_name: text("DisplayName"),
            policy: text("Policy"),
            delivery_policy: text("DeliveryPolicy"),
            kms_master_key_id: text("KmsMasterKeyId"),
            fifo_topic: is("FifoTopic"),
            content_based_deduplication: is("ContentBasedDeduplication"),
            fifo_throughput_scope: text("FifoThroughputScope"),
            archive_policy: text("ArchivePolicy"),
            signature_version: number("SignatureVersion"),
            tracing_config: text("TracingConfig"),
            application_failure_feedback_role_arn: text("ApplicationFailureFeedbackRoleArn"),
            application_success_feedback_role_arn: text("ApplicationSuccessFeedbackRoleArn"),
            application_success_feedback_sample_rate: number("ApplicationSuccessFeedbackSampleRate"),
            firehose_failure_feedback_role_arn: text("FirehoseFailureFeedbackRoleArn"),
            firehose_success_feedback_role_arn: text("FirehoseSuccessFeedbackRoleArn"),
            firehose_success_feedback_sample_rate: number("FirehoseSuccessFeedbackSampleRate"),
            http_failure_feedback_role_arn: text("HTTPFailureFeedbackRoleArn"),
            http_success_feedback_role_arn: text("HTTPSuccessFeedbackRoleArn"),
            http_success_feedback_sample_rate: number("HTTPSuccessFeedbackSampleRate"),
            lambda_failure_feedback_role_arn: text("LambdaFailureFeedbackRoleArn"),
            lambda_success_feedback_role_arn: text("LambdaSuccessFeedbackRoleArn"),
            lambda_success_feedback_sample_rate: number("LambdaSuccessFeedbackSampleRate"),
            sqs_failure_feedback_role_arn: text("SQSFailureFeedbackRoleArn"),
            sqs_success_feedback_role_arn: text("SQSSuccessFeedbackRoleArn"),
            sqs_success_feedback_sample_rate: number("SQSSuccessFeedbackSampleRate"),
            arn: Some(id.to_owned()),
            beginning_archive_time: text("BeginningArchiveTime"),
            owner: text("Owner"),
            tags: Tags::new(),
            tags_all: Tags::new(),
        }
    }
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build().expect("a tag has a key and a value");
    tags.iter().map(tag).collect()
}
