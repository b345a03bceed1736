//! What agents tell each other over the interconnect, and the proof that it was one of them.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Bytes that SHA-256 works on at a time.
const BLOCK: usize = 64;

/// A heartbeat: that a server lives, and what it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the server.
    pub from: String,
    /// Another with every start of the agent.
    pub boot: String,
    /// Number of the heartbeat since that start.
    pub seq: u64,
    /// Whether the agent is about to end and has nothing any more.
    pub leaving: bool,
    /// Whether it is cut off and takes nothing.
    pub cut_off: bool,
    /// What it has of each group.
    pub groups: Vec<Said>,
}

/// What a server says of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Name of the group.
    pub group: String,
    /// How it is there.
    pub state: SaidState,
    /// Last epoch that the server had, or tried to have, the group under.
    pub epoch: u64,
    /// Names of resources that are active there, or may be.
    pub active: BTreeSet<String>,
    /// Names of mirrored disks whose copy there is not up to date.
    pub outdated: BTreeSet<String>,
}

/// How a group is on a server, as that server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaidState {
    /// Not there.
    Idle,
    /// On its way there.
    Taking,
    /// Active there.
    Active,
    /// On its way off.
    Leaving,
    /// Activation was tried and failed, and is not tried again.
    Failed,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    beat: Beat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
}

/// A heartbeat as a datagram; with a key, it proves that its sender has that, too.
pub fn seal(beat: &Beat, key: Option<&[u8]>) -> Vec<u8> {
    let mac = key.map(|key| proof(beat, key));
    serde_json::to_vec(&Sealed { beat: beat.clone(), mac }).expect("a heartbeat is plain data")
}

/// The heartbeat of a datagram; why it is none of this cluster's, as a clause.
///
/// # Errors
/// It is no heartbeat, is of another cluster, or its sender does not have the key.
pub fn open(datagram: &[u8], cluster: &str, key: Option<&[u8]>) -> Result<Beat, &'static str> {
    let sealed: Sealed = serde_json::from_slice(datagram).map_err(|_| "it is no heartbeat")?;
    if sealed.beat.cluster != cluster {
        return Err("it is of another cluster");
    }
    match (key, sealed.mac) {
        (None, _) => Ok(sealed.beat),
        (Some(_), None) => Err("it is not signed"),
        (Some(key), Some(mac)) if same(&proof(&sealed.beat, key), &mac) => Ok(sealed.beat),
        (Some(_), Some(_)) => Err("it is signed with another key"),
    }
}

fn proof(beat: &Beat, key: &[u8]) -> String {
    hmac(key, &serde_json::to_vec(beat).expect("a heartbeat is plain data"))
}

/// Compares without telling by its time how much was equal.
fn same(one: &str, two: &str) -> bool {
    one.len() == two.len() && one.bytes().zip(two.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// HMAC-SHA-256 as RFC 2104 has it, in hexadecimal digits.
fn hmac(key: &[u8], text: &[u8]) -> String {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|it| it ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    outer.iter().fold(String::new(), |mut all, it| {
        write!(all, "{it:02x}").expect("a string takes everything");
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat() -> Beat {
        let (cluster, from, boot) = ("db".into(), "server1".into(), "b1".into());
        Beat { cluster, from, boot, seq: 7, leaving: false, cut_off: false, groups: Vec::new() }
    }

    #[test]
    fn hmac_is_that_of_the_standard() {
        // RFC 4231, test cases 2 and 6.
        let want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hmac(b"Jefe", b"what do ya want for nothing?"), want);
        let want = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"), want);
    }

    #[test]
    fn strangers_are_refused() {
        assert_eq!(open(&seal(&beat(), Some(b"k")), "db", Some(b"k")), Ok(beat()));
        assert_eq!(open(&seal(&beat(), None), "db", None), Ok(beat()));
        assert!(open(&seal(&beat(), Some(b"other")), "db", Some(b"k")).unwrap_err().contains("another key"));
        assert!(open(&seal(&beat(), None), "db", Some(b"k")).unwrap_err().contains("not signed"));
        assert!(open(&seal(&beat(), Some(b"k")), "web", Some(b"k")).unwrap_err().contains("another cluster"));
        let changed = String::from_utf8(seal(&beat(), Some(b"k"))).unwrap().replace("\"seq\":7", "\"seq\":8");
        assert!(open(changed.as_bytes(), "db", Some(b"k")).is_err());
        assert!(open(b"hello", "db", None).is_err());
    }
}
