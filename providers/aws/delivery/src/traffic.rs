//! The calls of a client: counts them, and gives up early where nothing listens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
    InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::ErrorKind;

use crate::error::{Unreachable, chain, never_connected};
use crate::way::{AnswerLost, Meaning};

/// Attempts without a connection, one after the other, after which no call is repeated: an endpoint that is wrong or
/// down is reported within seconds, though throttled calls are repeated for minutes.
const REFUSED_LIMIT: u32 = 4;

/// Pause before a call is repeated that names an object too early.
const PAUSE_TOO_EARLY: Duration = Duration::from_millis(1500);
/// Pause before a call is repeated with other credentials; the wait for them is where they come from.
const PAUSE_EXPIRED: Duration = Duration::from_millis(200);

/// What was sent so far, shared by all service clients of a connection.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    sent: AtomicU64,
    refused: AtomicU32,
    operations: Mutex<BTreeMap<String, u64>>,
}

impl Traffic {
    /// Requests sent so far, every attempt counted.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Requests sent so far by `Service:Operation`.
    pub fn operations(&self) -> BTreeMap<String, u64> {
        self.0.operations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Traffic {
    fn name(&self) -> &'static str {
        "plumb traffic"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let address = context.request().uri();
        let path = address.find("://").and_then(|at| address[at + 3..].find('/').map(|end| at + 3 + end));
        let endpoint = address[..path.unwrap_or(address.len())].to_owned();
        config.interceptor_state().store_put(Endpoint(endpoint));
        self.0.sent.fetch_add(1, Ordering::Relaxed);
        let metadata = config.load::<Metadata>();
        let operation = metadata.map(|it| format!("{}:{}", it.service(), it.name())).unwrap_or_default();
        tracing::debug!(operation, "AWS request");
        *self.0.operations.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        _context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.refused.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// The SDK does not say which endpoint could not be reached.
    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Err(error)) = context.output_or_error_mut() else { return Ok(()) };
        let reason = error.as_connector_error().filter(|it| never_connected(it)).map(|it| chain(it));
        if let (Some(reason), Some(Endpoint(endpoint))) = (reason, config.load::<Endpoint>()) {
            let unreachable = Unreachable { endpoint: endpoint.clone(), reason };
            *error = OrchestratorError::connector(ConnectorError::io(unreachable.into()));
        }
        Ok(())
    }
}

/// Where a call was sent.
#[derive(Clone, Debug)]
struct Endpoint(String);

impl Storable for Endpoint {
    type Storer = StoreReplace<Self>;
}

fn again(pause: Duration) -> RetryAction {
    let reason = RetryReason::RetryableError { kind: ErrorKind::TransientError, retry_after: Some(pause) };
    RetryAction::RetryIndicated(reason)
}

fn is_lost(error: &ConnectorError) -> bool {
    std::iter::successors(std::error::Error::source(error), |it| it.source()).any(|it| it.is::<AnswerLost>())
}

impl ClassifyRetry for Traffic {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if let Some(meaning) = context.response().and_then(Meaning::of) {
            return match meaning {
                Meaning::Lost => RetryAction::RetryForbidden,
                Meaning::TooEarly => again(PAUSE_TOO_EARLY),
                Meaning::Expired => again(PAUSE_EXPIRED),
            };
        }
        let error = context.output_or_error().and_then(Result::err).and_then(|it| it.as_connector_error());
        if error.is_some_and(is_lost) {
            return RetryAction::RetryForbidden;
        }
        if !error.is_some_and(never_connected) {
            return RetryAction::NoActionIndicated;
        }
        if self.0.refused.fetch_add(1, Ordering::Relaxed) + 1 >= REFUSED_LIMIT {
            return RetryAction::RetryForbidden;
        }
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "plumb unreachable endpoint"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
