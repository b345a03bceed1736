//! The words that arguments take, and what they mean.

use crate::group::{
    ActivationFailed, Exclusive, Failback, FinalAction, IsolationAction, MirrorMode, NoAnswer, RecoveryTarget, Trigger,
};

/// Words with their meanings; the first is the meaning of anything else, which validation has refused before.
pub type Words<T> = &'static [(&'static str, T)];

/// Whether something happens by itself.
pub const TRIGGER: Words<Trigger> = &[("auto", Trigger::Auto), ("manual", Trigger::Manual)];
/// Whether a group returns to a better server.
pub const FAILBACK: Words<Failback> = &[("manual", Failback::Manual), ("auto", Failback::Auto)];
/// Whether groups share a server.
pub const EXCLUSIVE: Words<Exclusive> =
    &[("none", Exclusive::None), ("normal", Exclusive::Normal), ("full", Exclusive::Full)];
/// What an isolated server does.
pub const ISOLATION: Words<IsolationAction> = &[
    ("stop_group", IsolationAction::StopGroup),
    ("stop_agent", IsolationAction::StopAgent),
    ("shutdown", IsolationAction::Shutdown),
    ("reboot", IsolationAction::Reboot),
    ("none", IsolationAction::None),
];
/// What a server does when nothing helped.
pub const FINAL_ACTION: Words<FinalAction> = &[
    ("none", FinalAction::None),
    ("stop_group", FinalAction::StopGroup),
    ("stop_agent", FinalAction::StopAgent),
    ("shutdown", FinalAction::Shutdown),
    ("reboot", FinalAction::Reboot),
];
/// What follows when activation failed everywhere.
pub const ACTIVATION_FAILED: Words<ActivationFailed> = &[
    ("stop_here", ActivationFailed::StopHere),
    ("go_on", ActivationFailed::GoOn),
    ("stop_group", ActivationFailed::StopGroup),
];
/// What it means that AWS does not answer.
pub const NO_ANSWER: Words<NoAnswer> =
    &[("ignore", NoAnswer::Ignore), ("warn", NoAnswer::Warn), ("recover", NoAnswer::Recover)];
/// What a recovery restarts or moves.
pub const RECOVERY_TARGET: Words<RecoveryTarget> = &[
    ("resource", RecoveryTarget::Resource),
    ("group", RecoveryTarget::Group),
    ("local_server", RecoveryTarget::LocalServer),
];
/// Whether a write to a mirror waits for the other server.
pub const MIRROR_MODE: Words<MirrorMode> = &[("sync", MirrorMode::Sync), ("async", MirrorMode::Async)];
/// Who is asked whether a server is cut off.
pub const PARTITION_TYPE: &[&str] = &["http", "ping", "none"];
/// Kinds of arbiters.
pub const ARBITER_TYPE: &[&str] = &["dynamodb", "s3", "postgresql", "none"];

/// The meaning of a word.
pub fn find<T: Copy>(words: Words<T>, text: &str) -> T {
    words.iter().find(|(word, _)| *word == text).unwrap_or(&words[0]).1
}

/// The words alone.
pub fn all<T>(words: Words<T>) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}
