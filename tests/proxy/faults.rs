//! What a proxy does to calls: rules that strike by chance, and behaviour of AWS that the emulator lacks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Everything that a proxy does besides forwarding.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Decides what chance decides.
    pub seed: u64,
    /// Rules; the first that strikes a call decides.
    pub rules: Vec<Rule>,
    /// Most items of a page of an EC2 list.
    pub page: Option<usize>,
    /// How long new objects are not found.
    pub hide: Option<Duration>,
    /// How long new objects are shown as being made.
    pub hold: Option<Duration>,
    /// Answers a repeated client token as AWS does.
    pub tokens: bool,
    /// Refuses deletes of what is in use, where the emulator does not.
    pub in_use: bool,
    /// Where plumb is killed.
    pub kill: Option<Kill>,
}

/// Ends plumb at a call.
#[derive(Clone, Debug)]
pub struct Kill {
    /// Number of the call, from 1.
    pub call: u64,
    /// After it was done rather than before.
    pub after: bool,
    /// The process, once it is known.
    pub pid: Arc<Mutex<Option<u32>>>,
}

/// A fault and the calls that it is about.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Service, or all.
    pub service: Option<&'static str>,
    /// What the action begins with, or all.
    pub action: Option<&'static str>,
    /// Access key, or all.
    pub key: Option<&'static str>,
    /// What happens.
    pub fault: Fault,
    /// Part of the calls that it happens to, 0 to 1.
    pub rate: f64,
    /// How often at most.
    pub limit: Option<u32>,
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is forwarded later.
    Delay(Duration),
    /// It is refused for its rate, in the words of its service.
    Throttle,
    /// It is answered with status 500, and not done.
    Internal,
    /// Its credentials have expired.
    Expired,
    /// It is refused with status 403 and this code.
    Refuse(&'static str),
    /// The connection is closed before it is done.
    ResetBefore,
    /// It is done, and the connection is closed.
    ResetAfter,
    /// It is never answered.
    Hang,
}

impl Rule {
    /// A fault for a part of all calls.
    pub fn some(fault: Fault, rate: f64) -> Self {
        Self { service: None, action: None, key: None, fault, rate, limit: None }
    }

    /// A fault for all calls of an action, at most so often.
    pub fn of(action: &'static str, fault: Fault, limit: u32) -> Self {
        Self { action: Some(action), limit: Some(limit), ..Self::some(fault, 1.0) }
    }

    /// Whether the rule is about a call.
    pub fn concerns(&self, service: &str, action: &str, key: &str) -> bool {
        self.service.is_none_or(|it| it == service)
            && self.action.is_none_or(|it| action.starts_with(it))
            && self.key.is_none_or(|it| it == key)
    }
}

/// A number from 0 to 1 that follows from its arguments.
pub fn roll(seed: u64, call: u64, rule: usize) -> f64 {
    let mut mixed = seed ^ call.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (rule as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
    for factor in [0xBF58_476D_1CE4_E5B9_u64, 0x94D0_49BB_1331_11EB] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}
