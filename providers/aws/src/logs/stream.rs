//! `aws_cloudwatch_log_stream`: the events of one source in a log group.

use aws_sdk_cloudwatchlogs::types::LogStream;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, ProviderError, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{GONE, PATIENCE};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, pages, patiently};

/// A sequence of events of one source. An import takes `GROUP:STREAM`.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Stream {
    /// Name, at most 512 characters.
    #[attr(force_new)]
    pub name: String,
    /// Log group that the stream belongs to.
    #[attr(force_new)]
    pub log_group_name: String,
    /// ARN of the stream.
    #[attr(computed)]
    pub arn: Option<String>,
}

impl Resource for Stream {
    type Client = Aws;
    const TYPE: &'static str = "aws_cloudwatch_log_stream";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    // The id is the name, which streams of several groups may share.
    const BATCH: usize = 1;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.length("name", 512);
        if let Some(text) = check.text("name").filter(|it| it.is_empty() || it.contains([':', '*'])) {
            check.error("name", format!("is \"{text}\"; it must not be empty, and takes neither \":\" nor \"*\"."));
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, _creation: &Creation<'_>) -> Result<Made<Self>> {
        let call =
            || aws.logs.create_log_stream().log_group_name(&self.log_group_name).log_stream_name(&self.name).send();
        let made = patiently(PATIENCE, GONE, call).await;
        made.context("creating aws_cloudwatch_log_stream (CreateLogStream)")?;
        Ok(Made::id(self.name.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let mut seen = Vec::new();
        for object in objects {
            let (group, name) = match &object.state {
                Some(state) => (state.log_group_name.as_str(), state.name.as_str()),
                None => object.id.split_once(':').ok_or_else(|| {
                    let message = format!("\"{}\" is no id of a log stream. Write GROUP:STREAM.", object.id);
                    ProviderError::refused("reading aws_cloudwatch_log_stream", message)
                })?,
            };
            let call = aws.logs.describe_log_streams().log_group_name(group).log_stream_name_prefix(name);
            let found = pages!(call, absent "reading aws_cloudwatch_log_stream (DescribeLogStreams)", GONE)?;
            let found: Vec<LogStream> = found.unwrap_or_default();
            let found = found.into_iter().find(|it| it.log_stream_name.as_deref() == Some(name));
            seen.extend(found.map(|it| {
                let state = Self { name: name.to_owned(), log_group_name: group.to_owned(), arn: it.arn };
                Observed::ready(name, state).asked_as(&object.id)
            }));
        }
        Ok(seen)
    }

    async fn update(&self, _aws: &Aws, _id: &str, _prior: &Self) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _id: &str) -> Result<()> {
        let call = aws.logs.delete_log_stream().log_group_name(&self.log_group_name).log_stream_name(&self.name);
        call.send().await.absent("deleting aws_cloudwatch_log_stream (DeleteLogStream)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let prior = Prior { id: self.name.clone(), state: Some(self.clone()) };
        Ok(Self::read(aws, &[prior]).await?.into_iter().map(|it| it.id).next())
    }
}
