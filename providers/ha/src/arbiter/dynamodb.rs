//! Leases in a table of DynamoDB whose partition key is the string `id`.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use plumb_aws_delivery::{Connection, client};

use super::leases::{Cell, Cells, Document, Leases};
use crate::cloud::aws::failed;

const KEY: &str = "id";
const BODY: &str = "lease";
const VERSION: &str = "beat";

/// Documents as items of a table.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    connection: Connection,
    table: String,
}

/// Leases in a table.
pub fn leases(connection: &Connection, table: &str) -> Leases<Table> {
    let client = client!(aws_sdk_dynamodb, connection, "dynamodb");
    Leases::new(Table { client, connection: connection.clone(), table: table.to_owned() })
}

#[async_trait]
impl Cells for Table {
    async fn read(&self, group: &str) -> Result<Option<Cell>, String> {
        let key = AttributeValue::S(group.to_owned());
        // An old reading would show a lease that somebody else has taken over.
        let call = self.client.get_item().table_name(&self.table).key(KEY, key).consistent_read(true);
        let answer = call.send().await.map_err(|error| failed("GetItem", &error).to_string())?;
        let Some(item) = answer.item() else { return Ok(None) };
        let text = |name: &str| item.get(name).and_then(|it| it.as_s().ok()).cloned();
        let (Some(body), Some(version)) = (text(BODY), text(VERSION)) else {
            return Err(format!("the item {group:?} of table {} is no lease", self.table));
        };
        let document: Document =
            serde_json::from_str(&body).map_err(|error| format!("the item {group:?} is no lease: {error}"))?;
        Ok(Some(Cell { document, version }))
    }

    async fn write(&self, group: &str, document: &Document, expected: Option<&str>) -> Result<bool, String> {
        let body = serde_json::to_string(document).map_err(|error| error.to_string())?;
        let call = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(KEY, AttributeValue::S(group.to_owned()))
            .item(BODY, AttributeValue::S(body))
            .item(VERSION, AttributeValue::S(document.beat.clone()));
        let call = match expected {
            None => call.condition_expression("attribute_not_exists(#k)").expression_attribute_names("#k", KEY),
            Some(version) => call
                .condition_expression("#v = :v")
                .expression_attribute_names("#v", VERSION)
                .expression_attribute_values(":v", AttributeValue::S(version.to_owned())),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().code() == Some("ConditionalCheckFailedException") => {
                Ok(false)
            }
            Err(error) => Err(failed("PutItem", &error).to_string()),
        }
    }

    fn calls(&self) -> u64 {
        self.connection.sent()
    }
}
