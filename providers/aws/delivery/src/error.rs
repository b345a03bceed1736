//! SDK errors as provider errors, with everything that the answer said.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use plumb_engine::provider::typed::Result;
use plumb_engine::provider::{Effect, ProviderError};

use crate::code::is_ambiguous;

/// What to do when no credentials are found.
pub(crate) const CREDENTIALS_HELP: &str = "Set AWS_PROFILE to a profile of ~/.aws/config (after `aws sso login` for an \
     SSO profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set `profile` in the provider block, or run \
     on an instance or task that has a role.";

/// How many bytes of an answer that is no AWS error are shown.
const BODY_SHOWN: usize = 300;

/// Error of an SDK call: the service's error type does not matter here.
pub type CallError<E> = SdkError<E, Response>;

/// Says what was attempted.
pub trait Context<T> {
    /// Makes a [`ProviderError`] of an SDK error; `action` in the API's words: "creating aws_vpc (CreateVpc)".
    fn context(self, action: &str) -> Result<T>;
}

impl<T, E: ProvideErrorMetadata + Error + Send + Sync + 'static> Context<T> for std::result::Result<T, CallError<E>> {
    fn context(self, action: &str) -> Result<T> {
        self.map_err(|error| describe(action, &error))
    }
}

/// Takes some error codes for the answer "there is no such object".
pub trait Absent<T> {
    /// `None` where the error's code is one of `codes`; any other error as [`Context::context`] makes it.
    fn absent(self, action: &str, codes: &[&str]) -> Result<Option<T>>;
}

impl<T, E: ProvideErrorMetadata + Error + Send + Sync + 'static> Absent<T> for std::result::Result<T, CallError<E>> {
    fn absent(self, action: &str, codes: &[&str]) -> Result<Option<T>> {
        match self {
            Err(error) if code(&error).is_some_and(|code| codes.contains(&code)) => Ok(None),
            other => other.context(action).map(Some),
        }
    }
}

/// The AWS error code of an answer: `InvalidSubnetID.NotFound`.
pub fn code<E: ProvideErrorMetadata>(error: &CallError<E>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

fn describe<E: ProvideErrorMetadata + Error + Send + Sync + 'static>(
    action: &str,
    error: &CallError<E>,
) -> ProviderError {
    match error {
        SdkError::ServiceError(answer) => answered(action, answer.err(), answer.raw()),
        SdkError::ResponseError(answer) => unreadable(action, answer.raw(), &chain(error)),
        SdkError::TimeoutError(_) => ProviderError::unanswered(action, format!("no answer in time: {}", chain(error))),
        SdkError::DispatchFailure(failure) => undelivered(action, error, failure.as_connector_error()),
        _ => undelivered(action, error, None),
    }
}

fn answered(action: &str, error: &impl ProvideErrorMetadata, raw: &Response) -> ProviderError {
    let Some(code) = error.code() else {
        return unreadable(action, raw, "the answer is no error that AWS documents");
    };
    let status = raw.status().as_u16();
    let text = error.message().unwrap_or("no message was given");
    let request = request_id(error, raw).map(|id| format!(", request id {id}")).unwrap_or_default();
    let error = ProviderError::refused(action, format!("{code}: {text} (status {status}{request})"));
    let unknown = status >= 500 && is_ambiguous(Some(code));
    let effect = if unknown { Effect::Unknown } else { Effect::None };
    let error = ProviderError { effect, ..error };
    match help(code) {
        Some(help) => error.help(help),
        None => error,
    }
}

fn help(code: &str) -> Option<&'static str> {
    match code {
        "AuthFailure" | "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => Some(
            "The access key is not accepted. Check which credentials are in use (`aws sts get-caller-identity`), \
             whether they belong to this partition and region, and whether this machine's clock is right.",
        ),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            Some("The session has expired. Log in again (`aws sso login`), then repeat the command.")
        }
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => Some(
            "The caller lacks the permission for this call. Add it to the caller's policy, or use another profile.",
        ),
        "OptInRequired" => Some("The account has not enabled this region or service. Enable it in the AWS console."),
        _ => None,
    }
}

fn unreadable(action: &str, raw: &Response, why: &str) -> ProviderError {
    let body = raw.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let body: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(BODY_SHOWN).collect();
    let status = raw.status().as_u16();
    let message = format!("status {status}, and the answer cannot be read ({why}). It begins: {body}");
    ProviderError { effect: effect_of(status), ..ProviderError::refused(action, message) }
        .help("Something other than AWS may have answered. Check AWS_ENDPOINT_URL, proxies and the region.")
}

fn effect_of(status: u16) -> Effect {
    if (400..500).contains(&status) { Effect::None } else { Effect::Unknown }
}

fn undelivered(action: &str, error: &(dyn Error + 'static), connector: Option<&ConnectorError>) -> ProviderError {
    if sources(error).any(|it| it.downcast_ref::<CredentialsError>().is_some()) {
        let message = format!("no usable AWS credentials: {}", chain(error));
        return ProviderError::refused(action, message).help(CREDENTIALS_HELP);
    }
    let help = "Check that the endpoint is right and can be reached: region, AWS_ENDPOINT_URL, proxy, network.";
    let message = format!("the call did not get through: {}", chain(error));
    match connector {
        Some(connector) if !never_connected(connector) => ProviderError::unanswered(action, message).help(help),
        _ => ProviderError::refused(action, message).help(help),
    }
}

/// An endpoint with which no connection could be made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{endpoint} cannot be reached: {reason}")]
pub(crate) struct Unreachable {
    /// Its address.
    pub endpoint: String,
    /// What the connector said.
    pub reason: String,
}

/// Whether a call failed before a connection stood, so that nothing was sent.
pub(crate) fn never_connected(error: &ConnectorError) -> bool {
    error.is_user()
        || sources(error).any(|it| {
            let refused = it
                .downcast_ref::<std::io::Error>()
                .is_some_and(|it| it.kind() == std::io::ErrorKind::ConnectionRefused);
            refused || it.is::<Unreachable>() || it.to_string().contains("dns error")
        })
}

fn sources<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |it: &&'e (dyn Error + 'static)| Error::source(*it))
}

/// The error and its causes, each once.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in sources(error).map(ToString::to_string) {
        if !parts.iter().any(|known| known.contains(&part)) {
            parts.push(part);
        }
    }
    parts.join(": ")
}

fn request_id(error: &impl ProvideErrorMetadata, raw: &Response) -> Option<String> {
    let meta = error.meta().extra("aws_request_id").map(str::to_owned);
    meta.or_else(|| {
        let headers = ["x-amzn-requestid", "x-amz-request-id"];
        headers.iter().find_map(|name| raw.headers().get(*name)).map(str::to_owned)
    })
}
