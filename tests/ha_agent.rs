//! Agents of a failover group as processes: killed, stopped and told to move, with the emulator as AWS and arbiter.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::Value as Json;

use super::emulator;
use super::space::{Space, root};

/// Nothing takes as long as this, on a machine however busy.
const LIMIT: Duration = Duration::from_secs(180);
const SERVERS: [&str; 2] = ["server1", "server2"];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("ha_agent::survivors_take_over", survivors_take_over),
        Trial::test("ha_agent::people_move_and_stop", people_move_and_stop),
    ]
}

/// A cluster that was applied on the emulator, with a folder per server for what is active there.
struct Stage {
    space: Space,
    port: u16,
    agents: [Option<Child>; 2],
}

impl Drop for Stage {
    fn drop(&mut self) {
        for child in self.agents.iter_mut().flatten() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Stage {
    fn new(host: u8, region: &str) -> Result<Self, Failed> {
        let mut space = emulator::space(region)?;
        space.copy(&root().join("tests/suite/ha_agent"), ".");
        let partition = third_party()?;
        let variables = [("TF_VAR_host", host.to_string()), ("TF_VAR_partition_port", partition.to_string())];
        for (name, value) in variables {
            space.env(name, &value);
        }
        for server in SERVERS {
            std::fs::create_dir(space.path().join(server))?;
        }
        space.plumb(&["init", "-no-color"]).expect(0)?;
        space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?;
        let port = UdpSocket::bind(("127.0.0.1", 0))?.local_addr()?.port();
        Ok(Self { space, port, agents: [None, None] })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.space.path().join(name)
    }

    /// A command in the environment of a server: its folder of agents and its journal.
    fn on(&self, at: usize) -> Command {
        let mut command = self.space.command();
        let server = SERVERS[at];
        command
            .env("PLUMB_HA_RUN_DIR", self.path(&format!("run-{server}")))
            .env("PLUMB_HA_JOURNAL", self.path(&format!("{server}.journal")))
            .env("BASE", self.space.path())
            .env("ME", server);
        command
    }

    fn start(&mut self, at: usize) -> Result<(), Failed> {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.path(&format!("{}.log", SERVERS[at])))?;
        let mut command = self.on(at);
        command.args(["ha", "agent", "-server", SERVERS[at], "-metrics", "off", "-port", &self.port.to_string()]);
        command.arg("-address-program").arg(self.path("holder")).args(["-power-program", "true"]);
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        self.agents[at] = Some(child);
        Ok(())
    }

    fn signal(&self, at: usize, signal: &str) -> Result<(), Failed> {
        let Some(child) = &self.agents[at] else { return Err("no agent runs there".into()) };
        Command::new("kill").args([signal, &child.id().to_string()]).status()?;
        Ok(())
    }

    /// Waits for the end of an agent.
    fn ended(&mut self, at: usize) -> Result<(), Failed> {
        self.until("the agent ends", |stage| {
            let child = stage.agents[at].as_mut();
            Ok(child.map_or(Ok(None), Child::try_wait)?.is_some())
        })?;
        self.agents[at] = None;
        Ok(())
    }

    /// What is active on a server.
    fn has(&self, at: usize) -> Vec<String> {
        let read = std::fs::read_dir(self.path(SERVERS[at])).into_iter().flatten();
        let mut all: Vec<String> =
            read.filter_map(|it| Some(it.ok()?.file_name().to_string_lossy().into_owned())).collect();
        all.sort();
        all
    }

    fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> Result<bool, Failed>) -> Result<(), Failed> {
        let since = Instant::now();
        while !is_so(self)? {
            if since.elapsed() > LIMIT {
                return Err(format!("it never came to this: {what}\n{}", self.logs()).into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        let both = std::fs::read_to_string(self.path("both")).unwrap_or_default();
        if both.is_empty() { Ok(()) } else { Err(format!("two servers at once: {both}\n{}", self.logs()).into()) }
    }

    /// Waits until a server has all of the group, the other nothing, and AWS, lease and journal say so, too.
    fn settled(&mut self, at: usize) -> Result<(), Failed> {
        let what = format!("{} has the group", SERVERS[at]);
        self.until(&what, |stage| Ok(stage.has(at) == ["10.1.0.20", "app"] && stage.has(1 - at).is_empty()))?;
        self.until(&format!("{what}, as AWS, lease and journal have it"), |stage| {
            let output = stage.on(at).args(["ha", "status", "-json"]).stdin(Stdio::null()).output()?;
            let all: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let (it, server) = (&all[0], SERVERS[at]);
            Ok(it["verdict"]["is"] == "active"
                && it["verdict"]["server"] == server
                && it["lease"]["holder"] == server
                && it["recorded"]["server"] == server
                && it["resources"][1]["holding"]["server"] == server
                && it["agent"]["server"] == server
                && it["agent"]["group"]["state"] == "active"
                && it["agent"]["group"]["resources"]["app"] == "active")
        })
    }

    fn logs(&self) -> String {
        let log = |it: &str| std::fs::read_to_string(self.path(&format!("{it}.log"))).unwrap_or_default();
        SERVERS.map(|it| format!("--- {it}\n{}", log(it))).concat()
    }

    fn asked(&self, at: usize, args: &[&str]) -> Result<(), Failed> {
        let output = self.on(at).arg("ha").args(args).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("plumb ha {}: {said}\n{}", args.join(" "), self.logs()).into())
    }
}

/// Killed, stopped for long, stopped for a moment: the other server takes over, or need not.
fn survivors_take_over() -> Result<(), Failed> {
    let mut stage = Stage::new(81, "eu-west-3")?;
    stage.start(0)?;
    stage.settled(0)?;
    stage.start(1)?;

    // The guard gives up what a killed agent leaves behind.
    stage.signal(0, "-KILL")?;
    stage.ended(0)?;
    stage.settled(1)?;
    stage.start(0)?;

    // A process that stands still is ended by its guard before its lease ends, so there is nothing to go on.
    stage.signal(1, "-STOP")?;
    stage.settled(0)?;
    stage.signal(1, "-CONT")?;
    stage.ended(1)?;
    stage.start(1)?;
    stage.settled(0)?;

    stage.signal(0, "-STOP")?;
    std::thread::sleep(Duration::from_millis(500));
    stage.signal(0, "-CONT")?;
    stage.settled(0)
}

/// Moves and stops go through the agent of the server; an agent that is told to end leaves the group to the other.
fn people_move_and_stop() -> Result<(), Failed> {
    let mut stage = Stage::new(82, "sa-east-1")?;
    stage.start(0)?;
    stage.start(1)?;
    stage.settled(0)?;
    // It is heard by then, or the move is refused.
    stage.until("the other server is heard", |stage| Ok(stage.asked(0, &["move", "failover1"]).is_ok()))?;
    stage.settled(1)?;
    if stage.asked(0, &["stop", "failover1"]).is_ok() {
        return Err("a server stopped a group that another has".into());
    }
    stage.signal(1, "-TERM")?;
    stage.ended(1)?;
    stage.settled(0)?;
    stage.asked(0, &["stop", "failover1"])?;
    stage.until("nobody has anything", |stage| Ok(stage.has(0).is_empty() && stage.has(1).is_empty()))?;
    stage.asked(0, &["start", "failover1"])?;
    stage.settled(0)
}

/// A host that answers to every request with 200, for as long as the tests run.
fn third_party() -> Result<u16, Failed> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream).ok();
        }
    });
    Ok(port)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut request = [0; 4096];
    let _ = stream.read(&mut request)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
