//! Leases in a table of PostgreSQL, by the database's clock.

use std::sync::Arc;
use std::time::Duration;

use crate::moment::Moment;
use async_trait::async_trait;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Arbiter, ArbiterError, Claim, Lease};

/// Time for a connection, and for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

const TABLE: &str = "create table if not exists plumb_ha_lease (
    name text primary key,
    holder text not null,
    epoch bigint not null,
    ttl_ms bigint not null,
    expires timestamptz not null)";

/// What is told of a row; times in milliseconds since 1970.
const COLUMNS: &str = "name, holder, epoch, ttl_ms, (extract(epoch from expires) * 1000)::bigint as expires_ms";

/// Leases in a database.
pub struct Postgres {
    config: Config,
    client: Mutex<Option<Client>>,
}

impl Postgres {
    /// Leases in the database of a connection string or URL; connects when it is first asked. The password may come from
    /// `password`, so that it stands in no file.
    ///
    /// # Errors
    /// The connection string is not one, as a clause.
    pub fn new(connection: &str, password: Option<&str>) -> Result<Self, String> {
        let mut config: Config = connection.parse().map_err(|error: tokio_postgres::Error| error.to_string())?;
        if let (Some(password), None) = (password, config.get_password()) {
            config.password(password);
        }
        config.connect_timeout(PATIENCE).application_name("plumb ha");
        Ok(Self { config, client: Mutex::new(None) })
    }

    async fn connect(&self) -> Result<Client, ArbiterError> {
        let (client, connection) = self.config.connect(MakeRustlsConnect::new(tls())).await.map_err(unknown)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "the connection to the arbiter has ended");
            }
        });
        // Two that make the table at once: one of them may be refused, and the table is there.
        if let Err(error) = client.batch_execute(TABLE).await {
            client.batch_execute("select 1 from plumb_ha_lease limit 1").await.map_err(|_| unknown(error))?;
        }
        Ok(client)
    }

    /// The rows of a statement. A connection is kept for the next one when it has answered: one that broke, or that the
    /// caller did not wait for any longer, is made anew.
    async fn rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ArbiterError> {
        let mut held = self.client.lock().await;
        let client = match held.take().filter(|it| !it.is_closed()) {
            Some(client) => client,
            None => within(self.connect()).await?,
        };
        let rows = within(async { client.query(sql, parameters).await.map_err(unknown) }).await?;
        *held = Some(client);
        Ok(rows)
    }
}

async fn within<T>(work: impl Future<Output = Result<T, ArbiterError>>) -> Result<T, ArbiterError> {
    let late = |_| Err(ArbiterError::Unknown(format!("no answer within {} seconds", PATIENCE.as_secs())));
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(late)
}

fn tls() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unknown(error: tokio_postgres::Error) -> ArbiterError {
    let detail = error.as_db_error().map(|it| format!(": {}", it.message())).unwrap_or_default();
    let source = std::error::Error::source(&error).filter(|_| detail.is_empty()).map(|it| format!(": {it}"));
    ArbiterError::Unknown(format!("PostgreSQL: {error}{detail}{}", source.unwrap_or_default()))
}

fn lease(row: &Row) -> Result<Lease, ArbiterError> {
    let wrong = |error: tokio_postgres::Error| ArbiterError::Unknown(error.to_string());
    let expires: i64 = row.try_get("expires_ms").map_err(wrong)?;
    let number = |name: &str| row.try_get::<_, i64>(name).map(|it| u64::try_from(it).unwrap_or_default());
    Ok(Lease {
        group: row.try_get("name").map_err(wrong)?,
        holder: row.try_get("holder").map_err(wrong)?,
        epoch: number("epoch").map_err(wrong)?,
        ttl_ms: number("ttl_ms").map_err(wrong)?,
        expires: Moment::from_milliseconds(expires),
    })
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Arbiter for Postgres {
    async fn acquire(&self, claim: &Claim) -> Result<Lease, ArbiterError> {
        let sql = format!(
            "insert into plumb_ha_lease as l (name, holder, epoch, ttl_ms, expires)
             values ($1, $2, 1, $3, clock_timestamp() + $3::bigint * interval '1 millisecond')
             on conflict (name) do update set holder = excluded.holder, epoch = l.epoch + 1,
               ttl_ms = excluded.ttl_ms, expires = clock_timestamp() + excluded.ttl_ms * interval '1 millisecond'
             where l.holder = excluded.holder or l.epoch = $4 or l.expires <= clock_timestamp()
             returning {COLUMNS}"
        );
        let handed_on = claim.handed_on.and_then(|it| i64::try_from(it).ok());
        let rows = self.rows(&sql, &[&claim.group, &claim.holder, &milliseconds(claim.ttl), &handed_on]).await?;
        if let Some(row) = rows.first() {
            return lease(row);
        }
        match self.current(&claim.group).await? {
            Some(held) => Err(ArbiterError::Held(held)),
            None => Err(ArbiterError::Unknown("the lease was deleted at this moment".to_owned())),
        }
    }

    async fn renew(&self, held: &Lease) -> Result<Lease, ArbiterError> {
        let sql = format!(
            "update plumb_ha_lease set expires = clock_timestamp() + ttl_ms * interval '1 millisecond'
             where name = $1 and epoch = $2 returning {COLUMNS}"
        );
        let epoch = i64::try_from(held.epoch).unwrap_or(i64::MAX);
        match self.rows(&sql, &[&held.group, &epoch]).await?.first() {
            Some(row) => lease(row),
            None => Err(ArbiterError::Lost(self.current(&held.group).await?)),
        }
    }

    async fn release(&self, held: &Lease) -> Result<(), ArbiterError> {
        let epoch = i64::try_from(held.epoch).unwrap_or(i64::MAX);
        let sql = "update plumb_ha_lease set expires = to_timestamp(0), holder = $3 where name = $1 and epoch = $2";
        self.rows(sql, &[&held.group, &epoch, &held.holder]).await.map(|_| ())
    }

    async fn current(&self, group: &str) -> Result<Option<Lease>, ArbiterError> {
        let sql = format!("select {COLUMNS} from plumb_ha_lease where name = $1");
        self.rows(&sql, &[&group]).await?.first().map(lease).transpose()
    }
}
