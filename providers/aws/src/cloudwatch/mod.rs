//! CloudWatch: alarms and dashboards.

pub mod dashboard;
pub mod metric_alarm;
