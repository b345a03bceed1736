//! What an agent tells those who watch it: a log of one JSON object per line, and metrics for Prometheus.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::core::Agent;
use super::driver::Log;
use super::event::Notice;
use super::report::AgentReport;
use crate::moment::Moment;

/// Time for a request.
const LIMIT: Duration = Duration::from_secs(5);
/// Longest request that is read, in bytes.
const LONGEST: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Happened {
    event: String,
    group: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfGroup {
    group: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfMonitor {
    group: String,
    monitor: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfServer {
    server: String,
}

#[derive(Debug, Default)]
struct Gauges {
    active: Family<OfGroup, Gauge>,
    epoch: Family<OfGroup, Gauge>,
    lease: Family<OfGroup, Gauge>,
    errors: Family<OfMonitor, Gauge>,
    heard: Family<OfServer, Gauge>,
    cut_off: Gauge,
}

impl Gauges {
    fn set(&self, report: &AgentReport) {
        let whole = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        self.cut_off.set(i64::from(report.cut_off));
        for (group, it) in &report.groups {
            let of = OfGroup { group: group.clone() };
            self.active.get_or_create(&of).set(i64::from(it.state == "active"));
            self.epoch.get_or_create(&of).set(whole(it.epoch));
            self.lease.get_or_create(&of).set(it.lease_seconds_left.map_or(0, whole));
            for (monitor, it) in &it.monitors {
                let of = OfMonitor { group: group.clone(), monitor: monitor.clone() };
                self.errors.get_or_create(&of).set(it.errors.into());
            }
        }
        for (server, it) in &report.servers {
            let age = it.heard_seconds_ago.map_or(-1, whole);
            self.heard.get_or_create(&OfServer { server: server.clone() }).set(age);
        }
    }
}

/// The log and the metrics of an agent.
pub struct Telemetry {
    sink: Box<dyn Fn(&str) + Send + Sync>,
    events: Family<Happened, Counter>,
    gauges: Gauges,
    registry: Registry,
    report: Mutex<Option<AgentReport>>,
}

impl Telemetry {
    /// A log whose lines go to `sink`.
    pub fn new(sink: Box<dyn Fn(&str) + Send + Sync>) -> Arc<Self> {
        let (events, gauges) = (Family::default(), Gauges::default());
        let mut registry = Registry::with_prefix("plumb_ha");
        registry.register("events", "Lines of the log by event", events.clone());
        registry.register("active", "Whether the group is active on this server", gauges.active.clone());
        registry.register("epoch", "Last epoch under which this server had the group", gauges.epoch.clone());
        registry.register("lease_seconds", "Seconds until the lease ends unless it is renewed", gauges.lease.clone());
        registry.register("monitor_errors", "Errors in a row that the monitor saw", gauges.errors.clone());
        registry.register("heard_seconds", "Seconds since the server was heard; -1 for never", gauges.heard.clone());
        registry.register("cut_off", "Whether this server is cut off", gauges.cut_off.clone());
        Arc::new(Self { sink, events, gauges, registry, report: Mutex::new(None) })
    }

    /// The metrics as Prometheus reads them.
    pub fn text(&self) -> String {
        if let Some(report) = &*self.report.lock().unwrap_or_else(PoisonError::into_inner) {
            self.gauges.set(report);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes everything");
        text
    }

    /// Answers whoever asks for the metrics over HTTP, for ever.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let answer = tokio::time::timeout(LIMIT, self.clone().answer(stream));
                    drop(tokio::spawn(answer));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn answer(self: Arc<Self>, mut stream: TcpStream) {
        let mut request = vec![0; LONGEST];
        let mut length = 0;
        while length < LONGEST && !request[..length].windows(4).any(|it| it == b"\r\n\r\n") {
            match stream.read(&mut request[length..]).await {
                Ok(0) | Err(_) => return,
                Ok(count) => length += count,
            }
        }
        let (status, body) = match request.starts_with(b"GET /metrics ") {
            true => ("200 OK", self.text()),
            false => ("404 Not Found", "The metrics are at /metrics.\n".to_owned()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.ok();
        stream.shutdown().await.ok();
    }
}

impl Log for Telemetry {
    fn write(&self, notice: &Notice) {
        let group = notice.group.clone().unwrap_or_default();
        self.events.get_or_create(&Happened { event: notice.event.to_owned(), group }).inc();
        let mut line = json!({ "time": Moment::now() });
        if let (Some(line), Ok(Json::Object(of))) = (line.as_object_mut(), serde_json::to_value(notice)) {
            line.extend(of);
        }
        (self.sink)(&line.to_string());
    }

    fn look(&self, agent: &Agent) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = Some(agent.report());
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Level;
    use super::*;

    #[test]
    fn lines_are_json_and_are_counted() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = lines.clone();
        let telemetry = Telemetry::new(Box::new(move |line| into.lock().unwrap().push(line.to_owned())));
        let notice = Notice {
            event: "fenced",
            level: Level::Error,
            group: Some("g".into()),
            resource: None,
            epoch: Some(3),
            code: Some(210),
            message: "a \"reason\"".into(),
        };
        telemetry.write(&notice);
        let line: Json = serde_json::from_str(&lines.lock().unwrap()[0]).unwrap();
        assert_eq!((&line["event"], &line["epoch"], &line["code"]), (&json!("fenced"), &json!(3), &json!(210)));
        let report = json!({
            "cluster": "db", "server": "server1", "cut_off": true,
            "servers": { "server2": { "presence": "unknown", "heard_seconds_ago": null } },
            "groups": { "g": {
                "state": "active", "epoch": 3, "lease_seconds_left": 20, "resources": { "vip": "active" }, "failed": null,
                "degraded": false,
                "monitors": { "vip": { "result": "error", "seconds_ago": 1, "message": null, "errors": 2 } },
            } },
        });
        *telemetry.report.lock().unwrap() = Some(serde_json::from_value(report).unwrap());
        let text = telemetry.text();
        for wanted in [
            "plumb_ha_events_total{event=\"fenced\",group=\"g\"} 1",
            "plumb_ha_active{group=\"g\"} 1",
            "plumb_ha_lease_seconds{group=\"g\"} 20",
            "plumb_ha_monitor_errors{group=\"g\",monitor=\"vip\"} 2",
            "plumb_ha_heard_seconds{server=\"server2\"} -1",
            "plumb_ha_cut_off 1",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
    }
}
