//! `aws_cloudformation_export`: a value that a CloudFormation stack exports.

use aws_sdk_cloudformation::types::Export;
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::pages;

const ACTION: &str = "reading aws_cloudformation_export (ListExports)";

/// A value that a CloudFormation stack of the region exports.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportData {
    /// Name of the export.
    pub name: String,
    /// Id of the stack.
    #[attr(computed)]
    pub exporting_stack_id: Option<String>,
    /// The value.
    #[attr(computed)]
    pub value: Option<String>,
}

impl DataSource for ExportData {
    type Client = Aws;
    const TYPE: &'static str = "aws_cloudformation_export";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        let all: Vec<Export> = pages!(aws.cloudformation.list_exports(), ACTION)?;
        let found = all.into_iter().find(|it| it.name.as_ref() == Some(&self.name)).ok_or_else(|| {
            ProviderError::refused(ACTION, format!("no stack exports \"{}\"", self.name))
                .help("Check the name, the region and the account: `aws cloudformation list-exports` shows all.")
        })?;
        let id = format!("cloudformation-exports-{}-{}", aws.region, self.name);
        Ok((id, Self { exporting_stack_id: found.exporting_stack_id, value: found.value, ..self }))
    }
}
