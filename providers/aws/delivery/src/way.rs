//! The way of a request to AWS: within the rate that it takes, repeated only where that is harmless, with credentials that
//! are renewed while an apply goes on.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use crate::budget::Lane;
use crate::code::{self, is_ambiguous};
use crate::error::never_connected;
use crate::recent::Recent;
use crate::renewal::Renewal;
use crate::repeat;

/// Header that tells the retry classifier what an answer means; it is on no wire.
const MEANING: &str = "x-plumb-meaning";

/// What all requests of one connection share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delivery {
    /// Objects that were made a moment ago.
    pub recent: Recent,
    /// The credentials in use.
    pub renewal: Arc<Renewal>,
}

/// What an answer means beyond what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nobody knows whether the call was done, and it must not be done twice.
    Lost,
    /// It names an object that was made a moment ago and is not known everywhere yet.
    TooEarly,
    /// The credentials have expired and are being renewed.
    Expired,
}

impl Meaning {
    const ALL: [Self; 3] = [Self::Lost, Self::TooEarly, Self::Expired];

    fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::TooEarly => "too-early",
            Self::Expired => "expired",
        }
    }

    pub fn of(response: &HttpResponse) -> Option<Self> {
        let word = response.headers().get(MEANING)?;
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// The answer to a call that must not be repeated did not come.
#[derive(Debug, thiserror::Error)]
#[error("the answer was lost, and the call may have been done")]
pub(crate) struct AnswerLost(#[source] ConnectorError);

/// An HTTP client whose requests go through a delivery.
pub(crate) fn through(delivery: &Delivery, http: SharedHttpClient, limit: Duration) -> SharedHttpClient {
    SharedHttpClient::new(Door { delivery: delivery.clone(), http, limit })
}

#[derive(Debug)]
struct Door {
    delivery: Delivery,
    http: SharedHttpClient,
    /// Longest time for one attempt, from sending to the last byte of the answer.
    limit: Duration,
}

impl HttpClient for Door {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.http.http_connector(settings, components);
        SharedHttpConnector::new(Way { delivery: self.delivery.clone(), connector, limit: self.limit })
    }
}

#[derive(Clone, Debug)]
struct Way {
    delivery: Delivery,
    connector: SharedHttpConnector,
    limit: Duration,
}

impl HttpConnector for Way {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let way = self.clone();
        HttpConnectorFuture::new(async move { way.send(request).await })
    }
}

impl Way {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let lane = Lane::of(&request);
        lane.admitted().await;
        let repeatable = repeat::is_harmless(&request);
        let fresh = self.delivery.recent.is_named_by(&request);
        let attempt = async {
            let mut response = self.connector.call(request).await?;
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?;
            *response.body_mut() = SdkBody::from(body.into_bytes());
            Ok::<_, ConnectorError>(response)
        };
        let answer = tokio::time::timeout(self.limit, attempt).await;
        let answer = answer.unwrap_or_else(|late| Err(ConnectorError::timeout(late.into())));
        match answer {
            Ok(mut response) => {
                let meaning = self.meaning(&response, (repeatable, fresh), &lane);
                if let Some(meaning) = meaning {
                    response.headers_mut().insert(MEANING, meaning.word());
                }
                Ok(response)
            }
            Err(error) if !repeatable && !never_connected(&error) => {
                Err(ConnectorError::other(AnswerLost(error).into(), None))
            }
            Err(error) => Err(error),
        }
    }

    fn meaning(&self, response: &HttpResponse, (repeatable, fresh): (bool, bool), lane: &Lane) -> Option<Meaning> {
        let status = response.status().as_u16();
        if status < 400 {
            lane.taken();
            return None;
        }
        let code = code::of(response);
        let code = code.as_deref();
        if code.is_some_and(code::is_throttling) || status == 429 {
            lane.refused();
            return None;
        }
        lane.taken();
        if code.is_some_and(code::is_expired) && self.delivery.renewal.reject(lane.key()) {
            return Some(Meaning::Expired);
        }
        if fresh && code.is_some_and(code::is_not_found) {
            return Some(Meaning::TooEarly);
        }
        (!repeatable && status >= 500 && is_ambiguous(code)).then_some(Meaning::Lost)
    }
}
