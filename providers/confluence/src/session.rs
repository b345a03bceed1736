//! What the operations talk through: the machines, and Confluence under whosever login.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plumb_engine::provider::typed::{Result, TypedClient};
use plumb_engine::value::Value;

use crate::cluster::Cluster;
use crate::fleet::Fleet;
use crate::rest::{Confluence, Login};

/// Longest time until a connection to Confluence is there: a cluster out of reach must not hold up every plan.
const CONNECT: Duration = Duration::from_secs(10);

/// A configured provider, for the clusters of one region.
pub struct Session {
    fleet: Arc<dyn Fleet>,
    http: reqwest::Client,
    login: Login,
    calls: Arc<AtomicU64>,
    regions: Arc<Regions>,
}

/// The sessions of other regions, made once each.
type Regions = Mutex<BTreeMap<String, Arc<Session>>>;

impl Session {
    /// A session with these machines; `login` is that of the provider block.
    ///
    /// # Panics
    /// The system has no source of random numbers.
    pub fn new(fleet: Arc<dyn Fleet>, login: Login) -> Self {
        // Whoever came first has installed one; any will do.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder().user_agent("plumb").connect_timeout(CONNECT);
        let http = http.build().expect("the settings do not contradict");
        Self { fleet, http, login, calls: Arc::default(), regions: Arc::default() }
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

/// The region that an object names.
fn region(object: Option<&Value>) -> Option<&str> {
    object?.get("region")?.as_str()
}

impl TypedClient for Session {
    fn scoped(self: &Arc<Self>, object: Option<&Value>) -> Arc<Self> {
        let Some(region) = region(object) else { return self.clone() };
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = regions.get(region) {
            return known.clone();
        }
        let Some(fleet) = self.fleet.in_region(region) else { return self.clone() };
        let (http, login, calls) = (self.http.clone(), self.login.clone(), self.calls.clone());
        let other = Arc::new(Self { fleet, http, login, calls, regions: Arc::default() });
        regions.insert(region.to_owned(), other.clone());
        other
    }

    fn scope(&self, object: Option<&Value>) -> String {
        region(object).unwrap_or_default().to_owned()
    }

    fn calls(&self) -> u64 {
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let others: u64 = regions.values().map(|it| it.fleet.calls()).sum();
        self.calls.load(Ordering::Relaxed) + self.fleet.calls() + others
    }

    fn waiting(&self) -> Option<String> {
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        self.fleet.waiting().or_else(|| regions.values().find_map(|it| it.fleet.waiting()))
    }
}
