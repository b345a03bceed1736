//! `aws_db_event_subscription`: events of RDS that are sent to an SNS topic.

use std::collections::BTreeSet;

use aws_sdk_rds::types;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{group_tags, retag, sdk_tags, texts};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, each, name, pages};

const GONE: &[&str] = &["SubscriptionNotFound", "SubscriptionNotFoundFault"];
const NAME_LENGTH: usize = 255;

/// What events come from, as the API calls it.
const SOURCES: [&str; 9] = [
    "db-instance",
    "db-security-group",
    "db-parameter-group",
    "db-snapshot",
    "db-cluster",
    "db-cluster-snapshot",
    "custom-engine-version",
    "db-proxy",
    "blue-green-deployment",
];

/// Events of RDS that are sent to an SNS topic: failovers, backups, changes of parameters.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct DbEventSubscription {
    /// Name of the subscription; one is made up when it is left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// ARN of the topic.
    pub sns_topic: String,
    /// What events come from: `db-instance`, `db-cluster`, `db-parameter-group`, `db-security-group`, `db-snapshot`,
    /// `db-cluster-snapshot`, `custom-engine-version`, `db-proxy` or `blue-green-deployment`; everything when left out.
    pub source_type: Option<String>,
    /// Identifiers of the sources; all of `source_type` when left out.
    pub source_ids: BTreeSet<String>,
    /// Categories of events, such as `failover`; all of `source_type` when left out.
    pub event_categories: BTreeSet<String>,
    /// Whether events are sent.
    #[attr(default = true)]
    pub enabled: bool,
    /// ARN of the subscription.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Account that the subscription belongs to.
    #[attr(computed)]
    pub customer_aws_id: Option<String>,
    /// Tags of the subscription. Reading them costs one call per subscription, which is spared while the state has none.
    pub tags: Tags,
    /// Tags of the subscription, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for DbEventSubscription {
    type Client = Aws;
    const TYPE: &'static str = "aws_db_event_subscription";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(40);
    const WAIT_GONE: bool = true;
    const UNREADABLE: &'static [&'static str] = &["name_prefix"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("name", NAME_LENGTH - 1).length("name_prefix", NAME_LENGTH - 26).one_of("source_type", &SOURCES);
        check.needs("source_ids", "source_type");
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.name_under(creation.key);
        let call = aws
            .rds
            .create_event_subscription()
            .subscription_name(&name)
            .sns_topic_arn(&self.sns_topic)
            .set_source_type(self.source_type.clone().filter(|it| !it.is_empty()))
            .set_source_ids(texts(&self.source_ids))
            .set_event_categories(texts(&self.event_categories))
            .enabled(self.enabled)
            .set_tags(sdk_tags(&self.tags_all));
        call.send().await.context("creating aws_db_event_subscription (CreateEventSubscription)")?;
        creation.made(&name);
        Ok(Made::id(name))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let action = "reading aws_db_event_subscription (DescribeEventSubscriptions)";
        let call = aws.rds.describe_event_subscriptions();
        // The API takes one name or none; all subscriptions of an account are one page.
        let found: Vec<types::EventSubscription> = match objects {
            [one] => {
                let found = call.subscription_name(&one.id).into_paginator().items().send().try_collect().await;
                found.absent(action, GONE)?.unwrap_or_default()
            }
            _ => pages!(call, action)?,
        };
        let wanted = objects.iter().filter_map(|it| {
            let seen = found.iter().find(|seen| seen.cust_subscription_id.as_deref() == Some(&it.id))?;
            Some((seen.clone(), it.state.as_ref().map(|it| it.tags_all.clone())))
        });
        let seen = each(wanted.collect::<Vec<_>>(), |(seen, prior)| async move {
            let tags = group_tags(aws, seen.event_subscription_arn.as_deref(), prior.as_ref()).await?;
            Ok(Self::observe(seen, tags))
        });
        seen.await
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let differs = self.sns_topic != prior.sns_topic
            || self.source_type != prior.source_type
            || self.event_categories != prior.event_categories
            || self.enabled != prior.enabled;
        if differs {
            let call = aws
                .rds
                .modify_event_subscription()
                .subscription_name(id)
                .sns_topic_arn(&self.sns_topic)
                .source_type(self.source_type.clone().unwrap_or_default())
                .set_event_categories(Some(self.event_categories.iter().cloned().collect()))
                .enabled(self.enabled);
            call.send().await.context("changing aws_db_event_subscription (ModifyEventSubscription)")?;
        }
        for source in self.source_ids.difference(&prior.source_ids) {
            let call = aws.rds.add_source_identifier_to_subscription().subscription_name(id);
            let sent = call.source_identifier(source).send().await;
            sent.context("changing aws_db_event_subscription (AddSourceIdentifierToSubscription)")?;
        }
        for source in prior.source_ids.difference(&self.source_ids) {
            let call = aws.rds.remove_source_identifier_from_subscription().subscription_name(id);
            let sent = call.source_identifier(source).send().await;
            let action = "changing aws_db_event_subscription (RemoveSourceIdentifierFromSubscription)";
            sent.absent(action, &["SourceNotFound", "SourceNotFoundFault"])?;
        }
        retag(aws, self.arn.as_deref(), &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let sent = aws.rds.delete_event_subscription().subscription_name(id).send().await;
        sent.absent("deleting aws_db_event_subscription (DeleteEventSubscription)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = self.name_under(key);
        let call = aws.rds.describe_event_subscriptions().subscription_name(&name).send();
        let found = call.await.absent("finding aws_db_event_subscription (DescribeEventSubscriptions)", GONE)?;
        Ok(found.and_then(|it| it.event_subscriptions_list).is_some_and(|it| !it.is_empty()).then_some(name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.rds.describe_event_subscriptions();
        let action = "listing aws_db_event_subscription (DescribeEventSubscriptions)";
        let found: Vec<types::EventSubscription> = pages!(call, action)?;
        Ok(found.into_iter().filter_map(|it| it.cust_subscription_id).collect())
    }
}

impl DbEventSubscription {
    fn name_under(&self, key: &IntentKey) -> String {
        name(self.name.as_deref(), self.name_prefix.as_deref(), key, NAME_LENGTH - 1)
    }

    fn observe(it: types::EventSubscription, tags_all: Tags) -> Observed<Self> {
        let phase = match it.status.as_deref() {
            None | Some("active") => Phase::Ready,
            Some("deleting") => Phase::Deleting,
            // It is there, and sends nothing until somebody mends the topic: no reason to make it anew.
            Some("no-permission" | "topic-not-exist") => Phase::Ready,
            Some(status) => Phase::Pending(status.to_owned()),
        };
        let state = Self {
            name: it.cust_subscription_id.clone(),
            sns_topic: it.sns_topic_arn.unwrap_or_default(),
            source_type: it.source_type.filter(|it| !it.is_empty()),
            source_ids: it.source_ids_list.unwrap_or_default().into_iter().collect(),
            event_categories: it.event_categories_list.unwrap_or_default().into_iter().collect(),
            enabled: it.enabled.unwrap_or_default(),
            arn: it.event_subscription_arn,
            customer_aws_id: it.customer_aws_id,
            tags_all,
            ..Self::default()
        };
        Observed::ready(it.cust_subscription_id.unwrap_or_default(), state).phase(phase)
    }
}
