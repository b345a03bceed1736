//! Error codes of answers, and what groups of them mean.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

const THROTTLING: [&str; 12] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "Throttled",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

/// Codes of an inner failure, after which nobody knows what was done.
const INNER: [&str; 9] = [
    "InternalError",
    "InternalFailure",
    "InternalFailureException",
    "InternalServerError",
    "InternalServerException",
    "InternalServiceError",
    "ServiceFailure",
    "ServiceUnavailable",
    "Unavailable",
];

/// The error code of an answer, in whichever form the service writes it.
pub(crate) fn of(response: &HttpResponse) -> Option<String> {
    let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    if let Some((_, rest)) = body.split_once("<Code>") {
        return rest.split_once("</Code>").map(|(code, _)| code.trim().to_owned());
    }
    let header = response.headers().get("x-amzn-errortype").map(str::to_owned);
    let code = header.or_else(|| {
        let json: serde_json::Value = serde_json::from_str(&body).ok()?;
        ["__type", "code"].iter().find_map(|name| json[*name].as_str().map(str::to_owned))
    })?;
    // `namespace#Code:http://…`
    let code = code.rsplit('#').next().unwrap_or_default();
    Some(code.split(':').next().unwrap_or_default().to_owned())
}

pub(crate) fn is_throttling(code: &str) -> bool {
    THROTTLING.contains(&code)
}

pub(crate) fn is_expired(code: &str) -> bool {
    EXPIRED.contains(&code)
}

pub(crate) fn is_not_found(code: &str) -> bool {
    code.contains("NotFound") || code.starts_with("NoSuch") || code.contains("DoesNotExist")
}

/// Whether a failure on the side of AWS (status 500 and up) leaves open what was done. A code that names a reason, such
/// as a lack of capacity, is a refusal.
pub(crate) fn is_ambiguous(code: Option<&str>) -> bool {
    code.is_none_or(|code| INNER.contains(&code))
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn codes_in_every_form() {
        let status = StatusCode::try_from(400).unwrap();
        let code = |body: &'static str| of(&HttpResponse::new(status, SdkBody::from(body)));
        assert_eq!(
            code("<Response><Errors><Error><Code>A.B</Code></Error></Errors></Response>").as_deref(),
            Some("A.B")
        );
        assert_eq!(code(r#"{"__type":"com.amazon#Thing","message":"x"}"#).as_deref(), Some("Thing"));
        assert_eq!(code("<html>no</html>"), None);
        let mut response = HttpResponse::new(status, SdkBody::from("{}"));
        response.headers_mut().insert("x-amzn-errortype", "FileSystemNotFound:http://x/");
        assert_eq!(of(&response).as_deref(), Some("FileSystemNotFound"));
    }

    #[test]
    fn groups() {
        assert!(is_not_found("InvalidVpcID.NotFound") && is_not_found("NoSuchEntity") && !is_not_found("Throttling"));
        assert!(is_ambiguous(None) && is_ambiguous(Some("InternalError")));
        assert!(!is_ambiguous(Some("InsufficientInstanceCapacity")));
    }
}
