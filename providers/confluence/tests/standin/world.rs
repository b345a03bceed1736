//! A cluster of Confluence nodes that stands in for the real one: the state machine of rolling upgrades, nodes that
//! serve, and a record of everything that must never happen.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use plumb_provider_confluence::fleet::memory::Machines;
use serde_json::{Value, json};

use super::http::{Answer, Request, Server};

/// How a machine goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It stays in STARTING.
    Hangs,
    /// It goes to ERROR.
    Errors,
    /// It comes up with another version than its template says.
    WrongVersion(&'static str),
}

/// The stand-in.
pub struct World {
    state: Mutex<State>,
    /// Requests on their way, by the id of the machine.
    requests: Mutex<BTreeMap<String, usize>>,
    /// Where the calls of rolling upgrades are.
    pub zdu: &'static str,
}

pub struct State {
    nodes: BTreeMap<String, Node>,
    mode: bool,
    original: String,
    /// Version of the data: what the upgrade tasks have made of them.
    pub data: String,
    /// Version by version of the launch template.
    pub versions: BTreeMap<String, String>,
    /// What goes wrong with which machine, by its id.
    pub faults: BTreeMap<String, Fault>,
    /// How often finalizing fails.
    pub failing_tasks: u32,
    /// Whether the setup wizard waits for a person.
    pub first_run: bool,
    /// What must never happen.
    pub violations: Vec<String>,
}

struct Node {
    version: String,
    state: &'static str,
    /// Looks until the state changes by itself.
    looks: u32,
    server: Option<Server>,
    address: IpAddr,
    synchrony: bool,
}

impl World {
    /// No nodes, with data of a version.
    pub fn new(data: &str, versions: &[(&str, &str)], zdu: &'static str) -> Arc<Self> {
        let versions = versions.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let state = State {
            nodes: BTreeMap::new(),
            mode: false,
            original: String::new(),
            data: data.to_owned(),
            versions,
            faults: BTreeMap::new(),
            failing_tasks: 0,
            first_run: false,
            violations: Vec::new(),
        };
        Arc::new(Self { state: Mutex::new(state), requests: Mutex::default(), zdu })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request goes to a machine.
    pub fn enter(&self, id: &str) {
        *self.requests.lock().unwrap().entry(id.to_owned()).or_default() += 1;
    }

    /// It was answered.
    pub fn leave(&self, id: &str) {
        *self.requests.lock().unwrap().get_mut(id).unwrap() -= 1;
    }

    /// Versions that nodes run which are not offline.
    pub fn running(&self) -> Vec<String> {
        let state = self.state();
        let mut all: Vec<String> = state.alive().map(|it| it.version.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Address of the server of a machine.
    pub fn server(&self, id: &str) -> Option<SocketAddr> {
        self.state().nodes.get(id)?.server.as_ref().map(|it| it.address)
    }

    /// A machine starts: the node on it begins to load. Synchrony has no node of the cluster.
    pub fn boot(&self, id: &str, version: &str, (address, synchrony): (IpAddr, bool), server: Option<Server>) {
        let mut state = self.state();
        if !synchrony {
            state.judge(version);
        }
        let node = Node { version: version.to_owned(), state: "STARTING", looks: 3, server, address, synchrony };
        state.nodes.insert(id.to_owned(), node);
    }

    /// A machine is shut down: the node on it stops gracefully.
    pub fn halt(&self, id: &str) {
        if let Some(node) = self.state().nodes.get_mut(id) {
            (node.state, node.looks, node.server) = ("TERMINATING", 2, None);
        }
    }

    /// A machine is removed. In upgrade mode its node stays in the cluster as one that is offline.
    pub fn forget(&self, id: &str) {
        let mut state = self.state();
        let mode = state.mode;
        if let Some(node) = state.nodes.get_mut(id) {
            (node.state, node.looks, node.server) = ("OFFLINE", 0, None);
        }
        if !mode {
            state.nodes.remove(id);
        }
    }

    /// The node on a machine goes to ERROR.
    pub fn spoil(&self, id: &str) {
        if let Some(node) = self.state().nodes.get_mut(id) {
            (node.state, node.looks) = ("ERROR", 0);
        }
    }

    /// Whether the node on a machine answers health checks.
    pub fn is_up(&self, id: &str) -> bool {
        let mut state = self.state();
        state.look();
        // Synchrony only gets healthy when the wizard is done, and then at once.
        let serves = ["ACTIVE", "RUNNING_FINALIZE_UPGRADE_TASKS", "UPGRADE_TASKS_FAILED"];
        let healthy = |it: &Node| if it.synchrony { !state.first_run } else { serves.contains(&it.state) };
        state.nodes.get(id).is_some_and(healthy)
    }

    /// The answer of the node on a machine.
    pub fn handle(&self, id: &str, request: &Request) -> Answer {
        let refuse = |text: &str| (409, json!({ "message": text }).to_string());
        let path = request.path.as_str();
        if path == "/page" {
            std::thread::sleep(Duration::from_millis(8));
            // A node that is stopped cuts off what it has not answered.
            let cut = self.server(id).is_none();
            return if cut { (500, "cut off".into()) } else { (200, "page".into()) };
        }
        let mut state = self.state();
        state.look();
        match path {
            "/status" => return state.status(id),
            _ if state.first_run => return (200, "<html>Set up Confluence</html>".into()),
            "/rest/applinks/1.0/manifest" => {
                let version = state.nodes.get(id).map(|it| it.version.clone()).unwrap_or_default();
                return (200, format!("<manifest><version>{version}</version></manifest>"));
            }
            _ => {}
        }
        if request.authorization.as_deref() != Some("Bearer token") {
            return (401, "Client must be authenticated".into());
        }
        if path == "/rest/zdu/cluster" {
            return (200, state.overview().to_string());
        }
        let Some(verb) = path.strip_prefix(self.zdu).map(|it| it.trim_start_matches('/').to_owned()) else {
            return (404, String::new());
        };
        let cluster = state.cluster();
        match (request.method.as_str(), verb.as_str()) {
            ("GET", "state") => (200, json!({ "state": cluster }).to_string()),
            ("POST", "start") if cluster == "STABLE" && !state.alive().any(|it| it.state == "ERROR") => {
                state.mode = true;
                state.original = state.data.clone();
                (200, state.overview().to_string())
            }
            ("POST", "cancel") if cluster == "READY_TO_UPGRADE" => {
                state.turn_off();
                (200, state.overview().to_string())
            }
            ("POST", "approve") if cluster == "READY_TO_RUN_UPGRADE_TASKS" => {
                let version = state.alive().next().map(|it| it.version.clone()).unwrap_or_default();
                state.turn_off();
                state.data = version;
                state.finalize();
                (200, state.overview().to_string())
            }
            ("POST", "retryUpgrade") if cluster == "UPGRADE_TASKS_FAILED" => {
                state.finalize();
                (200, state.overview().to_string())
            }
            ("POST", _) => refuse(&format!("{verb} is not possible in {cluster}")),
            _ => (404, String::new()),
        }
    }
}

impl State {
    fn alive(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().filter(|it| it.state != "OFFLINE" && !it.synchrony)
    }

    fn cluster(&self) -> &'static str {
        let any = |state: &str| self.alive().any(|it| it.state == state);
        if any("RUNNING_FINALIZE_UPGRADE_TASKS") {
            return "RUNNING_UPGRADE_TASKS";
        }
        if !self.mode {
            let odd = if any("ERROR") { "MIXED" } else { "STABLE" };
            return if any("UPGRADE_TASKS_FAILED") { "UPGRADE_TASKS_FAILED" } else { odd };
        }
        let mut versions: Vec<&str> = self.alive().map(|it| it.version.as_str()).collect();
        versions.sort_unstable();
        versions.dedup();
        match versions.as_slice() {
            _ if any("ERROR") => "MIXED",
            [one] if *one == self.original => "READY_TO_UPGRADE",
            [_] => "READY_TO_RUN_UPGRADE_TASKS",
            _ => "MIXED",
        }
    }

    fn overview(&self) -> Value {
        let nodes: Vec<Value> = self
            .nodes
            .iter()
            .filter(|(_, it)| !it.synchrony)
            .map(|(id, it)| {
                let failed = it.state == "UPGRADE_TASKS_FAILED";
                let finalization = json!({ "errors": [{ "exceptionMessage": "the index is locked", "errors": [] }] });
                json!({
                    "id": format!("node-{id}"), "ipAddress": it.address.to_string(), "state": it.state,
                    "version": it.version, "tasksTotal": 1, "finalization": failed.then_some(finalization),
                })
            })
            .collect();
        json!({ "state": self.cluster(), "upgradeModeEnabled": self.mode, "originalVersion": self.original, "nodes": nodes })
    }

    /// Nodes that are offline when upgrade mode is turned off leave the cluster.
    fn turn_off(&mut self) {
        self.mode = false;
        self.original.clear();
        self.nodes.retain(|_, it| it.state != "OFFLINE");
    }

    fn finalize(&mut self) {
        for node in self.nodes.values_mut().filter(|it| it.state != "OFFLINE" && !it.synchrony) {
            (node.state, node.looks) = ("RUNNING_FINALIZE_UPGRADE_TASKS", 2);
        }
    }

    fn status(&self, id: &str) -> Answer {
        let word = match self.nodes.get(id).map_or("OFFLINE", |it| it.state) {
            "ACTIVE" if self.first_run => "FIRST_RUN",
            "ACTIVE" => "RUNNING",
            "STARTING" => "STARTING",
            "ERROR" => "ERROR",
            _ => "RUNNING",
        };
        let status = if matches!(word, "RUNNING" | "FIRST_RUN") { 200 } else { 503 };
        (status, json!({ "state": word }).to_string())
    }

    /// Time passes with every look: nodes go on by themselves.
    fn look(&mut self) {
        let failing = self.failing_tasks > 0;
        let (mut done, mut failed) = (None, false);
        let hanging: Vec<String> =
            self.faults.iter().filter(|(_, it)| **it == Fault::Hangs).map(|(id, _)| id.clone()).collect();
        for (id, node) in self.nodes.iter_mut().filter(|(_, it)| it.looks > 0) {
            if hanging.contains(id) {
                continue;
            }
            node.looks -= 1;
            if node.looks > 0 {
                continue;
            }
            match node.state {
                "STARTING" if self.faults.get(id) == Some(&Fault::Errors) => node.state = "ERROR",
                "STARTING" => {
                    node.state = "ACTIVE";
                    done = Some(node.version.clone());
                }
                "RUNNING_FINALIZE_UPGRADE_TASKS" if failing => {
                    node.state = "UPGRADE_TASKS_FAILED";
                    failed = true;
                }
                "RUNNING_FINALIZE_UPGRADE_TASKS" => node.state = "ACTIVE",
                "TERMINATING" => node.state = "OFFLINE",
                _ => {}
            }
        }
        if failed {
            self.failing_tasks -= 1;
        }
        // Outside of upgrade mode, the first node of a new version runs the upgrade tasks while it starts.
        if let Some(version) = done.filter(|it| !self.mode && *it > self.data) {
            self.data = version;
        }
    }

    /// What must hold whenever a node starts.
    fn judge(&mut self, version: &str) {
        let others: Vec<&Node> = self.alive().collect();
        let mut wrong = Vec::new();
        if version < self.data.as_str() {
            wrong.push(format!("a node of {version} starts on data of {}", self.data));
        }
        if !self.mode && others.iter().any(|it| it.version != version) {
            wrong.push(format!("a node of {version} starts beside nodes of another version outside of upgrade mode"));
        }
        if !self.mode && version > self.data.as_str() && !others.is_empty() {
            wrong.push("a second node starts before the upgrade tasks are done".to_owned());
        }
        self.violations.extend(wrong);
    }
}

/// The machines of a world.
pub struct Hosts(pub Arc<World>);

impl Machines for Hosts {
    fn started(&self, group: &str, id: &str, template_version: &str) -> String {
        let number: u16 = id.trim_start_matches("i-").parse().unwrap();
        let address = IpAddr::V4(Ipv4Addr::new(127, 77, (number >> 8) as u8, (number & 255) as u8));
        let synchrony = group == "synchrony";
        let state = self.0.state();
        let version = match state.faults.get(id) {
            Some(Fault::WrongVersion(version)) => (*version).to_owned(),
            _ => state.versions.get(template_version).cloned().unwrap_or_default(),
        };
        drop(state);
        let (world, own): (Weak<World>, String) = (Arc::downgrade(&self.0), id.to_owned());
        let server = (!synchrony).then(|| {
            Server::start(address, move |request| match world.upgrade() {
                Some(world) => world.handle(&own, &request),
                None => (503, String::new()),
            })
        });
        self.0.boot(id, &version, (address, synchrony), server);
        address.to_string()
    }

    fn stopped(&self, id: &str) {
        self.0.halt(id);
    }

    fn removed(&self, id: &str) {
        self.0.forget(id);
    }

    fn is_healthy(&self, id: &str) -> bool {
        self.0.is_up(id)
    }

    fn is_busy(&self, id: &str) -> bool {
        self.0.requests.lock().unwrap().get(id).is_some_and(|it| *it > 0)
    }
}
