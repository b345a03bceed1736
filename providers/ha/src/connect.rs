//! From the description of a cluster to what it is worked with: AWS of its region, its arbiter, the journal of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};

use crate::arbiter::Arbiter;
use crate::arbiter::postgres::Postgres;
use crate::cloud::Cloud;
#[cfg(feature = "aws")]
use crate::cloud::{
    aws::Aws,
    patient::{Patience, Patient},
};
use crate::group::{self, Cluster, Group};

/// Environment variable that names the journal.
pub const JOURNAL_VARIABLE: &str = "PLUMB_HA_JOURNAL";
/// The journal where nothing names another, beside the configuration.
pub const JOURNAL: &str = "plumb-ha.journal";

/// Environment variable that names the folder of agents on a machine.
pub const RUN_DIR_VARIABLE: &str = "PLUMB_HA_RUN_DIR";
/// That folder where nothing names another.
pub const RUN_DIR: &str = "/run/plumb-ha";

/// The socket of a cluster's agent in the folder of agents.
pub fn socket_path(run_dir: &Path, cluster: &str) -> PathBuf {
    run_dir.join(format!("{cluster}.sock"))
}

/// The journal that a value of [`JOURNAL_VARIABLE`] names, or else the one beside the configuration.
pub fn journal_path(named: Option<&str>) -> PathBuf {
    PathBuf::from(named.filter(|it| !it.is_empty()).unwrap_or(JOURNAL))
}

/// AWS in the region of a cluster.
///
/// # Errors
/// There is no region, there are no credentials, or this build cannot talk to AWS.
pub async fn cloud(cluster: &Cluster) -> Result<Arc<dyn Cloud>, Diagnostics> {
    crate::provider::clouds().connect(cluster.region.as_deref()).await
}

/// AWS in the region of a cluster, connected to once for all of its groups.
#[cfg(feature = "aws")]
pub struct Region(Aws);

#[cfg(feature = "aws")]
impl Region {
    /// Connects.
    ///
    /// # Errors
    /// As [`cloud`].
    pub async fn of(cluster: &Cluster) -> Result<Self, Diagnostics> {
        Aws::connect(cluster.region.as_deref()).await.map(Self)
    }

    /// For a group: each call has the time that the group's settings give it.
    pub fn within(&self, group: &Group) -> Arc<dyn Cloud> {
        Arc::new(Patient::new(self.0.clone(), Patience::within(group.call_timeout)))
    }
}

/// AWS in the region of a cluster, to which this build cannot connect.
#[cfg(not(feature = "aws"))]
pub enum Region {}

#[cfg(not(feature = "aws"))]
impl Region {
    /// Says that this build cannot talk to AWS.
    ///
    /// # Errors
    /// Always.
    pub async fn of(_cluster: &Cluster) -> Result<Self, Diagnostics> {
        Err(crate::provider::NoClouds::refusal())
    }

    /// For a group.
    pub fn within(&self, _group: &Group) -> Arc<dyn Cloud> {
        match *self {}
    }
}

/// The arbiter of a cluster; `None` when it has none. `password` is for a database whose connection string has none.
///
/// # Errors
/// It cannot be reached by what the description says of it.
pub async fn arbiter(cluster: &Cluster, password: Option<&str>) -> Result<Option<Arc<dyn Arbiter>>, Diagnostics> {
    match &cluster.arbiter {
        group::Arbiter::None => Ok(None),
        group::Arbiter::Postgres { connection, .. } => {
            let arbiter = Postgres::new(connection, password).map_err(|reason| {
                let detail = format!("The connection to PostgreSQL of the cluster {} is none: {reason}.", cluster.name);
                Diagnostics::from(Diagnostic::error("Arbiter not reachable", detail))
            })?;
            Ok(Some(Arc::new(arbiter)))
        }
        other => on_aws(cluster, other).await.map(Some),
    }
}

#[cfg(feature = "aws")]
async fn on_aws(cluster: &Cluster, arbiter: &group::Arbiter) -> Result<Arc<dyn Arbiter>, Diagnostics> {
    let connection = crate::cloud::aws::connection(cluster.region.as_deref()).await?;
    let made: Arc<dyn Arbiter> = match arbiter {
        group::Arbiter::S3 { bucket, prefix, .. } => Arc::new(crate::arbiter::s3::leases(&connection, bucket, prefix)),
        group::Arbiter::DynamoDb { table, .. } => Arc::new(crate::arbiter::dynamodb::leases(&connection, table)),
        group::Arbiter::None | group::Arbiter::Postgres { .. } => {
            return Err(Diagnostic::error("Arbiter not reachable", "It is not on AWS.").into());
        }
    };
    Ok(made)
}

#[cfg(not(feature = "aws"))]
async fn on_aws(cluster: &Cluster, _arbiter: &group::Arbiter) -> Result<Arc<dyn Arbiter>, Diagnostics> {
    let detail = format!(
        "The arbiter of the cluster {} is on AWS, and this build of plumb cannot talk to AWS: it checks and plans \
         configurations only.",
        cluster.name
    );
    Err(Diagnostic::error("AWS is not part of this build", detail).into())
}
