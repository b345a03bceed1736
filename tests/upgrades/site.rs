//! A site on the emulator: the emulator keeps groups, machines and targets, the stand-in plays the nodes on them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use super::cloud::{Cloud, Machine};
use super::http::{Answer, Request, Server};
use super::world::{Fault, World};
use crate::faults::account_space;
use crate::space::{Run, Space, root};

/// The groups of the module's default name, and the target group of the first.
const GROUPS: [&str; 2] = ["confluence-confluence", "confluence-synchrony"];
const TARGETS: &str = "confluence-confluence";

/// How often the stand-in looks at the machines besides whenever it is asked something.
const LOOK: Duration = Duration::from_millis(200);

/// A site with the directory that it is applied from.
pub struct Site {
    pub space: Space,
    pub standin: Arc<Standin>,
    /// Serves the site's address until it is dropped.
    _server: Server,
    follower: Option<JoinHandle<()>>,
}

/// What plays the nodes.
pub struct Standin {
    pub cloud: Cloud,
    pub world: Arc<World>,
    /// Machines that nodes are played on, and whether they were shut down.
    known: Mutex<BTreeMap<String, bool>>,
    /// Whether nodes on new machines hang while they load.
    pub hangs: AtomicBool,
    over: AtomicBool,
}

impl Site {
    /// A site in an account of its own, not applied yet; `variables` are those of every run.
    pub fn new(account: &str, variables: &[(&str, &str)]) -> Result<Self, Failed> {
        let (mut space, upstream) = account_space(account)?;
        space.copy(&root().join("tests/suite/upgrades/site"), "site");
        let cloud = Cloud::new(&upstream, space.environment());
        cloud.ask(("ec2", "2016-11-15"), &[("Action", "CreateKeyPair"), ("KeyName", "operations")]);
        let world = World::new("9.2.1", &[], "/rest/zdu");
        let known = Mutex::default();
        let (hangs, over) = (AtomicBool::new(false), AtomicBool::new(false));
        let standin = Arc::new(Standin { cloud, world, known, hangs, over });
        let nodes = standin.clone();
        let server = Server::start(IpAddr::V4(Ipv4Addr::LOCALHOST), move |request| nodes.answer(&request));
        let nodes = standin.clone();
        let follower = std::thread::spawn(move || {
            while !nodes.over.load(Ordering::SeqCst) {
                nodes.follow();
                std::thread::sleep(LOOK);
            }
        });
        space.env("TF_VAR_base_url", &format!("http://{}", server.address)).env("NO_COLOR", "1");
        for (name, value) in variables {
            space.env(&format!("TF_VAR_{name}"), value);
        }
        let site = Self { space, standin, _server: server, follower: Some(follower) };
        site.run(&["init"]).expect(0)?;
        Ok(site)
    }

    /// Runs plumb on the site.
    pub fn run(&self, args: &[&str]) -> Run {
        self.space.plumb(&[&["-chdir=site"], args].concat())
    }

    /// Runs plumb after one that died: the lock that it has left is taken from it first.
    pub fn run_after_death(&self, args: &[&str]) -> Run {
        let run = self.run(args);
        let text = run.text();
        let Some((_, rest)) = text.split_once("plumb force-unlock ") else { return run };
        let id = rest.split_whitespace().next().unwrap_or_default().trim_end_matches(['.', '"', '`', ',']);
        self.run(&["force-unlock", "-force", id]);
        self.run(args)
    }

    /// Starts an apply, waits until `reached`, and ends the apply as a crash would.
    pub fn apply_until(&self, reached: impl Fn(&Standin) -> bool) -> Result<(), Failed> {
        let mut command = self.space.command();
        let child = command.args(["-chdir=site", "apply", "-auto-approve"]).stdin(std::process::Stdio::null());
        let mut child = child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn()?;
        let since = Instant::now();
        let mut found = Ok(());
        while !reached(&self.standin) {
            if child.try_wait()?.is_some() || since.elapsed() > Duration::from_secs(120) {
                found = Err(Failed::from("the apply ended, or two minutes passed, before it got there"));
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill()?;
        child.wait()?;
        found
    }

    /// There is nothing to do, and nothing has drifted.
    pub fn nothing_to_do(&self) -> Result<(), Failed> {
        self.run(&["plan", "-detailed-exitcode"]).expect(0)?.has("No changes.")?;
        self.run(&["drift"]).expect(0)?;
        Ok(())
    }

    /// All nodes run a version and none other, in groups of the usual sizes, and nothing happened that must not.
    pub fn runs(&self, version: &str, count: usize) -> Result<(), Failed> {
        self.standin.follow();
        let violations = self.standin.world.state().violations.clone();
        let running = self.standin.world.running();
        let group = self.standin.cloud.group(GROUPS[0])?;
        let sizes = (group.min.as_str(), group.max.as_str(), group.instances.len());
        let max = self.space.environment().get("TF_VAR_cluster_node_max").map_or("3", String::as_str);
        if violations.is_empty() && running == [version] && sizes == ("2", max, count) && group.suspended == 0 {
            return Ok(());
        }
        Err(format!("{violations:?}, {running:?} instead of {version}, sizes {sizes:?}, {} held", group.suspended)
            .into())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.standin.over.store(true, Ordering::SeqCst);
        if let Some(follower) = self.follower.take() {
            // It has nothing to tell.
            drop(follower.join());
        }
    }
}

impl Standin {
    /// Plays what has become of the machines since the last look: those that are gone first.
    pub fn follow(&self) {
        let mut known = self.known.lock().expect("no look panics");
        let mut machines: BTreeMap<String, (Machine, bool)> = BTreeMap::new();
        let Some(all) = self.cloud.machines() else { return };
        for (at, name) in GROUPS.iter().enumerate() {
            let members = self.cloud.group(name).map(|it| it.instances).unwrap_or_default();
            let found = members.into_iter().filter_map(|id| Some((id.clone(), (all.get(&id)?.clone(), at == 1))));
            machines.extend(found);
        }
        let there = |id: &String| machines.get(id).is_some_and(|(it, _)| !it.is_gone());
        let gone: Vec<String> = known.keys().filter(|id| !there(id)).cloned().collect();
        for id in gone {
            known.remove(&id);
            self.world.forget(&id);
        }
        for (id, (machine, synchrony)) in machines.iter().filter(|(_, (it, _))| !it.is_gone()) {
            let halted = machine.state.starts_with("stop");
            match known.get(id) {
                None => {
                    let Some(version) = self.cloud.version(id) else { continue };
                    if self.hangs.load(Ordering::SeqCst) && !synchrony {
                        self.world.state().faults.insert(id.clone(), Fault::Hangs);
                    }
                    self.world.boot(id, &version, (machine.address, *synchrony), None);
                    known.insert(id.clone(), false);
                }
                Some(false) if halted => {
                    self.world.halt(id);
                    known.insert(id.clone(), true);
                }
                Some(_) => {}
            }
        }
    }

    /// Nodes that hang go on.
    pub fn go_on(&self) {
        self.hangs.store(false, Ordering::SeqCst);
        self.world.state().faults.clear();
    }

    /// Ids of the machines of the Confluence group.
    pub fn nodes(&self) -> Vec<String> {
        self.cloud.group(GROUPS[0]).map(|it| it.instances).unwrap_or_default()
    }

    /// The load balancer: a request goes to a target whose node is up, or else to one that is loading.
    fn answer(&self, request: &Request) -> Answer {
        self.follow();
        let targets = self.cloud.targets(TARGETS);
        let known = self.known.lock().expect("no look panics").clone();
        let mut serving = targets.iter().filter(|id| known.get(*id) == Some(&false));
        let up = serving.clone().find(|id| self.world.is_up(id));
        match up.or_else(|| serving.next()) {
            Some(id) => self.world.handle(id, request),
            None => (503, "no healthy target".to_owned()),
        }
    }
}
