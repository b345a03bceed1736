//! Objects that were made a moment ago: calls that name them may be refused because they are not known everywhere yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// How long AWS may need until an object is known everywhere.
const SPREAD: Duration = Duration::from_secs(60);
/// Shorter ids stand in requests by accident.
const SHORTEST: usize = 6;

/// First words of operations that only look.
const READS: [&str; 3] = ["Describe", "Get", "List"];

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
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if deletes || target.contains(".Delete") {
            return false;
        }
        // That a name is looked up may just be the question whether it is free.
        let reads = request.method() == "GET" || READS.iter().any(|it| body.contains(&format!("Action={it}")));
        let candidates = made.keys().filter(|id| !reads || is_given_by_aws(id));
        candidates.into_iter().any(|id| has_value(&body, id) || has_value(request.uri(), id))
    }
}

/// Whether an id is one that AWS has chosen: it ends in eight hexadecimal digits and more.
fn is_given_by_aws(id: &str) -> bool {
    let end = id.rsplit(['-', '/']).next().unwrap_or_default();
    id.len() > end.len() && end.len() >= 8 && end.bytes().all(|it| it.is_ascii_hexdigit())
}

/// Whether a text has a value, not as a part of another.
fn has_value(text: &str, value: &str) -> bool {
    let encoded = value.replace(':', "%3A").replace('/', "%2F");
    [value, &encoded].into_iter().any(|value| {
        text.match_indices(value).any(|(at, _)| {
            let is_edge = |it: Option<char>| it.is_none_or(|it| "=&\"/<>?".contains(it));
            is_edge(text[..at].chars().next_back()) && is_edge(text[at + value.len()..].chars().next())
        })
    })
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
        recent.made("confluence");
        assert!(recent.is_named_by(&request("Action=AttachRolePolicy&RoleName=confluence&X=1")));
        assert!(!recent.is_named_by(&request("Action=AttachRolePolicy&RoleName=confluence-node")));
        assert!(!recent.is_named_by(&request("Action=DescribeTargetGroups&Names.member.1=confluence")));
    }
}
