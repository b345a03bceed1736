//! What the operations talk through: the machines, and Confluence under whosever login.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plumb_engine::provider::typed::{Result, TypedClient};

use crate::cluster::Cluster;
use crate::fleet::Fleet;
use crate::rest::{Confluence, Login};

/// A configured provider.
pub struct Session {
    fleet: Arc<dyn Fleet>,
    http: reqwest::Client,
    login: Login,
    calls: Arc<AtomicU64>,
}

impl Session {
    /// A session with these machines; `login` is that of the provider block.
    ///
    /// # Panics
    /// The system has no source of random numbers.
    pub fn new(fleet: Arc<dyn Fleet>, login: Login) -> Self {
        // Whoever came first has installed one; any will do.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder().user_agent("plumb").build().expect("the settings do not contradict");
        Self { fleet, http, login, calls: Arc::default() }
    }

    /// The machines.
    pub fn fleet(&self) -> &dyn Fleet {
        &*self.fleet
    }

    /// The Confluence of a cluster.
    ///
    /// # Errors
    /// The secret with the login cannot be read.
    pub(crate) async fn confluence(&self, cluster: &Cluster) -> Result<Confluence> {
        let login = cluster.login(&*self.fleet, self.login.clone()).await?;
        Ok(Confluence::new(self.http.clone(), &cluster.base_url, login, self.calls.clone()))
    }
}

impl TypedClient for Session {
    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed) + self.fleet.calls()
    }

    fn waiting(&self) -> Option<String> {
        self.fleet.waiting()
    }
}
