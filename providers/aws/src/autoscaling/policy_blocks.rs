//! Nested blocks of `aws_autoscaling_policy` for step scaling and target tracking.

use aws_sdk_autoscaling::types as sdk;
use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use crate::wire::words::{text, word};

/// A step: how much to scale, depending on how far the metric is from the alarm's threshold.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct StepAdjustment {
    /// Lower end of the step, relative to the threshold; no end when left out.
    #[attr(same = same_number)]
    pub metric_interval_lower_bound: Option<String>,
    /// Upper end of the step, relative to the threshold; no end when left out.
    #[attr(same = same_number)]
    pub metric_interval_upper_bound: Option<String>,
    /// How much to scale; negative to scale in.
    pub scaling_adjustment: i32,
}

/// Keeps a metric at a value.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct TargetTracking {
    /// Whether the policy never scales in.
    #[attr(default = false)]
    pub disable_scale_in: bool,
    /// The value.
    pub target_value: f64,
    /// A metric of one's own.
    #[block(list, max = 1)]
    pub customized_metric_specification: Vec<CustomizedMetric>,
    /// A metric that AWS has for groups.
    #[block(list, max = 1)]
    pub predefined_metric_specification: Vec<PredefinedMetric>,
}

/// A metric that AWS has for groups.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct PredefinedMetric {
    /// `ASGAverageCPUUtilization`, `ASGAverageNetworkIn`, `ASGAverageNetworkOut` or `ALBRequestCountPerTarget`.
    pub predefined_metric_type: String,
    /// Load balancer and target group, for `ALBRequestCountPerTarget`.
    pub resource_label: Option<String>,
}

/// A metric of one's own: one metric, or an expression over several `metrics`.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct CustomizedMetric {
    /// Name of the metric.
    pub metric_name: Option<String>,
    /// Namespace of the metric.
    pub namespace: Option<String>,
    /// Period of the metric, in seconds: 10, 30 or 60.
    pub period: Option<i32>,
    /// `Average`, `Minimum`, `Maximum`, `SampleCount` or `Sum`.
    pub statistic: Option<String>,
    /// Unit of the metric.
    pub unit: Option<String>,
    /// Dimension of the metric.
    #[block(list)]
    pub metric_dimension: Vec<Dimension>,
    /// A metric, or an expression over metrics.
    #[block(set)]
    pub metrics: Vec<MetricQuery>,
}

/// A dimension of a metric.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Dimension {
    /// Name of the dimension.
    pub name: String,
    /// Value of the dimension.
    pub value: String,
}

/// A metric, or an expression over metrics.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MetricQuery {
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
    pub metric_stat: Vec<MetricStat>,
}

/// A statistic of a metric.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct MetricStat {
    /// Period of the metric, in seconds: 10, 30 or 60.
    pub period: Option<i32>,
    /// The statistic, such as `Average` or `Sum`.
    pub stat: String,
    /// Unit of the metric.
    pub unit: Option<String>,
    /// The metric.
    #[block(list, min = 1, max = 1)]
    pub metric: Vec<Metric>,
}

/// A metric.
#[derive(Schema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Metric {
    /// Name of the metric.
    pub metric_name: String,
    /// Namespace of the metric.
    pub namespace: String,
    /// Dimension of the metric.
    #[block(set)]
    pub dimensions: Vec<Dimension>,
}

/// Two numbers as texts: `10` and `10.0` are one.
fn same_number(a: &str, b: &str) -> bool {
    a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

impl StepAdjustment {
    pub(super) fn request(&self) -> sdk::StepAdjustment {
        let number = |it: &Option<String>| it.as_deref().and_then(|it| it.parse::<f64>().ok());
        sdk::StepAdjustment::builder()
            .set_metric_interval_lower_bound(number(&self.metric_interval_lower_bound))
            .set_metric_interval_upper_bound(number(&self.metric_interval_upper_bound))
            .scaling_adjustment(self.scaling_adjustment)
            .build()
    }

    pub(super) fn observe(it: sdk::StepAdjustment) -> Self {
        Self {
            metric_interval_lower_bound: it.metric_interval_lower_bound.map(|it| it.to_string()),
            metric_interval_upper_bound: it.metric_interval_upper_bound.map(|it| it.to_string()),
            scaling_adjustment: it.scaling_adjustment.unwrap_or_default(),
        }
    }
}

impl TargetTracking {
    pub(super) fn request(&self) -> sdk::TargetTrackingConfiguration {
        let predefined = self.predefined_metric_specification.first().map(|it| {
            sdk::PredefinedMetricSpecification::builder()
                .predefined_metric_type(it.predefined_metric_type.as_str().into())
                .set_resource_label(word(it.resource_label.as_ref()))
                .build()
        });
        sdk::TargetTrackingConfiguration::builder()
            .disable_scale_in(self.disable_scale_in)
            .target_value(self.target_value)
            .set_customized_metric_specification(
                self.customized_metric_specification.first().map(CustomizedMetric::request),
            )
            .set_predefined_metric_specification(predefined)
            .build()
    }

    pub(super) fn observe(it: sdk::TargetTrackingConfiguration) -> Self {
        let predefined = it.predefined_metric_specification.map(|it| PredefinedMetric {
            predefined_metric_type: text(it.predefined_metric_type).unwrap_or_default(),
            resource_label: text(it.resource_label),
        });
        let customized = it.customized_metric_specification.map(CustomizedMetric::observe);
        Self {
            disable_scale_in: it.disable_scale_in.unwrap_or_default(),
            target_value: it.target_value.unwrap_or_default(),
            customized_metric_specification: customized.into_iter().collect(),
            predefined_metric_specification: predefined.into_iter().collect(),
        }
    }
}

impl CustomizedMetric {
    fn request(&self) -> sdk::CustomizedMetricSpecification {
        let queries: Vec<_> = self.metrics.iter().map(MetricQuery::tracking).collect();
        let dimensions = dimensions(&self.metric_dimension);
        sdk::CustomizedMetricSpecification::builder()
            .set_metric_name(word(self.metric_name.as_ref()))
            .set_namespace(word(self.namespace.as_ref()))
            .set_period(self.period)
            .set_statistic(word(self.statistic.as_ref()))
            .set_unit(word(self.unit.as_ref()))
            .set_dimensions(dimensions)
            .set_metrics((!queries.is_empty()).then_some(queries))
            .build()
    }

    fn observe(it: sdk::CustomizedMetricSpecification) -> Self {
        Self {
            metric_name: text(it.metric_name),
            namespace: text(it.namespace),
            period: it.period,
            statistic: text(it.statistic),
            unit: text(it.unit),
            metric_dimension: observed_dimensions(it.dimensions),
            metrics: it.metrics.unwrap_or_default().into_iter().map(MetricQuery::tracked).collect(),
        }
    }
}

impl MetricQuery {
    fn tracking(&self) -> sdk::TargetTrackingMetricDataQuery {
        let stat = self.metric_stat.first().map(|it| {
            sdk::TargetTrackingMetricStat::builder()
                .set_period(it.period)
                .stat(&it.stat)
                .set_unit(word(it.unit.as_ref()))
                .set_metric(it.metric.first().map(Metric::request))
                .build()
        });
        sdk::TargetTrackingMetricDataQuery::builder()
            .set_expression(word(self.expression.as_ref()))
            .id(&self.id)
            .set_label(word(self.label.as_ref()))
            .return_data(self.return_data)
            .set_metric_stat(stat)
            .build()
    }

    fn tracked(it: sdk::TargetTrackingMetricDataQuery) -> Self {
        let stat = it.metric_stat.map(|it| MetricStat {
            period: it.period,
            stat: it.stat.unwrap_or_default(),
            unit: text(it.unit),
            metric: it.metric.map(Metric::observe).into_iter().collect(),
        });
        Self {
            expression: text(it.expression),
            id: it.id.unwrap_or_default(),
            label: text(it.label),
            return_data: it.return_data.unwrap_or(true),
            metric_stat: stat.into_iter().collect(),
        }
    }
}

impl Metric {
    pub(super) fn request(&self) -> sdk::Metric {
        sdk::Metric::builder()
            .metric_name(&self.metric_name)
            .namespace(&self.namespace)
            .set_dimensions(dimensions(&self.dimensions))
            .build()
    }

    pub(super) fn observe(it: sdk::Metric) -> Self {
        Self {
            metric_name: it.metric_name.unwrap_or_default(),
            namespace: it.namespace.unwrap_or_default(),
            dimensions: observed_dimensions(it.dimensions),
        }
    }
}

fn dimensions(dimensions: &[Dimension]) -> Option<Vec<sdk::MetricDimension>> {
    let all = dimensions.iter().map(|it| sdk::MetricDimension::builder().name(&it.name).value(&it.value).build());
    (!dimensions.is_empty()).then(|| all.collect())
}

fn observed_dimensions(dimensions: Option<Vec<sdk::MetricDimension>>) -> Vec<Dimension> {
    let all = dimensions.unwrap_or_default().into_iter();
    all.map(|it| Dimension { name: it.name.unwrap_or_default(), value: it.value.unwrap_or_default() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_texts() {
        assert!(same_number("10", "10.0"));
        assert!(!same_number("10", "11"));
        assert!(same_number("", ""));
    }
}
