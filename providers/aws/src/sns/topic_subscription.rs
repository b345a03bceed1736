//! `aws_sns_topic_subscription`: who gets the messages of a topic.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sns::types::Subscription;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::GONE;
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, each, pages, same, told, until_found};

const PROTOCOLS: &[&str] = &["application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"];

/// A subscription of an endpoint to a topic. E-mail subscriptions, and HTTP ones whose endpoint does not confirm by
/// itself, stay pending until someone confirms them; one that is pending cannot be deleted and ends by itself.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct TopicSubscription {
    /// Topic to subscribe to.
    #[attr(force_new)]
    pub topic_arn: String,
    /// `sqs`, `lambda`, `firehose`, `http`, `https`, `email`, `email-json`, `sms` or `application`.
    #[attr(force_new)]
    pub protocol: String,
    /// Where messages go: an ARN, URL, address or telephone number, as the protocol wants it.
    #[attr(force_new)]
    pub endpoint: String,
    /// Minutes to wait until the endpoint has confirmed, with `endpoint_auto_confirms`.
    #[attr(default = 1)]
    pub confirmation_timeout_in_minutes: i64,
    /// Whether the HTTP endpoint confirms subscriptions by itself.
    #[attr(default = false)]
    pub endpoint_auto_confirms: bool,
    /// How deliveries are repeated, as JSON; for HTTP.
    #[attr(same = same::json)]
    pub delivery_policy: Option<String>,
    /// Which messages are delivered, as JSON; all of them when left out.
    #[attr(same = same::json)]
    pub filter_policy: Option<String>,
    /// `MessageAttributes` or `MessageBody`: what the filter looks at.
    #[attr(optional, computed)]
    pub filter_policy_scope: Option<String>,
    /// Whether messages are delivered as they are, without JSON around them.
    #[attr(default = false)]
    pub raw_message_delivery: bool,
    /// Queue for messages that cannot be delivered, as JSON.
    #[attr(same = same::json)]
    pub redrive_policy: Option<String>,
    /// Messages to deliver again, as JSON; of a FIFO topic that keeps them.
    #[attr(same = same::json)]
    pub replay_policy: Option<String>,
    /// Role under which messages go to Firehose.
    pub subscription_role_arn: Option<String>,
    /// ARN of the subscription.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Whether the confirmation was authenticated.
    #[attr(computed)]
    pub confirmation_was_authenticated: Option<bool>,
    /// Account that owns the subscription.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Whether the subscription is not confirmed yet.
    #[attr(computed)]
    pub pending_confirmation: Option<bool>,
}

impl Resource for TopicSubscription {
    type Client = Aws;
    const TYPE: &'static str = "aws_sns_topic_subscription";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const UNREADABLE: &'static [&'static str] = &["confirmation_timeout_in_minutes", "endpoint_auto_confirms"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("protocol", PROTOCOLS).one_of("filter_policy_scope", &["MessageAttributes", "MessageBody"]);
        for policy in ["delivery_policy", "filter_policy", "redrive_policy", "replay_policy"] {
            check.json(policy);
        }
        check.needs("filter_policy_scope", "filter_policy");
        match check.text("protocol") {
            Some("firehose") if check.is_set("subscription_role_arn") == Some(false) => {
                check.error("subscription_role_arn", "is missing; the protocol \"firehose\" needs it.");
            }
            Some(other) if other != "firehose" && check.is_set("subscription_role_arn") == Some(true) => {
                check.error("subscription_role_arn", "is for the protocol \"firehose\" only. Remove it.");
            }
            _ => {}
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_sns_topic_subscription (Subscribe)";
        let attributes: HashMap<String, String> = self
            .attributes()
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.filter(|it| it != "false")?)))
            .collect();
        let call = aws
            .sns
            .subscribe()
            .topic_arn(&self.topic_arn)
            .protocol(&self.protocol)
            .endpoint(&self.endpoint)
            .set_attributes((!attributes.is_empty()).then_some(attributes))
            .return_subscription_arn(true);
        let id = told(call.send().await.context(action)?.subscription_arn, action)?;
        creation.made(&id);
        if self.protocol.starts_with("http") && self.endpoint_auto_confirms {
            let limit = std::time::Duration::from_secs(60 * self.confirmation_timeout_in_minutes.max(0) as u64);
            let confirmed = until_found(limit, async || {
                let seen = read_one(aws, id.clone()).await?;
                Ok(seen.filter(|it| it.state.pending_confirmation != Some(true)))
            });
            if confirmed.await?.is_none() {
                let message = format!("the endpoint {} has not confirmed within {limit:?}", self.endpoint);
                let error = plumb_engine::provider::ProviderError::refused(action, message);
                return Err(
                    error.help("Raise confirmation_timeout_in_minutes, or see why the endpoint does not answer.")
                );
            }
        }
        Ok(Made::id(id))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let ids: Vec<_> = objects.iter().map(|it| it.id.clone()).collect();
        Ok(each(ids, |id| read_one(aws, id)).await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let then = prior.attributes();
        let mut changes: Vec<_> =
            self.attributes().into_iter().filter(|(name, it)| then.get(name) != Some(it)).collect();
        // A filter is checked against its scope: the scope comes first.
        changes.sort_by_key(|(name, _)| *name != "FilterPolicyScope");
        for (name, value) in changes {
            let nothing = if name == "FilterPolicy" { "{}" } else { "" };
            let call = aws.sns.set_subscription_attributes().subscription_arn(id).attribute_name(name);
            let call = call.attribute_value(value.unwrap_or_else(|| nothing.to_owned())).send();
            call.await.context("changing aws_sns_topic_subscription (SetSubscriptionAttributes)")?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        if read_one(aws, id.to_owned()).await?.is_none_or(|it| it.state.pending_confirmation == Some(true)) {
            // SNS does not delete what is not confirmed; it goes by itself after two days.
            return Ok(());
        }
        let done = aws.sns.unsubscribe().subscription_arn(id).send().await;
        done.absent("deleting aws_sns_topic_subscription (Unsubscribe)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.sns.list_subscriptions_by_topic().topic_arn(&self.topic_arn);
        let found = pages!(call, absent "finding aws_sns_topic_subscription (ListSubscriptionsByTopic)", GONE)?;
        let found: Vec<Subscription> = found.unwrap_or_default();
        let ours = |it: &Subscription| {
            (it.protocol.as_deref(), it.endpoint.as_deref()) == (Some(&self.protocol), Some(&self.endpoint))
        };
        // A pending one is listed without its ARN.
        let arn = found.into_iter().find(ours).and_then(|it| it.subscription_arn);
        Ok(arn.filter(|it| it.starts_with("arn:")))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.sns.list_subscriptions();
        let found: Vec<Subscription> = pages!(call, "listing aws_sns_topic_subscription (ListSubscriptions)")?;
        Ok(found.into_iter().filter_map(|it| it.subscription_arn).filter(|it| it.starts_with("arn:")).collect())
    }
}

impl TopicSubscription {
    /// Attributes that can be changed, as the API names and writes them.
    fn attributes(&self) -> BTreeMap<&'static str, Option<String>> {
        BTreeMap::from([
            ("DeliveryPolicy", self.delivery_policy.clone()),
            ("FilterPolicy", self.filter_policy.clone()),
            ("FilterPolicyScope", self.filter_policy_scope.clone()),
            ("RawMessageDelivery", Some(self.raw_message_delivery.to_string())),
            ("RedrivePolicy", self.redrive_policy.clone()),
            ("ReplayPolicy", self.replay_policy.clone()),
            ("SubscriptionRoleArn", self.subscription_role_arn.clone()),
        ])
    }
}

async fn read_one(aws: &Aws, id: String) -> Result<Option<Observed<TopicSubscription>>> {
    let answer = aws.sns.get_subscription_attributes().subscription_arn(&id).send().await;
    let answer = answer.absent("reading aws_sns_topic_subscription (GetSubscriptionAttributes)", GONE)?;
    let Some(attributes) = answer.map(|it| it.attributes.unwrap_or_default()) else { return Ok(None) };
    let text = |name: &str| attributes.get(name).filter(|it| !it.is_empty()).cloned();
    let is = |name: &str| text(name).is_some_and(|it| it == "true");
    let state = TopicSubscription {
        topic_arn: text("TopicArn").unwrap_or_default(),
        protocol: text("Protocol").unwrap_or_default(),
        endpoint: text("Endpoint").unwrap_or_default(),
        confirmation_timeout_in_minutes: 1,
        endpoint_auto_confirms: false,
        delivery_policy: text("DeliveryPolicy"),
        // `{}` is a filter that was removed.
        filter_policy: text("FilterPolicy").filter(|it| it != "{}"),
        filter_policy_scope: text("FilterPolicyScope"),
        raw_message_delivery: is("RawMessageDelivery"),
        redrive_policy: text("RedrivePolicy"),
        replay_policy: text("ReplayPolicy"),
        subscription_role_arn: text("SubscriptionRoleArn"),
        arn: Some(id.clone()),
        confirmation_was_authenticated: Some(is("ConfirmationWasAuthenticated")),
        owner_id: text("Owner"),
        pending_confirmation: Some(is("PendingConfirmation")),
    };
    Ok(Some(Observed::ready(id, state).phase(Phase::Ready)))
}
