//! The requests, each with a time limit, and what their answers mean.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::{ClusterOverview, ClusterState, RestError, Stage};

/// Longest time for one request: a cluster that is busy answers late, and is asked again.
const LIMIT: Duration = Duration::from_secs(30);

/// Most of an answer that is shown.
const SHOWN: usize = 300;

/// Who asks.
#[derive(Clone, Default)]
pub enum Login {
    /// Nobody: only what anybody may know is answered.
    #[default]
    Nobody,
    /// A personal access token.
    Token(String),
    /// Name and password.
    Password(String, String),
}

impl Login {
    /// Whether somebody asks.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Nobody)
    }
}

/// A Confluence behind its address.
#[derive(Clone)]
pub struct Confluence {
    http: reqwest::Client,
    base: String,
    login: Login,
    calls: Arc<AtomicU64>,
    /// Where the calls of rolling upgrades are: found out once.
    zdu: Arc<OnceCell<&'static str>>,
}

/// The two places that Atlassian documents for the calls of rolling upgrades; the overview is always at the first.
const ZDU: [&str; 2] = ["/rest/zdu", "/rest/zdu/cluster/zdu"];

impl Confluence {
    /// The Confluence at a base URL; `calls` counts the requests.
    pub fn new(http: reqwest::Client, base_url: &str, login: Login, calls: Arc<AtomicU64>) -> Self {
        let base = base_url.trim_end_matches('/').to_owned();
        Self { http, base, login, calls, zdu: Arc::default() }
    }

    /// Whether requests are made in somebody's name.
    pub fn has_login(&self) -> bool {
        self.login.is_given()
    }

    /// How far the application is. A status page answers whatever the state is; only an answer of something else, such
    /// as a balancer without targets, is an error.
    ///
    /// # Errors
    /// Nothing answers, or something that is no status page.
    pub async fn stage(&self, health_path: &str) -> Result<Stage, RestError> {
        #[derive(Deserialize)]
        struct Status {
            state: Stage,
        }
        let (url, status, text) = self.send(Method::GET, health_path).await?;
        match serde_json::from_str::<Status>(&text) {
            Ok(it) => Ok(it.state),
            // A page of the user's own that only says "all is well".
            Err(_) if status.is_success() => Ok(Stage::Running),
            Err(_) => Err(refusal(url, status, &text)),
        }
    }

    /// The version that answers, which anybody may know.
    ///
    /// # Errors
    /// It does not answer, or does not tell.
    pub async fn version(&self) -> Result<String, RestError> {
        let (url, status, text) = self.send(Method::GET, "/rest/applinks/1.0/manifest").await?;
        if !status.is_success() {
            return Err(refusal(url, status, &text));
        }
        let version = text.split_once("<version>").and_then(|(_, rest)| rest.split_once("</version>"));
        match version {
            Some((version, _)) => Ok(version.trim().to_owned()),
            None => Err(RestError::Strange { url, reason: "there is no version in it".into() }),
        }
    }

    /// The cluster with its nodes.
    ///
    /// # Errors
    /// It does not answer, or the login does not suffice.
    pub async fn overview(&self) -> Result<ClusterOverview, RestError> {
        self.read("/rest/zdu/cluster").await
    }

    /// Where the cluster stands in a rolling upgrade.
    ///
    /// # Errors
    /// As for [`Confluence::overview`].
    pub async fn state(&self) -> Result<ClusterState, RestError> {
        #[derive(Deserialize)]
        struct State {
            state: ClusterState,
        }
        let place = self.zdu().await?;
        Ok(self.read::<State>(&format!("{place}/state")).await?.state)
    }

    /// Turns upgrade mode on.
    ///
    /// # Errors
    /// The cluster is not stable, or does not answer.
    pub async fn start_upgrade(&self) -> Result<(), RestError> {
        self.act("start").await
    }

    /// Turns upgrade mode off again, which only goes before the first node is upgraded.
    ///
    /// # Errors
    /// A node was upgraded already, or the cluster does not answer.
    pub async fn cancel_upgrade(&self) -> Result<(), RestError> {
        self.act("cancel").await
    }

    /// Finalizes the upgrade: upgrade tasks are run, and upgrade mode is turned off.
    ///
    /// # Errors
    /// Some node runs the old version, or the cluster does not answer.
    pub async fn approve_upgrade(&self) -> Result<(), RestError> {
        self.act("approve").await
    }

    /// Runs again the upgrade tasks that failed.
    ///
    /// # Errors
    /// None failed, or the cluster does not answer.
    pub async fn retry_upgrade(&self) -> Result<(), RestError> {
        self.act("retryUpgrade").await
    }

    async fn act(&self, verb: &str) -> Result<(), RestError> {
        let place = self.zdu().await?;
        let (url, status, text) = self.send(Method::POST, &format!("{place}/{verb}")).await?;
        if status.is_success() { Ok(()) } else { Err(refusal(url, status, &text)) }
    }

    /// Where the calls of rolling upgrades are.
    async fn zdu(&self) -> Result<&'static str, RestError> {
        let find = || async {
            let (url, status, text) = self.send(Method::GET, &format!("{}/state", ZDU[0])).await?;
            match status {
                StatusCode::NOT_FOUND => Ok(ZDU[1]),
                it if it.is_success() => Ok(ZDU[0]),
                it => Err(refusal(url, it, &text)),
            }
        };
        self.zdu.get_or_try_init(find).await.copied()
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, RestError> {
        let (url, status, text) = self.send(Method::GET, path).await?;
        if !status.is_success() {
            return Err(refusal(url, status, &text));
        }
        serde_json::from_str(&text).map_err(|error| RestError::Strange { url, reason: error.to_string() })
    }

    async fn send(&self, method: Method, path: &str) -> Result<(String, StatusCode, String), RestError> {
        let url = format!("{}{path}", self.base);
        let request = self.http.request(method, &url).timeout(LIMIT).header("Accept", "application/json, */*");
        // Without it, Confluence takes a request that changes something for a forged one.
        let request = request.header("X-Atlassian-Token", "no-check");
        let request = match &self.login {
            Login::Nobody => request,
            Login::Token(token) => request.bearer_auth(token),
            Login::Password(name, password) => request.basic_auth(name, Some(password)),
        };
        self.calls.fetch_add(1, Ordering::Relaxed);
        let failed = |error: reqwest::Error| {
            let url = url.clone();
            if error.is_timeout() {
                RestError::Late { url }
            } else {
                RestError::Unreachable { url, reason: chain(&error) }
            }
        };
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let text = answer.text().await.map_err(failed)?;
        Ok((url, status, text))
    }
}

/// What an answer that is no success means.
fn refusal(url: String, status: StatusCode, text: &str) -> RestError {
    #[derive(Deserialize)]
    struct Told {
        message: String,
    }
    let said = serde_json::from_str::<Told>(text).map(|it| it.message);
    let said = said.unwrap_or_else(|_| text.chars().take(SHOWN).collect::<String>().trim().to_owned());
    match status.as_u16() {
        401 => RestError::Unauthorized { url },
        403 => RestError::Forbidden { url, said },
        404 => RestError::Missing { url },
        status @ 500.. => RestError::Failed { url, status, said },
        status => RestError::Refused { url, status, said },
    }
}

/// An error with what caused it; the address is told by the caller.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |it| it.source());
    causes.last().map_or_else(|| error.to_string(), ToString::to_string)
}
