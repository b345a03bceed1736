//! `aws_cloudwatch_metric_alarm`: an alarm on a metric or on an expression over metrics.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types::{
    self, AlarmType, ComparisonOperator, Dimension, MetricDataQuery, MetricStat, StandardUnit, Statistic, Tag,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, check, each, ids, tags};

const GONE: &[&str] = &["ResourceNotFound", "ResourceNotFoundException"];
const COMPARISONS: &[&str] = &[
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
];

/// An alarm that changes its state when a metric crosses a threshold.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricAlarm {
    /// Name, at most 255 characters.
    #[attr(force_new)]
    pub alarm_name: String,
    /// What the alarm is about.
    pub alarm_description: Option<String>,
    /// How the metric is compared with the threshold: `GreaterThanThreshold` and so on.
    pub comparison_operator: String,
    /// Number of the latest periods that are looked at.
    pub evaluation_periods: i64,
    /// Number of periods of those that must cross the threshold; all of them when left out.
    pub datapoints_to_alarm: Option<i64>,
    /// Name of the metric.
    #[attr(conflicts_with("metric_query"))]
    pub metric_name: Option<String>,
    /// Namespace of the metric: `AWS/EC2`.
    #[attr(conflicts_with("metric_query"))]
    pub namespace: Option<String>,
    /// Length of a period in seconds: 10, 20, 30 or a multiple of 60.
    #[attr(conflicts_with("metric_query"))]
    pub period: Option<i64>,
    /// `SampleCount`, `Average`, `Sum`, `Minimum` or `Maximum`.
    #[attr(conflicts_with("extended_statistic", "metric_query"))]
    pub statistic: Option<String>,
    /// A percentile or trimmed statistic: `p99`.
    #[attr(conflicts_with("statistic", "metric_query"))]
    pub extended_statistic: Option<String>,
    /// Dimensions that single out the metric, by name.
    #[attr(conflicts_with("metric_query"))]
    pub dimensions: BTreeMap<String, String>,
    /// Unit of the values that count: `Percent`; all of them when left out.
    pub unit: Option<String>,
    /// The value that must be crossed.
    #[attr(conflicts_with("threshold_metric_id"))]
    pub threshold: Option<f64>,
    /// Id of the query with an anomaly detection band that must be left.
    #[attr(conflicts_with("threshold"))]
    pub threshold_metric_id: Option<String>,
    /// What a period without data counts as: `missing`, `ignore`, `breaching` or `notBreaching`.
    #[attr(default = "missing")]
    pub treat_missing_data: String,
    /// `evaluate`, or `ignore` percentiles of too few values.
    #[attr(optional, computed)]
    pub evaluate_low_sample_count_percentiles: Option<String>,
    /// Whether a change of state does anything.
    #[attr(default = true)]
    pub actions_enabled: bool,
    /// ARNs of what is done when the state becomes ALARM, at most five.
    pub alarm_actions: BTreeSet<String>,
    /// ARNs of what is done when the state becomes OK, at most five.
    pub ok_actions: BTreeSet<String>,
    /// ARNs of what is done when the state becomes INSUFFICIENT_DATA, at most five.
    pub insufficient_data_actions: BTreeSet<String>,
    /// Metrics and expressions over them, instead of one metric.
    #[block(set, max = 20)]
    pub metric_query: Vec<MetricQuery>,
    /// ARN of the alarm.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Tags of the alarm. They are read only while there are some and in an import, because it costs one call per
    /// alarm.
    pub tags: Tags,
    /// Tags of the alarm, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

/// A metric or an expression.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricQuery {
    /// Name of the result in expressions; begins with a lower-case letter.
    pub id: String,
    /// Account whose metrics are meant.
    pub account_id: Option<String>,
    /// Expression over the results of other queries.
    pub expression: Option<String>,
    /// Label of the result.
    pub label: Option<String>,
    /// Length of a period of an expression in seconds.
    pub period: Option<i64>,
    /// Whether this is the result that the alarm looks at.
    #[attr(default = false)]
    pub return_data: bool,
    /// The metric.
    #[block(list, max = 1)]
    pub metric: Vec<Metric>,
}

/// A metric of a query.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Metric {
    /// Name of the metric.
    pub metric_name: String,
    /// Namespace of the metric.
    pub namespace: Option<String>,
    /// Dimensions that single out the metric, by name.
    pub dimensions: BTreeMap<String, String>,
    /// Length of a period in seconds.
    pub period: i64,
    /// The statistic: `Average`, `p99`.
    pub stat: String,
    /// Unit of the values that count.
    pub unit: Option<String>,
}

impl Resource for MetricAlarm {
    type Client = Aws;
    const TYPE: &'static str = "aws_cloudwatch_metric_alarm";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("alarm_name", 255).length("alarm_description", 1024);
        check.one_of("comparison_operator", COMPARISONS);
        check.one_of("statistic", &["SampleCount", "Average", "Sum", "Minimum", "Maximum"]);
        check.one_of("treat_missing_data", &["missing", "ignore", "breaching", "notBreaching"]);
        check.one_of("evaluate_low_sample_count_percentiles", &["evaluate", "ignore"]);
        check.range("evaluation_periods", 1, i64::MAX).range("datapoints_to_alarm", 1, i64::MAX);
        check_period(&mut check);
        let queries = config.get("metric_query").and_then(Value::as_slice);
        if let Some([]) = queries {
            check.exactly_one(&["threshold", "threshold_metric_id"]);
            for needed in ["metric_name", "namespace", "period"] {
                if check.is_set(needed) == Some(false) {
                    check.error(needed, "is missing. Set it, or describe the metrics in metric_query blocks.");
                }
            }
            check.exactly_one(&["statistic", "extended_statistic"]);
        }
        if let (Some(periods), Some(points)) = (check.number("evaluation_periods"), check.number("datapoints_to_alarm"))
            && points > periods
        {
            check.error("datapoints_to_alarm", format!("is {points}, more than evaluation_periods ({periods})."));
        }
        for actions in ["alarm_actions", "ok_actions", "insufficient_data_actions"] {
            let count = config.get(actions).and_then(Value::as_slice).map_or(0, <[Value]>::len);
            if count > 5 {
                check.error(actions, format!("has {count} elements; AWS takes at most 5."));
            }
        }
        let mut found = check.found();
        for query in check::blocks(config, "metric_query") {
            let mut check = Check::of(query);
            let metric = query.get("metric").and_then(Value::as_slice).map(<[Value]>::len);
            if let (Some(expression), Some(metric)) = (check.is_set("expression"), metric)
                && expression == (metric > 0)
            {
                check.error("metric_query", "takes either an expression or a metric block.");
            }
            found.extend(check.found());
            for metric in check::blocks(query, "metric") {
                let mut check = Check::of(metric);
                check_period(&mut check);
                found.extend(check.found());
            }
        }
        found
    }

    async fn create(&self, aws: &Aws, _creation: &Creation<'_>) -> Result<Made<Self>> {
        // PutMetricAlarm would replace an alarm of this name that is someone else's.
        let action = "creating aws_cloudwatch_metric_alarm";
        if !describe(aws, vec![self.alarm_name.clone()]).await?.is_empty() {
            let message = format!("there is an alarm \"{}\" already", self.alarm_name);
            return Err(ProviderError::refused(action, message).help("Import it, or choose another name."));
        }
        self.put(aws, "creating aws_cloudwatch_metric_alarm (PutMetricAlarm)").await?;
        Ok(Made::id(self.alarm_name.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = describe(aws, ids(objects)).await?;
        let wanted = found.into_iter().map(|it| {
            let object = objects.iter().find(|object| Some(&object.id) == it.alarm_name.as_ref());
            let with_tags = object.and_then(|it| it.state.as_ref()).is_none_or(|it| !it.tags_all.is_empty());
            (it, with_tags)
        });
        each(wanted.collect::<Vec<_>>(), |(it, with_tags)| Self::observe(aws, it, with_tags)).await
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        self.put(aws, "changing aws_cloudwatch_metric_alarm (PutMetricAlarm)").await?;
        let arn = prior.arn.as_deref().unwrap_or_default();
        let diff = tags::diff(&prior.tags_all, &self.tags_all);
        if !diff.remove.is_empty() {
            let call = aws.cloudwatch.untag_resource().resource_arn(arn).set_tag_keys(Some(diff.remove)).send();
            call.await.context("removing tags (UntagResource)")?;
        }
        if !diff.set.is_empty() {
            let call = aws.cloudwatch.tag_resource().resource_arn(arn).set_tags(Some(sdk_tags(&diff.set))).send();
            call.await.context("setting tags (TagResource)")?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.cloudwatch.delete_alarms().alarm_names(id).send().await;
        done.absent("deleting aws_cloudwatch_metric_alarm (DeleteAlarms)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = describe(aws, vec![self.alarm_name.clone()]).await?;
        Ok(found.into_iter().find_map(|it| it.alarm_name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = describe(aws, Vec::new()).await?;
        Ok(found.into_iter().filter_map(|it| it.alarm_name).collect())
    }
}

impl MetricAlarm {
    async fn put(&self, aws: &Aws, action: &str) -> Result<()> {
        let list = |items: &BTreeSet<String>| Some(items.iter().cloned().collect());
        let queries: Vec<_> = self.metric_query.iter().map(MetricQuery::sdk).collect();
        let call = aws
            .cloudwatch
            .put_metric_alarm()
            .alarm_name(&self.alarm_name)
            .set_alarm_description(self.alarm_description.clone())
            .actions_enabled(self.actions_enabled)
            .set_alarm_actions(list(&self.alarm_actions))
            .set_ok_actions(list(&self.ok_actions))
            .set_insufficient_data_actions(list(&self.insufficient_data_actions))
            .comparison_operator(ComparisonOperator::from(self.comparison_operator.as_str()))
            .evaluation_periods(self.evaluation_periods as i32)
            .set_datapoints_to_alarm(self.datapoints_to_alarm.map(|it| it as i32))
            .treat_missing_data(&self.treat_missing_data)
            .set_evaluate_low_sample_count_percentile(self.evaluate_low_sample_count_percentiles.clone())
            .set_metric_name(self.metric_name.clone())
            .set_namespace(self.namespace.clone())
            .set_period(self.period.map(|it| it as i32))
            .set_statistic(self.statistic.as_deref().map(Statistic::from))
            .set_extended_statistic(self.extended_statistic.clone())
            .set_dimensions((!self.dimensions.is_empty()).then(|| sdk_dimensions(&self.dimensions)))
            .set_unit(self.unit.as_deref().map(StandardUnit::from))
            .set_threshold(self.threshold)
            .set_threshold_metric_id(self.threshold_metric_id.clone())
            .set_metrics((!queries.is_empty()).then_some(queries))
            .set_tags((!self.tags_all.is_empty()).then(|| sdk_tags(&self.tags_all)));
        call.send().await.context(action).map(drop)
    }

    async fn observe(aws: &Aws, it: types::MetricAlarm, with_tags: bool) -> Result<Observed<Self>> {
        let arn = it.alarm_arn.unwrap_or_default();
        let tags_all = match with_tags {
            true => {
                let answer = aws.cloudwatch.list_tags_for_resource().resource_arn(&arn).send().await;
                let answer = answer.absent("reading aws_cloudwatch_metric_alarm (ListTagsForResource)", GONE)?;
                let tags = answer.and_then(|it| it.tags).unwrap_or_default();
                tags::observed(tags.into_iter().map(|it| (it.key, it.value)))
            }
            false => Tags::new(),
        };
        let set = |items: Option<Vec<String>>| items.into_iter().flatten().collect();
        let name = it.alarm_name.unwrap_or_default();
        // An alarm on a band has no threshold of its own; AWS shows none or 0.
        let threshold = it.threshold.filter(|_| it.threshold_metric_id.is_none());
        let state = Self {
            alarm_name: name.clone(),
            alarm_description: it.alarm_description,
            comparison_operator: it.comparison_operator.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            evaluation_periods: it.evaluation_periods.unwrap_or_default().into(),
            datapoints_to_alarm: it.datapoints_to_alarm.map(i64::from),
            metric_name: it.metric_name,
            namespace: it.namespace,
            period: it.period.map(i64::from),
            statistic: it.statistic.map(|it| it.as_str().to_owned()),
            extended_statistic: it.extended_statistic,
            dimensions: dimensions(it.dimensions),
            unit: it.unit.map(|it| it.as_str().to_owned()),
            threshold,
            threshold_metric_id: it.threshold_metric_id,
            treat_missing_data: it.treat_missing_data.unwrap_or_else(|| "missing".into()),
            evaluate_low_sample_count_percentiles: it.evaluate_low_sample_count_percentile,
            actions_enabled: it.actions_enabled.unwrap_or(true),
            alarm_actions: set(it.alarm_actions),
            ok_actions: set(it.ok_actions),
            insufficient_data_actions: set(it.insufficient_data_actions),
            metric_query: it.metrics.into_iter().flatten().map(MetricQuery::observe).collect(),
            arn: Some(arn),
            tags: Tags::new(),
            tags_all,
        };
        Ok(Observed::ready(name, state))
    }
}

impl MetricQuery {
    fn sdk(&self) -> MetricDataQuery {
        let metric = self.metric.first().map(|it| {
            let metric = types::Metric::builder()
                .metric_name(&it.metric_name)
                .set_namespace(it.namespace.clone())
                .set_dimensions((!it.dimensions.is_empty()).then(|| sdk_dimensions(&it.dimensions)));
            MetricStat::builder()
                .metric(metric.build())
                .period(it.period as i32)
                .stat(&it.stat)
                .set_unit(it.unit.as_deref().map(StandardUnit::from))
                .build()
        });
        MetricDataQuery::builder()
            .id(&self.id)
            .set_account_id(self.account_id.clone())
            .set_expression(self.expression.clone())
            .set_label(self.label.clone())
            .set_period(self.period.map(|it| it as i32))
            .return_data(self.return_data)
            .set_metric_stat(metric)
            .build()
    }

    fn observe(it: MetricDataQuery) -> Self {
        let metric = it.metric_stat.map(|it| {
            let metric = it.metric.unwrap_or_else(|| types::Metric::builder().build());
            Metric {
                metric_name: metric.metric_name.unwrap_or_default(),
                namespace: metric.namespace,
                dimensions: dimensions(metric.dimensions),
                period: it.period.unwrap_or_default().into(),
                stat: it.stat.unwrap_or_default(),
                unit: it.unit.map(|it| it.as_str().to_owned()),
            }
        });
        Self {
            id: it.id.unwrap_or_default(),
            account_id: it.account_id,
            expression: it.expression,
            label: it.label,
            period: it.period.map(i64::from),
            return_data: it.return_data.unwrap_or(true),
            metric: metric.into_iter().collect(),
        }
    }
}

fn check_period(check: &mut Check<'_>) {
    if let Some(seconds) = check.number("period").filter(|it| ![10, 20, 30].contains(it) && (it % 60 != 0 || *it < 60))
    {
        check.error("period", format!("is {seconds}; it takes 10, 20, 30 or a multiple of 60 seconds."));
    }
}

/// Alarms of these names; all of the region where none is named.
async fn describe(aws: &Aws, names: Vec<String>) -> Result<Vec<types::MetricAlarm>> {
    let names = (!names.is_empty()).then_some(names);
    let call = aws.cloudwatch.describe_alarms().set_alarm_names(names).alarm_types(AlarmType::MetricAlarm);
    let mut pages = call.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.context("reading aws_cloudwatch_metric_alarm (DescribeAlarms)")?;
        found.extend(page.metric_alarms.unwrap_or_default());
    }
    Ok(found)
}

fn sdk_dimensions(dimensions: &BTreeMap<String, String>) -> Vec<Dimension> {
    dimensions.iter().map(|(name, value)| Dimension::builder().name(name).value(value).build()).collect()
}

fn dimensions(dimensions: Option<Vec<Dimension>>) -> BTreeMap<String, String> {
    let pairs = dimensions.into_iter().flatten();
    pairs.filter_map(|it| Some((it.name?, it.value.unwrap_or_default()))).collect()
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
