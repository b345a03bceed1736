//! Objects that were made a moment ago: calls that name them may be refused because they are not known everywhere yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// How long AWS may need until an object is known everywhere.
const SPREAD: Duration = Duration::from_secs(60);
/// Shorter ids stand in requests by accident.
const SHORTEST: usize = 6;

/// Ids of objects with the time when they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Recent {
    /// Remembers an object that was made now.
    pub fn made(&self, id: &str) {
        if id.len() >= SHORTEST {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), Instant::now());
        }
    }

    /// Whether a request names one of them, and does not delete it.
    pub fn is_named_by(&self, request: &HttpRequest) -> bool {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|_, since| since.elapsed() < SPREAD);
        if made.is_empty() || request.method() == "DELETE" {
            return false;
        }
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let deletes = body.contains("Action=Delete") || body.contains("Action=Terminate");
        let target = request.headers().get("x-amz-target").is_some_and(|it| it.contains(".Delete"));
        !deletes && !target && made.keys().any(|id| body.contains(id.as_str()) || request.uri().contains(id.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn named_until_it_is_deleted() {
        let recent = Recent::default();
        recent.made("vpc-12345678");
        let request = |body: &'static str| {
            let mut request = HttpRequest::new(SdkBody::from(body));
            request.set_method("POST").unwrap();
            request
        };
        assert!(recent.is_named_by(&request("Action=CreateSubnet&VpcId=vpc-12345678")));
        assert!(!recent.is_named_by(&request("Action=CreateSubnet&VpcId=vpc-87654321")));
        assert!(!recent.is_named_by(&request("Action=DeleteVpc&VpcId=vpc-12345678")));
    }
}
