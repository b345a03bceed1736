//! What an agent decides, scenario by scenario, over its core alone.
//!
//! Of the acceptance scenarios these are the agent's side of 7 to 10 (silence, partition check, forced stop), 12 (modes
//! of monitors), 14 (flap guard), 15 (a late server lets go of nothing that is another's), 19 (start delay), 20 (zones),
//! 28 and 29 (a server that returns), 30 (disks that are not up to date), 31 (exclusive groups) and 32 (failed activation).

mod scene;

use self::scene::{Scene, group, peer_says, seconds};
use super::event::{Action, Command, Ended, Event};
use super::message::SaidState;
use crate::address::HostAction;
use crate::cloud::{CloudError, ErrorKind};
use crate::errors::{Phase, Problem, Trouble};
use crate::group::{
    Exclusive, Failback, FinalAction, ForcedStop, IsolationAction, NoAnswer, Recovery, RecoveryTarget, Trigger,
};
use crate::journal::Kind;

/// Name, scenario.
const SCENARIOS: &[(&str, fn())] = &[
    ("nothing is taken before what is left here was given up", cold_start),
    ("the first server starts a group that nobody had", first_start),
    ("a group that starts by hand is not started", manual_start),
    ("7: a silent holder is replaced once the third party is reached", silent_holder),
    ("7: a holder whose lease lives is left alone", living_lease),
    ("a holder that failover by hand protects is left alone", manual_failover),
    ("8: a server that is cut off gives up its groups", cut_off),
    ("8: a server that is cut off can be told to stop the machine", cut_off_shutdown),
    ("9: without an arbiter a takeover waits for the other to stop itself", no_arbiter),
    ("9: without arbiter, third party and forced stop nobody takes over", nothing_decides),
    ("9: a forced stop that fails is no reason to give up trying", forced_stop_failed),
    ("10: with the third party out of reach nobody takes over", third_party_gone),
    ("a lease that is not renewed is given up before it ends", fenced),
    ("after a pause everything is given up before anything else is done", paused),
    ("a lease that another has is given up at once", superseded),
    ("what cannot be given up ends the machine", stuck),
    ("nothing becomes active without a lease", gate),
    ("12: silence of AWS moves nothing", modes),
    ("errors: forgiven, restarted, moved, then the final action", escalation),
    ("14: when others keep changing a route, rewriting ends", flapping),
    ("19: nobody looks before the start delay", start_delay),
    ("20: a zone that does not work moves nothing by default", zone),
    ("15, 29: a server that returns takes nothing from the one that has it", returning),
    ("28: a server that starts alone takes what the other had", alone),
    ("30: a group does not go to a server whose disk is not up to date", outdated),
    ("31: groups that exclude each other are not on the same server", exclusive),
    ("32: activation that fails goes to the next server and not round for ever", activation_failed),
    ("activation without an answer is tried again", activation_unanswered),
    ("a group returns to a better server when it may", failback),
    ("a move gives up first, then hands on", moved),
    ("a group that was stopped stays stopped", stopped),
    ("an agent that ends gives up everything and says so", terminated),
    ("a group that is moved here in this server's name is let be until that is done", moved_here),
];

#[test]
#[expect(clippy::print_stderr, reason = "a scenario that fails is named")]
fn scenarios() {
    let mut failed = Vec::new();
    for (name, scenario) in SCENARIOS {
        if std::panic::catch_unwind(scenario).is_err() {
            eprintln!("failed: {name}");
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn cold_start() {
    let mut scene = Scene::new("server1", group());
    scene.hold_locals = true;
    scene.pass(1);
    scene.peer("server2", SaidState::Idle);
    scene.pass(20);
    assert_eq!(scene.locals(), [("vip".to_owned(), HostAction::Deactivate)], "last first, one after the other");
    assert!(scene.transitions().is_empty());
}

fn first_start() {
    let mut scene = Scene::new("server1", group());
    scene.peer("server2", SaidState::Idle);
    scene.pass(10);
    assert_eq!(scene.transitions(), [(Kind::Start, None)]);
    assert!(scene.is_active());
    let mut scene = Scene::new("server2", group());
    scene.peer("server1", SaidState::Idle);
    scene.pass(40);
    assert!(scene.transitions().is_empty(), "it is the first server's turn");
}

fn manual_start() {
    let mut it = group();
    it.start = Trigger::Manual;
    let mut scene = Scene::new("server1", it);
    scene.peer("server2", SaidState::Idle);
    scene.pass(60);
    assert!(scene.transitions().is_empty());
    scene.ask(Command::Start { group: "g".into(), to: None, reason: "r".into(), forced: false });
    scene.pass(5);
    assert!(scene.is_active());
}

fn silent_holder() {
    let mut scene = Scene::new("server2", group());
    scene.lease("server1", 4, false);
    scene.peer("server1", SaidState::Active);
    scene.pass(60);
    assert!(scene.transitions().is_empty());
    scene.silence("server1");
    scene.pass(9);
    assert!(scene.transitions().is_empty(), "it is not silent for long enough");
    scene.pass(12);
    assert_eq!(scene.transitions(), [(Kind::Failover, Some("server1".to_owned()))]);
    assert!(scene.is_active());
    assert_eq!(scene.epoch(), 5);
}

fn living_lease() {
    let mut scene = Scene::new("server2", group());
    scene.lease("server1", 4, false);
    let trouble = Trouble::new(Problem::MaybeActiveElsewhere, Phase::Activating, "g");
    scene.transition_ends = Some(Ended::Refused(Box::new(trouble)));
    scene.pass(120);
    assert!(scene.transitions().len() > 1, "it is asked again and again");
    assert!(!scene.is_active() && scene.locals().iter().all(|(_, it)| *it == HostAction::Deactivate));
}

fn manual_failover() {
    let mut it = group();
    it.failover = Trigger::Manual;
    let mut scene = Scene::new("server2", it);
    scene.lease("server1", 4, false);
    scene.pass(120);
    assert!(scene.transitions().is_empty());
    assert_eq!(scene.notices("not_taking"), 1, "it is said once");
}

fn cut_off() {
    let mut scene = Scene::active(group());
    scene.silence("server2");
    scene.third = false;
    scene.pass(15);
    scene.pass(15);
    assert!(!scene.is_active());
    assert_eq!(scene.notices("cut_off"), 1);
    assert!(scene.did(|it| matches!(it, Action::GiveBack { .. })));
    let before = scene.transitions().len();
    scene.pass(120);
    assert_eq!(scene.transitions().len(), before, "as long as it is cut off, it takes nothing");
    scene.third = true;
    scene.pass(30);
    assert!(scene.is_active(), "the others are silent, and the group is its own");
}

fn cut_off_shutdown() {
    let mut scene = Scene::active_with(group(), |it| it.partition.action = IsolationAction::Shutdown);
    scene.silence("server2");
    scene.third = false;
    scene.pass(40);
    assert_eq!(scene.ended(), Some(FinalAction::Shutdown));
    assert!(scene.gave_up_before_the_end());
    let mut scene = Scene::active_with(group(), |it| it.partition.action = IsolationAction::Shutdown);
    scene.third = false;
    scene.pass(60);
    assert_eq!(scene.ended(), None, "while others are heard, the third party alone decides nothing");
}

fn no_arbiter() {
    let mut scene = Scene::with("server2", group(), |it| {
        it.arbiter = crate::group::Arbiter::None;
        it.forced_stop = Some(ForcedStop::default());
    });
    scene.peer("server1", SaidState::Active);
    scene.pass(30);
    scene.silence("server1");
    scene.pass(10 + 15 + 29);
    assert!(scene.transitions().is_empty(), "the other may still be at stopping itself");
    scene.pass(10);
    assert_eq!(scene.transitions(), [(Kind::Failover, Some("server1".to_owned()))]);
}

fn nothing_decides() {
    let mut scene = Scene::with("server2", group(), |it| {
        it.arbiter = crate::group::Arbiter::None;
        it.partition.target = crate::group::PartitionTarget::None;
    });
    scene.peer("server1", SaidState::Active);
    scene.pass(10);
    scene.silence("server1");
    scene.pass(600);
    assert!(scene.transitions().is_empty());
    assert_eq!(scene.notices("not_taking"), 1);
}

fn forced_stop_failed() {
    let mut scene = Scene::with("server2", group(), |it| it.forced_stop = Some(ForcedStop::default()));
    scene.lease("server1", 4, false);
    let trouble = Trouble::new(Problem::ForcedStopFailed, Phase::Activating, "g").with("instance", "i-1");
    scene.transition_ends = Some(Ended::Refused(Box::new(trouble)));
    scene.pass(40);
    assert!(!scene.is_active() && !scene.transitions().is_empty());
    scene.transition_ends = None;
    scene.pass(120);
    assert!(scene.is_active());
}

fn third_party_gone() {
    let mut scene = Scene::new("server2", group());
    scene.lease("server1", 4, false);
    scene.peer("server1", SaidState::Active);
    scene.pass(10);
    scene.silence("server1");
    scene.third = false;
    scene.pass(300);
    assert!(scene.transitions().is_empty());
    assert_eq!(scene.notices("cut_off"), 1);
}

fn fenced() {
    let mut scene = Scene::active(group());
    let renewed = scene.last_renewal();
    scene.api = false;
    // The lease is 20 seconds: at 12 everything begins to go, and others wait for 20.
    while scene.now.since(renewed) < seconds(12) {
        assert!(scene.is_active());
        scene.pass_half();
    }
    scene.pass(1);
    assert!(!scene.is_active());
    let gone: Vec<_> = scene.locals().into_iter().rev().take(2).rev().collect();
    let (vip, app) = (("vip".to_owned(), HostAction::Deactivate), ("app".to_owned(), HostAction::Deactivate));
    assert_eq!(gone, [vip, app], "clients are cut off first");
    scene.pass(60);
    assert!(!scene.is_active());
    scene.api = true;
    scene.pass(70);
    assert!(scene.is_active(), "it is still recorded as its own");
}

fn paused() {
    let mut scene = Scene::active(group());
    scene.now = scene.now + seconds(300);
    let look = crate::address::Look::Error(Trouble::new(Problem::VipRoute, Phase::Monitoring, "vip"));
    scene.looks.insert("vip".into(), look.clone());
    let actions = scene.handle(Event::Monitored { group: "g".into(), monitor: "vip".into(), look });
    assert!(matches!(actions.first(), Some(Action::Log(it)) if it.event == "fenced"));
    assert!(!actions.iter().any(|it| matches!(it, Action::Transition { .. } | Action::Renew { .. })), "{actions:?}");
    assert!(actions.iter().any(|it| matches!(it, Action::Local { action: HostAction::Deactivate, .. })));
}

fn superseded() {
    let mut scene = Scene::active(group());
    scene.lease("server2", 9, false);
    scene.peer("server2", SaidState::Active);
    scene.at(Event::LeaseLost { group: "g".into(), by: "server2 took it with epoch 9".into() });
    assert!(!scene.is_active());
    assert_eq!(scene.notices("fenced"), 1);
    let before = scene.transitions().len();
    scene.pass(60);
    assert_eq!(scene.transitions().len(), before);
}

fn stuck() {
    let mut scene = Scene::active(group());
    scene.api = false;
    scene.hold_locals = true;
    scene.pass(19);
    assert_eq!(scene.ended(), Some(FinalAction::Shutdown));
}

fn gate() {
    let mut scene = Scene::new("server1", group());
    let wanted =
        |ticket| Event::LocalWanted { group: "g".into(), resource: "vip".into(), action: HostAction::Activate, ticket };
    scene.pass(1);
    let actions = scene.handle(wanted(1));
    assert!(actions.iter().any(|it| matches!(it, Action::Refuse { ticket: 1, .. })));
    scene.no_lease = true;
    scene.peer("server2", SaidState::Idle);
    scene.pass(10);
    assert_eq!(scene.transitions().len(), 1);
    let actions = scene.handle(wanted(2));
    assert!(actions.iter().any(|it| matches!(it, Action::Refuse { ticket: 2, .. })), "{actions:?}");
}

fn modes() {
    for mode in [NoAnswer::Ignore, NoAnswer::Warn] {
        let silent = || CloudError::new(ErrorKind::Timeout, "DescribeRouteTables", None, "no answer");
        let trouble = Trouble::new(Problem::VipTimeout, Phase::Monitoring, "vip").because(silent());
        let mut scene = Scene::active(group());
        scene.looks.insert("vip".into(), crate::address::judge(Err(trouble), mode));
        scene.pass(900);
        assert!(scene.is_active());
        assert_eq!(scene.notices("monitor_warning") > 0, mode == NoAnswer::Warn);
        assert_eq!(scene.notices("restarting"), 0);
    }
}

fn escalation() {
    let mut it = group();
    let monitor = it.resources[1].monitor.as_mut().unwrap();
    monitor.retry = 1;
    monitor.recovery =
        Recovery { target: RecoveryTarget::Resource, restarts: 2, failovers: 1, final_action: FinalAction::StopGroup };
    let mut scene = Scene::active(it);
    scene.fail("vip", Problem::VipNotLocal);
    scene.pass(21);
    assert_eq!(scene.notices("restarting"), 0, "the first error is forgiven");
    scene.pass(130);
    assert_eq!(scene.notices("restarting"), 2);
    assert_eq!(scene.handed_to(), Some("server2".to_owned()));
    assert!(!scene.is_active());
    // It comes back here and still fails: failovers were counted, so the final action is due.
    scene.lease("server1", 20, true);
    scene.pass(30);
    assert!(scene.is_active());
    scene.pass(300);
    assert!(scene.transitions().iter().any(|(kind, _)| *kind == Kind::Stop), "{:?}", scene.transitions());
    scene.well("vip");
}

fn flapping() {
    let mut scene = Scene::active(group());
    scene.fail("vip", Problem::VipRoute);
    let trouble = Trouble::new(Problem::Flapping, Phase::Activating, "vip").with("other", "eni-9");
    scene.transition_ends = Some(Ended::Refused(Box::new(trouble)));
    scene.pass(900);
    assert_eq!(scene.notices("restarting"), 1);
    assert_eq!(scene.notices("handing_over"), 0, "another server would fare no better");
    assert!(scene.is_active());
    scene.well("vip");
    scene.transition_ends = None;
    scene.pass(60);
    scene.fail("vip", Problem::VipRoute);
    scene.pass(90);
    assert!(scene.notices("restarting") > 1, "once all was well, it counts anew");
}

fn start_delay() {
    let mut it = group();
    it.resources[1].monitor.as_mut().unwrap().start_delay = seconds(300);
    let mut scene = Scene::active(it);
    scene.fail("vip", Problem::VipRoute);
    scene.pass(285);
    assert!(!scene.did(|it| matches!(it, Action::Monitor { monitor, .. } if monitor == "vip")));
    scene.pass(30);
    assert!(scene.did(|it| matches!(it, Action::Monitor { monitor, .. } if monitor == "vip")));
}

fn zone() {
    let mut it = group();
    it.az_monitor = Some(crate::group::AzMonitor::default());
    let mut scene = Scene::active(it);
    scene.fail(super::event::AZ_MONITOR, Problem::ZoneDisturbed);
    scene.pass(900);
    assert!(scene.is_active());
    assert!(scene.notices("monitor_error") > 0 && scene.notices("gave_up") == 1);
}

fn returning() {
    let mut scene = Scene::new("server1", group());
    scene.epochs("g", 3);
    scene.lease("server2", 4, false);
    scene.peer("server2", SaidState::Active);
    scene.pass(300);
    assert_eq!(
        scene.locals(),
        [("vip".to_owned(), HostAction::Deactivate), ("app".to_owned(), HostAction::Deactivate)],
        "what an earlier life has left is given up"
    );
    assert!(scene.transitions().is_empty(), "nothing is written, and it does not return by itself");
}

fn alone() {
    let mut scene = Scene::new("server2", group());
    scene.lease("server1", 4, true);
    scene.pass(9);
    assert!(scene.transitions().is_empty(), "the other may be about to start as well");
    scene.pass(15);
    assert_eq!(scene.transitions(), [(Kind::Failover, Some("server1".to_owned()))]);
    assert!(scene.is_active());
}

fn outdated() {
    let mut scene = Scene::active(group());
    let mut said = peer_says("g", SaidState::Idle, 0);
    said.outdated.insert("md".into());
    scene.peer_with("server2", said);
    scene.pass(2);
    scene.ask(Command::Move { group: "g".into(), to: Some("server2".into()), reason: "r".into() });
    scene.pass(5);
    assert!(scene.is_active());
    assert_eq!(scene.handed_to(), None);
    assert_eq!(scene.notices("not_handed_over"), 1);
}

fn exclusive() {
    let mut first = group();
    first.exclusive = Exclusive::Full;
    let mut other = crate::group::Group { name: "h".into(), ..first.clone() };
    other.startup = vec!["server1".into(), "server2".into()];
    let mut scene = Scene::of("server2", vec![first, other], |_| {});
    scene.pass(60);
    let taken: Vec<String> = scene.active_groups();
    assert_eq!(taken.len(), 1, "the only server that is there takes one of them: {taken:?}");
    assert!(scene.notices("not_taking") >= 1);
}

fn activation_failed() {
    let mut scene = Scene::new("server1", group());
    scene.peer("server2", SaidState::Idle);
    let trouble = Trouble::new(Problem::Local, Phase::Activating, "app").with("server", "server1").with("reason", "no");
    scene.transition_ends = Some(Ended::Failed(Box::new(trouble)));
    scene.api = false;
    scene.pass(5);
    scene.api = true;
    scene.pass(300);
    assert_eq!(scene.transitions().len(), 1, "it is not tried here again");
    assert_eq!(scene.said(), SaidState::Failed);
    assert!(scene.locals().last().is_some_and(|(_, it)| *it == HostAction::Deactivate));
    // The other server sees that.
    let mut scene = Scene::new("server2", group());
    scene.lease("server1", 4, true);
    scene.peer_with("server1", peer_says("g", SaidState::Failed, 4));
    scene.pass(10);
    assert_eq!(scene.transitions(), [(Kind::Failover, Some("server1".to_owned()))]);
    // And where it fails there, too, it ends: one failover is allowed.
    let mut scene = Scene::new("server2", group());
    scene.lease("server1", 4, true);
    scene.peer_with("server1", peer_says("g", SaidState::Failed, 4));
    let trouble = Trouble::new(Problem::Local, Phase::Activating, "app").with("server", "server2").with("reason", "no");
    scene.transition_ends = Some(Ended::Refused(Box::new(trouble)));
    scene.pass(600);
    assert_eq!(scene.transitions().len(), 1);
}

fn activation_unanswered() {
    let mut scene = Scene::new("server1", group());
    scene.peer("server2", SaidState::Idle);
    let silent = CloudError::new(ErrorKind::Throttled, "DescribeVpcs", Some("RequestLimitExceeded"), "no");
    let trouble = Trouble::new(Problem::VipCall, Phase::Activating, "vip").because(silent);
    scene.transition_ends = Some(Ended::Refused(Box::new(trouble)));
    scene.pass(200);
    let tries = scene.transitions().len();
    assert!((4..=9).contains(&tries), "with growing pauses: {tries}");
    scene.transition_ends = None;
    scene.pass(70);
    assert!(scene.is_active());
}

fn failback() {
    let mut it = group();
    it.failback = Failback::Auto;
    let mut scene = Scene::of("server2", vec![it], |_| {});
    scene.pass(30);
    assert!(scene.is_active());
    scene.peer("server1", SaidState::Idle);
    scene.pass(8);
    assert_eq!(scene.handed_to(), None, "it was not heard for long enough");
    scene.pass(10);
    assert_eq!(scene.handed_to(), Some("server1".to_owned()));
}

fn moved() {
    let mut scene = Scene::active(group());
    scene.ask(Command::Move { group: "g".into(), to: None, reason: "r".into() });
    scene.pass(2);
    assert_eq!(scene.handed_to(), Some("server2".to_owned()));
    let at = |found: fn(&Action) -> bool| scene.all.iter().rposition(found).unwrap();
    let gone = at(|it| matches!(it, Action::Local { action: HostAction::Deactivate, .. }));
    let handed = at(|it| matches!(it, Action::HandOn { .. }));
    assert!(gone < handed);
    let checked = at(|it| matches!(it, Action::Preflight { .. }));
    assert!(checked < gone);
    assert!(scene.answer().is_none(), "whoever asks waits for the other server");
    scene.peer("server2", SaidState::Active);
    scene.pass(2);
    assert!(scene.answer().is_some_and(|it| it.is_ok()));
}

fn stopped() {
    let mut scene = Scene::active(group());
    scene.ask(Command::Stop { group: "g".into(), reason: "r".into() });
    scene.pass(5);
    assert!(scene.answer().is_some_and(|it| it.is_ok()));
    assert!(!scene.is_active());
    scene.pass(300);
    assert!(!scene.is_active());
    assert_eq!(scene.lease_holder(), "");
    scene.ask(Command::Start { group: "g".into(), to: None, reason: "r".into(), forced: false });
    scene.pass(5);
    assert!(scene.is_active());
}

fn terminated() {
    let mut scene = Scene::active(group());
    scene.at(Event::Terminate);
    scene.pass(5);
    assert_eq!(scene.ended(), Some(FinalAction::StopAgent));
    assert!(scene.gave_up_before_the_end());
    let last = scene.all.iter().rev().find_map(|it| match it {
        Action::Send(beat) => Some(beat.leaving),
        _ => None,
    });
    assert_eq!(last, Some(true));
}

fn moved_here() {
    let mut scene = Scene::new("server2", group());
    scene.lease("server1", 4, false);
    scene.peer("server1", SaidState::Idle);
    scene.pass(10);
    scene.lease("server2", 5, false);
    scene.pass(10);
    assert!(scene.transitions().is_empty());
    scene.lease("server2", 5, true);
    scene.pass(10);
    assert_eq!(scene.transitions(), [(Kind::Move, Some("server1".to_owned()))]);
}
