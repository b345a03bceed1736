//! Nested blocks of `aws_autoscaling_policy` for predictive scaling.

use aws_sdk_autoscaling::types as sdk;
use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use super::policy_blocks::Metric;
use crate::wire::words::{text, word};

/// Scales ahead of a load that is foreseen.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Predictive {
    /// What happens when the forecast is near or above `max_size`: `HonorMaxCapacity` or `IncreaseMaxCapacity`.
    #[attr(default = "HonorMaxCapacity")]
    pub max_capacity_breach_behavior: String,
    /// How far `max_size` may be exceeded, in percent of the forecast: 0 to 100.
    pub max_capacity_buffer: Option<String>,
    /// `ForecastOnly`, or `ForecastAndScale` to act on it.
    #[attr(default = "ForecastOnly")]
    pub mode: String,
    /// How long before the forecast time instances are launched, in seconds: 0 to 3600.
    pub scheduling_buffer_time: Option<String>,
    /// Load and scaling metrics, and the value to keep.
    #[block(list, min = 1, max = 1)]
    pub metric_specification: Vec<Specification>,
}

/// Load and scaling metrics, and the value to keep.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Specification {
    /// The value at which the scaling metric is kept.
    pub target_value: f64,
    /// Capacity, as an expression over metrics.
    #[block(list, max = 1)]
    pub customized_capacity_metric_specification: Vec<Queries>,
    /// Load, as an expression over metrics.
    #[block(list, max = 1)]
    pub customized_load_metric_specification: Vec<Queries>,
    /// Scaling metric, as an expression over metrics.
    #[block(list, max = 1)]
    pub customized_scaling_metric_specification: Vec<Queries>,
    /// Load that AWS has for groups.
    #[block(list, max = 1)]
    pub predefined_load_metric_specification: Vec<Predefined>,
    /// Load and scaling metric that AWS has for groups.
    #[block(list, max = 1)]
    pub predefined_metric_pair_specification: Vec<Predefined>,
    /// Scaling metric that AWS has for groups.
    #[block(list, max = 1)]
    pub predefined_scaling_metric_specification: Vec<Predefined>,
}

/// Metrics that AWS has for groups.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Predefined {
    /// Kind, such as `ASGCPUUtilization` or `ALBRequestCount`.
    pub predefined_metric_type: String,
    /// Load balancer and target group, for metrics of load balancers.
    pub resource_label: Option<String>,
}

/// Metrics and expressions over them.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Queries {
    /// A metric, or an expression over metrics.
    #[block(list, min = 1, max = 10)]
    pub metric_data_queries: Vec<Query>,
}

/// A metric, or an expression over metrics.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Query {
    /// Expression over the ids of other metrics.
    pub expression: Option<String>,
    /// Id by which expressions name it.
    pub id: String,
    /// Label.
    pub label: Option<String>,
    /// Whether it is the result; exactly one is.
    #[attr(default = true)]
    pub return_data: bool,
    /// The metric.
    #[block(list, max = 1)]
    pub metric_stat: Vec<Stat>,
}

/// A statistic of a metric.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Stat {
    /// The statistic, such as `Average` or `Sum`.
    pub stat: String,
    /// Unit of the metric.
    pub unit: Option<String>,
    /// The metric.
    #[block(list, min = 1, max = 1)]
    pub metric: Vec<Metric>,
}

impl Predictive {
    pub(super) fn request(&self) -> sdk::PredictiveScalingConfiguration {
        let number = |it: &Option<String>| it.as_deref().and_then(|it| it.parse::<i32>().ok());
        let specifications: Vec<_> = self.metric_specification.iter().map(Specification::request).collect();
        sdk::PredictiveScalingConfiguration::builder()
            .set_max_capacity_breach_behavior(word(Some(&self.max_capacity_breach_behavior)))
            .set_max_capacity_buffer(number(&self.max_capacity_buffer))
            .set_mode(word(Some(&self.mode)))
            .set_scheduling_buffer_time(number(&self.scheduling_buffer_time))
            .set_metric_specifications(Some(specifications))
            .build()
    }

    pub(super) fn observe(it: sdk::PredictiveScalingConfiguration) -> Self {
        let specifications = it.metric_specifications.unwrap_or_default().into_iter();
        Self {
            max_capacity_breach_behavior: text(it.max_capacity_breach_behavior).unwrap_or_default(),
            max_capacity_buffer: it.max_capacity_buffer.map(|it| it.to_string()),
            mode: text(it.mode).unwrap_or_default(),
            scheduling_buffer_time: it.scheduling_buffer_time.map(|it| it.to_string()),
            metric_specification: specifications.map(Specification::observe).collect(),
        }
    }
}

/// A predefined metric as the SDK has it.
macro_rules! predefined {
    ($blocks:expr, $sdk:ident) => {
        $blocks.first().map(|it| {
            sdk::$sdk::builder()
                .predefined_metric_type(it.predefined_metric_type.as_str().into())
                .set_resource_label(word(it.resource_label.as_ref()))
                .build()
        })
    };
}

/// Customized metrics as the SDK has them.
macro_rules! customized {
    ($blocks:expr, $sdk:ident) => {
        $blocks.first().map(|it| sdk::$sdk::builder().set_metric_data_queries(Some(it.request())).build())
    };
}

/// A predefined metric as an answer has it.
macro_rules! observed {
    ($answer:expr) => {
        $answer
            .map(|it| Predefined {
                predefined_metric_type: text(it.predefined_metric_type).unwrap_or_default(),
                resource_label: text(it.resource_label),
            })
            .into_iter()
            .collect()
    };
}

impl Specification {
    fn request(&self) -> sdk::PredictiveScalingMetricSpecification {
        sdk::PredictiveScalingMetricSpecification::builder()
            .target_value(self.target_value)
            .set_customized_capacity_metric_specification(customized!(
                self.customized_capacity_metric_specification,
                PredictiveScalingCustomizedCapacityMetric
            ))
            .set_customized_load_metric_specification(customized!(
                self.customized_load_metric_specification,
                PredictiveScalingCustomizedLoadMetric
            ))
            .set_customized_scaling_metric_specification(customized!(
                self.customized_scaling_metric_specification,
                PredictiveScalingCustomizedScalingMetric
            ))
            .set_predefined_load_metric_specification(predefined!(
                self.predefined_load_metric_specification,
                PredictiveScalingPredefinedLoadMetric
            ))
            .set_predefined_metric_pair_specification(predefined!(
                self.predefined_metric_pair_specification,
                PredictiveScalingPredefinedMetricPair
            ))
            .set_predefined_scaling_metric_specification(predefined!(
                self.predefined_scaling_metric_specification,
                PredictiveScalingPredefinedScalingMetric
            ))
            .build()
    }

    fn observe(it: sdk::PredictiveScalingMetricSpecification) -> Self {
        let capacity = it.customized_capacity_metric_specification.map(|it| it.metric_data_queries);
        let load = it.customized_load_metric_specification.map(|it| it.metric_data_queries);
        let scaling = it.customized_scaling_metric_specification.map(|it| it.metric_data_queries);
        Self {
            target_value: it.target_value.unwrap_or_default(),
            customized_capacity_metric_specification: capacity.map(Queries::observe).into_iter().collect(),
            customized_load_metric_specification: load.map(Queries::observe).into_iter().collect(),
            customized_scaling_metric_specification: scaling.map(Queries::observe).into_iter().collect(),
            predefined_load_metric_specification: observed!(it.predefined_load_metric_specification),
            predefined_metric_pair_specification: observed!(it.predefined_metric_pair_specification),
            predefined_scaling_metric_specification: observed!(it.predefined_scaling_metric_specification),
        }
    }
}

impl Queries {
    fn request(&self) -> Vec<sdk::MetricDataQuery> {
        let stat = |it: &Stat| {
            sdk::MetricStat::builder()
                .stat(&it.stat)
                .set_unit(word(it.unit.as_ref()))
                .set_metric(it.metric.first().map(Metric::request))
                .build()
        };
        let query = |it: &Query| {
            sdk::MetricDataQuery::builder()
                .set_expression(word(it.expression.as_ref()))
                .id(&it.id)
                .set_label(word(it.label.as_ref()))
                .return_data(it.return_data)
                .set_metric_stat(it.metric_stat.first().map(stat))
                .build()
        };
        self.metric_data_queries.iter().map(query).collect()
    }

    fn observe(queries: Option<Vec<sdk::MetricDataQuery>>) -> Self {
        let stat = |it: sdk::MetricStat| Stat {
            stat: it.stat.unwrap_or_default(),
            unit: text(it.unit),
            metric: it.metric.map(Metric::observe).into_iter().collect(),
        };
        let query = |it: sdk::MetricDataQuery| Query {
            expression: text(it.expression),
            id: it.id.unwrap_or_default(),
            label: text(it.label),
            return_data: it.return_data.unwrap_or(true),
            metric_stat: it.metric_stat.map(stat).into_iter().collect(),
        };
        Self { metric_data_queries: queries.unwrap_or_default().into_iter().map(query).collect() }
    }
}
