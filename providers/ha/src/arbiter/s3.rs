//! Leases as objects of a bucket, written under conditions on their ETag.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use plumb_aws_delivery::{Connection, client};

use super::leases::{Cell, Cells, Document, Leases};
use crate::cloud::aws::failed;

/// Answers to a conditional write whose condition does not hold; the second when two came at once.
const REFUSED: [&str; 2] = ["PreconditionFailed", "ConditionalRequestConflict"];

/// Documents as objects of a bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    connection: Connection,
    bucket: String,
    prefix: String,
}

/// Leases in a bucket, below a prefix.
pub fn leases(connection: &Connection, bucket: &str, prefix: &str) -> Leases<Bucket> {
    let client = client!(aws_sdk_s3, connection, "s3");
    let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
    Leases::new(Bucket { client, connection: connection.clone(), bucket, prefix })
}

impl Bucket {
    fn key(&self, group: &str) -> String {
        format!("{}/{group}.json", self.prefix)
    }
}

#[async_trait]
impl Cells for Bucket {
    async fn read(&self, group: &str) -> Result<Option<Cell>, String> {
        let call = self.client.get_object().bucket(&self.bucket).key(self.key(group));
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(error)) if error.err().code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(failed("GetObject", &error).to_string()),
        };
        let version = answer.e_tag().map(str::to_owned).ok_or("the answer to GetObject has no ETag")?;
        let body = answer.body.collect().await.map_err(|error| format!("GetObject: {error}"))?;
        let document: Document = serde_json::from_slice(&body.into_bytes())
            .map_err(|error| format!("s3://{}/{} is no lease: {error}", self.bucket, self.key(group)))?;
        Ok(Some(Cell { document, version }))
    }

    async fn write(&self, group: &str, document: &Document, expected: Option<&str>) -> Result<bool, String> {
        let body = serde_json::to_vec(document).map_err(|error| error.to_string())?;
        let call = self.client.put_object().bucket(&self.bucket).key(self.key(group));
        let call = call.content_type("application/json").body(ByteStream::from(body));
        let call = match expected {
            None => call.if_none_match("*"),
            Some(version) => call.if_match(version),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().code().is_some_and(|it| REFUSED.contains(&it)) => {
                Ok(false)
            }
            Err(error) => Err(failed("PutObject", &error).to_string()),
        }
    }

    fn calls(&self) -> u64 {
        self.connection.sent()
    }
}
