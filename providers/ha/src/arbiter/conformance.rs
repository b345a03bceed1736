//! What every arbiter must do, run on those that need no AWS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::leases::{Cell, Cells, Document, Leases};
use super::memory::MemoryArbiter;
use super::postgres::Postgres;
use super::{Arbiter, ArbiterError, Claim, Lease};

const TTL: Duration = Duration::from_millis(600);

fn claim(group: &str, holder: &str) -> Claim {
    Claim { group: group.into(), holder: holder.into(), ttl: TTL, handed_on: None }
}

/// Runs work while a lease is renewed all the time.
async fn renewing<T>(arbiter: &dyn Arbiter, lease: &Lease, work: impl Future<Output = T>) -> T {
    let renewals = async {
        loop {
            arbiter.renew(lease).await.unwrap();
            sleep(TTL / 12).await;
        }
    };
    tokio::select! {
        result = work => result,
        () = renewals => unreachable!("renewals have no end"),
    }
}

async fn conforms(arbiter: &dyn Arbiter) {
    assert_eq!(arbiter.current("db/g").await.unwrap(), None);
    let first = arbiter.acquire(&claim("db/g", "server1")).await.unwrap();
    assert_eq!((first.epoch, first.holder.as_str()), (1, "server1"));

    let refused = renewing(arbiter, &first, arbiter.acquire(&claim("db/g", "server2"))).await;
    assert!(matches!(refused, Err(ArbiterError::Held(it)) if it.holder == "server1"));
    assert_eq!(arbiter.acquire(&claim("db/other", "server2")).await.unwrap().epoch, 1, "groups are apart");

    let again = arbiter.acquire(&claim("db/g", "server1")).await.unwrap();
    assert_eq!(again.epoch, 2, "the same holder's new start is a new epoch");
    assert!(matches!(arbiter.renew(&first).await, Err(ArbiterError::Lost(Some(it))) if it.epoch == 2));

    arbiter.release(&first).await.unwrap();
    arbiter.renew(&again).await.expect("an old holder gives back nothing");
    let at_once = join_all((0..8).map(|_| arbiter.renew(&again))).await;
    assert!(at_once.iter().all(Result::is_ok), "renewals of one holder do not hinder each other: {at_once:?}");
    arbiter.release(&again).await.unwrap();
    let seen = arbiter.current("db/g").await.unwrap().unwrap();
    assert_eq!((seen.epoch, seen.holder.as_str()), (2, "server1"), "who had it last stays known");

    let start = Instant::now();
    let third = arbiter.acquire(&claim("db/g", "server2")).await.unwrap();
    assert!(start.elapsed() < TTL, "what was given back is free at once");
    assert_eq!(third.epoch, 3);

    sleep(TTL + TTL / 4).await;
    let fourth = arbiter.acquire(&claim("db/g", "server1")).await.unwrap();
    assert_eq!(fourth.epoch, 4, "what was not renewed is taken over");
    assert!(matches!(arbiter.renew(&third).await, Err(ArbiterError::Lost(Some(it))) if it.holder == "server1"));
    let handed = Claim { handed_on: Some(4), ..claim("db/g", "server2") };
    let fifth = arbiter.acquire(&handed).await.unwrap();
    assert_eq!((fifth.epoch, fifth.holder.as_str()), (5, "server2"), "who has it can hand it on at once");
    arbiter.release(&fifth).await.unwrap();

    let names: Vec<String> = (0..8).map(|it| format!("racer{it}")).collect();
    // Who loses may watch the winner until his lease ends; that is no race any more.
    let claims: Vec<Claim> = names.iter().map(|name| claim("db/g", name)).collect();
    let race = claims.iter().map(|claim| timeout(TTL / 2, arbiter.acquire(claim)));
    let won: Vec<Lease> = join_all(race).await.into_iter().flatten().flatten().collect();
    assert_eq!(won.len(), 1, "{won:?}");
    assert_eq!(won[0].epoch, 6);
}

/// Documents in memory, some of whose answers are lost.
#[derive(Clone, Default)]
struct MemoryCells {
    cells: Arc<Mutex<BTreeMap<String, Cell>>>,
    writes: Arc<Mutex<u32>>,
}

#[async_trait]
impl Cells for MemoryCells {
    async fn read(&self, group: &str) -> Result<Option<Cell>, String> {
        Ok(self.cells.lock().unwrap().get(group).cloned())
    }

    async fn write(&self, group: &str, document: &Document, expected: Option<&str>) -> Result<bool, String> {
        let mut writes = self.writes.lock().unwrap();
        *writes += 1;
        let mut cells = self.cells.lock().unwrap();
        if cells.get(group).map(|it| it.version.as_str()) != expected {
            return Ok(false);
        }
        let version = format!("v{writes}");
        cells.insert(group.to_owned(), Cell { document: document.clone(), version });
        if writes.is_multiple_of(3) { Err("the answer was lost".to_owned()) } else { Ok(true) }
    }
}

#[tokio::test]
async fn memory() {
    conforms(&MemoryArbiter::default()).await;
}

#[tokio::test]
async fn conditional_writes_with_lost_answers() {
    conforms(&Leases::new(MemoryCells::default())).await;
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a test that does not run should say why")]
async fn postgres() {
    let server = match Server::start() {
        Ok(server) => server,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let arbiter = Postgres::new(&server.connection(), None).unwrap();
    for attempt in 0.. {
        match arbiter.current("none").await {
            Ok(_) => break,
            Err(error) if attempt == 100 => panic!("PostgreSQL does not answer: {error}"),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
    conforms(&arbiter).await;
    drop(server);
    assert!(matches!(arbiter.current("db/g").await, Err(ArbiterError::Unknown(_))), "no answer is no absence");
}

/// A private cluster of PostgreSQL on a free port of the loopback interface.
struct Server {
    child: Child,
    dir: PathBuf,
    port: u16,
}

impl Server {
    fn start() -> Result<Self, String> {
        let binaries = binaries().ok_or("PostgreSQL is not installed (package postgresql)")?;
        let dir = std::env::temp_dir().join(format!("plumb-postgres-{}", uuid::Uuid::new_v4()));
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).map(|it| it.port());
        let port = port.map_err(|error| error.to_string())?;
        std::fs::create_dir(&dir).map_err(|error| error.to_string())?;
        let as_root = is_root();
        if as_root {
            let given = Command::new("chown").arg("postgres").arg(&dir).stderr(Stdio::null()).status();
            if !given.is_ok_and(|it| it.success()) {
                return Err("PostgreSQL does not run as root, and there is no user postgres".to_owned());
            }
        }
        let program = |name: &str| {
            let path = binaries.join(name);
            let mut command = if as_root { Command::new("setpriv") } else { Command::new(&path) };
            if as_root {
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
            }
            command.stdout(Stdio::null()).stderr(Stdio::null()).current_dir(&dir);
            command
        };
        let data = dir.join("data");
        let made = program("initdb").args(["-U", "plumb", "-A", "trust", "-N", "-D"]).arg(&data).status();
        if !made.is_ok_and(|it| it.success()) {
            return Err("initdb failed".to_owned());
        }
        let mut command = program("postgres");
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-F"]);
        command.arg("-k").arg(&dir);
        let child = command.spawn().map_err(|error| error.to_string())?;
        Ok(Self { child, dir, port })
    }

    fn connection(&self) -> String {
        format!("host=127.0.0.1 port={} user=plumb dbname=postgres sslmode=disable", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.dir).ok();
    }
}

fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut known: Vec<PathBuf> = versions.map(|it| it.path().join("bin")).collect();
    known.sort();
    known.reverse();
    known.extend(std::env::var("PATH").unwrap_or_default().split(':').map(PathBuf::from));
    known.into_iter().find(|it: &PathBuf| is_program(&it.join("initdb")) && is_program(&it.join("postgres")))
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|it| it.stdout.trim_ascii() == b"0")
}
