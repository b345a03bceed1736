//! `aws_cloudwatch_dashboard`: a page of metrics and logs.

use aws_sdk_cloudwatch::types::DashboardEntry;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::{Absent, Check, Context, each, ids, pages, same};

const GONE: &[&str] = &["ResourceNotFound", "ResourceNotFoundException", "DashboardNotFoundError"];

/// A page of widgets, described as JSON.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Dashboard {
    /// Name, of letters, digits, `-` and `_`.
    #[attr(force_new)]
    pub dashboard_name: String,
    /// The widgets as JSON.
    #[attr(same = same::json)]
    pub dashboard_body: String,
    /// ARN of the dashboard.
    #[attr(computed)]
    pub dashboard_arn: Option<String>,
}

impl Resource for Dashboard {
    type Client = Aws;
    const TYPE: &'static str = "aws_cloudwatch_dashboard";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.json("dashboard_body").length("dashboard_name", 255);
        let allowed = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
        if let Some(text) = check.text("dashboard_name").filter(|it| it.is_empty() || !it.chars().all(allowed)) {
            check.error("dashboard_name", format!("is \"{text}\"; it takes letters, digits, \"-\" and \"_\"."));
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, _creation: &Creation<'_>) -> Result<Made<Self>> {
        // PutDashboard would replace a dashboard of this name that is someone else's.
        if describe(aws, self.dashboard_name.clone()).await?.is_some() {
            let message = format!("there is a dashboard \"{}\" already", self.dashboard_name);
            let help = "Import it, or choose another name.";
            return Err(ProviderError::refused("creating aws_cloudwatch_dashboard", message).help(help));
        }
        self.put(aws, "creating aws_cloudwatch_dashboard (PutDashboard)").await?;
        Ok(Made::id(self.dashboard_name.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(ids(objects), |name| describe(aws, name)).await?;
        Ok(found.into_iter().flatten().map(|it| Observed::ready(it.dashboard_name.clone(), it)).collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        self.put(aws, "changing aws_cloudwatch_dashboard (PutDashboard)").await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.cloudwatch.delete_dashboards().dashboard_names(id).send().await;
        done.absent("deleting aws_cloudwatch_dashboard (DeleteDashboards)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = describe(aws, self.dashboard_name.clone()).await?;
        let ours = found.filter(|it| same::json(&it.dashboard_body, &self.dashboard_body));
        Ok(ours.map(|it| it.dashboard_name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.cloudwatch.list_dashboards();
        let found: Vec<DashboardEntry> = pages!(call, "listing aws_cloudwatch_dashboard (ListDashboards)")?;
        Ok(found.into_iter().filter_map(|it| it.dashboard_name).collect())
    }
}

impl Dashboard {
    async fn put(&self, aws: &Aws, action: &str) -> Result<()> {
        let call = aws.cloudwatch.put_dashboard().dashboard_name(&self.dashboard_name);
        let answer = call.dashboard_body(&self.dashboard_body).send().await.context(action)?;
        for warning in answer.dashboard_validation_messages.unwrap_or_default() {
            let (place, message) = (warning.data_path.unwrap_or_default(), warning.message.unwrap_or_default());
            tracing::warn!(dashboard = self.dashboard_name, place, message, "CloudWatch finds fault with a dashboard");
        }
        Ok(())
    }
}

async fn describe(aws: &Aws, name: String) -> Result<Option<Dashboard>> {
    let answer = aws.cloudwatch.get_dashboard().dashboard_name(&name).send().await;
    let answer = answer.absent("reading aws_cloudwatch_dashboard (GetDashboard)", GONE)?;
    Ok(answer.map(|it| Dashboard {
        dashboard_name: it.dashboard_name.unwrap_or(name),
        dashboard_body: it.dashboard_body.unwrap_or_default(),
        dashboard_arn: it.dashboard_arn,
    }))
}
