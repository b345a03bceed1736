//! The ways to the other agents and to the third party of the partition check.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::net::UdpSocket;
use tokio::process::Command;

use super::driver::{Input, Others, Outbox, ThirdParty};
use super::event::Event;
use super::message::{Beat, open, seal};
use super::settings::Settings;
use crate::group::{PartitionCheck, PartitionTarget};

/// UDP port of heartbeats.
pub const PORT: u16 = 29_002;
/// Longest datagram that is read, in bytes.
const LONGEST: usize = 65_535;

/// Heartbeats over the interconnect.
pub struct Interconnect {
    socket: UdpSocket,
    peers: Vec<(IpAddr, u16)>,
    cluster: String,
    key: Option<Vec<u8>>,
}

impl Interconnect {
    /// Opens this server's end. Heartbeats are signed with the key, where there is one, and others without it refused.
    ///
    /// # Errors
    /// The address is not this machine's, or the port is taken.
    pub async fn open(settings: &Settings, port: u16, key: Option<Vec<u8>>) -> Result<Self, String> {
        let Some(own) = settings.own() else { return Err(format!("the cluster has no server {}", settings.server)) };
        let address = SocketAddr::new(IpAddr::V4(own.interconnect), port);
        let socket = UdpSocket::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
        let peers = settings.peers().map(|it| (IpAddr::V4(it.interconnect), port)).collect();
        Ok(Self { socket, peers, cluster: settings.cluster.name.clone(), key })
    }

    /// Takes in what the others send, for ever. What does not come from a member's address is passed over.
    pub async fn listen(&self, outbox: &Outbox) {
        let mut buffer = vec![0; LONGEST];
        loop {
            let Ok((length, from)) = self.socket.recv_from(&mut buffer).await else {
                // A peer that refused an earlier datagram; nothing is to be read.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            if !self.peers.iter().any(|(ip, _)| *ip == from.ip()) {
                tracing::debug!(%from, "passing over a datagram of a stranger");
                continue;
            }
            match open(&buffer[..length], &self.cluster, self.key.as_deref()) {
                Ok(beat) => drop(outbox.send(Input::Event(Event::Heard(beat)))),
                Err(reason) => tracing::warn!(%from, reason, "refusing a heartbeat"),
            }
        }
    }
}

#[async_trait]
impl Others for Interconnect {
    async fn send(&self, beat: &Beat) {
        let datagram = seal(beat, self.key.as_deref());
        for peer in &self.peers {
            if let Err(error) = self.socket.send_to(&datagram, peer).await {
                tracing::debug!(peer = %peer.0, %error, "a heartbeat was not sent");
            }
        }
    }
}

/// The third party of a partition check.
pub struct Target {
    check: PartitionCheck,
    http: Client,
}

impl Target {
    /// The third party that a check names.
    pub fn new(check: &PartitionCheck) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let http =
            Client::builder().redirect(Policy::none()).no_proxy().build().expect("the settings do not contradict");
        Self { check: check.clone(), http }
    }
}

#[async_trait]
impl ThirdParty for Target {
    async fn ask(&self) -> Result<(), String> {
        match &self.check.target {
            PartitionTarget::None => Ok(()),
            PartitionTarget::Http { host, port, tls } => {
                let url = format!("{}://{host}:{port}/", if *tls { "https" } else { "http" });
                let answer = self.http.head(&url).timeout(self.check.timeout).send().await;
                // A captive portal or a proxy answers, too, with a redirection or a refusal.
                match answer.map(|it| it.status()) {
                    Ok(StatusCode::OK) => Ok(()),
                    Ok(status) => Err(format!("{url} answered with {}", status.as_u16())),
                    Err(error) => Err(format!("{url}: {}", innermost(&error))),
                }
            }
            PartitionTarget::Ping { host } => {
                let seconds = self.check.timeout.as_secs().max(1).to_string();
                let mut ping = Command::new("ping");
                ping.args(["-n", "-q", "-c", "1", "-W", &seconds, host]).kill_on_drop(true);
                let output = ping.output().await.map_err(|error| format!("ping cannot be started: {error}"))?;
                if output.status.success() { Ok(()) } else { Err(format!("{host} does not answer to ping")) }
            }
        }
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
