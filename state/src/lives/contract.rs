//! What an apply owes, one promise at a time: interrupted replacements, half creates, half updates, late answers.

use plumb_engine::store::{History, ObjectRecord, ObjectStatus};
use serde_json::json;

use super::doom::Fault;
use super::*;

const TYPE: &str = "fake_tagged";

/// Runs a scene on a store and an account of its own.
fn scene(play: impl FnOnce(&mut Stage<'_>)) {
    let (options, dead) = mortal();
    let store = MemoryStore::new(options);
    play(&mut Stage { world: Arc::default(), store: &store, dead, processes: 0, undo: None });
}

fn node(name: &str, arguments: &str) -> String {
    format!("resource \"fake_tagged\" \"{name}\" {{\n  name = \"{name}\"\n{arguments}\n}}\n")
}

fn apply(stage: &mut Stage<'_>, text: &str) -> End {
    let ended = stage.attempt(text, &calm(Kind::Apply), TYPE);
    stage.check();
    ended.0
}

/// An apply of whose calls these go wrong.
fn faulty(stage: &mut Stage<'_>, text: &str, script: &[(&'static str, Fault)]) -> (End, Diagnostics) {
    let ended = stage.process(text, (Kind::Apply, TYPE), &Doom::scripted(script));
    stage.check();
    ended
}

fn row(stage: &Stage<'_>, name: &str) -> ObjectRecord {
    let addr = format!("{TYPE}.{name}").parse().unwrap();
    stage.store.instance(&addr).unwrap().remove(0).1
}

/// Names of the blocks that an object is stored to be made from.
fn dependencies(stage: &Stage<'_>, name: &str) -> Vec<String> {
    row(stage, name).dependencies.iter().map(|it| it.resource.name.to_string()).collect()
}

/// Does something after an apply that was killed at a boundary, for every boundary that the apply has.
fn at_every_boundary(first: &str, second: &str, then: impl Fn(&mut Stage<'_>)) {
    for boundary in 0.. {
        let mut killed = End::Idle;
        scene(|stage| {
            assert_eq!(apply(stage, first), End::Done);
            let end = Fate { killed: Some(boundary), stopped: None };
            let attempt = Attempt { end, ..calm(Kind::Apply) };
            killed = stage.attempt(second, &attempt, TYPE).0;
            stage.check();
            then(stage);
        });
        if killed != End::Killed {
            assert!(boundary > 20, "there are more boundaries than {boundary}");
            return;
        }
    }
}

/// A network with what lives in it and what uses it, replaced before it is deleted.
fn replaced() -> (String, String) {
    let of = |generation: u8| {
        let lifecycle = "lifecycle {\n    create_before_destroy = true\n  }";
        format!(
            "resource \"{TYPE}\" \"net\" {{\n  name = \"net-{generation}\"\n  size = 1\n  {lifecycle}\n}}\n{}{}",
            node("host", &format!("  size = 1\n  note = \"a\"\n  parent = {TYPE}.net.id")),
            node("user", &format!("  size = 1\n  peers = [{TYPE}.net.id]")),
        )
    };
    (of(1), of(2))
}

#[test]
fn a_replacement_that_was_killed_anywhere_is_completed() {
    let (first, second) = replaced();
    at_every_boundary(&first, &second, |stage| {
        assert!(matches!(apply(stage, &second), End::Done | End::Idle));
        assert_eq!(apply(stage, &second), End::Idle);
        assert_eq!(stage.world().nodes.len(), 3);
    });
}

#[test]
fn what_a_killed_replacement_has_set_aside_is_destroyed_after_what_uses_it() {
    let (first, second) = replaced();
    at_every_boundary(&first, &second, |stage| {
        let destroyed = stage.attempt(&second, &calm(Kind::Destroy), TYPE);
        assert_eq!(destroyed.0, End::Done, "{:?}", destroyed.1);
        stage.check();
        assert!(stage.world().nodes.is_empty());
    });
}

#[test]
fn orphans_are_deleted_after_what_was_made_from_them() {
    let (first, _) = replaced();
    at_every_boundary(&first, "", |stage| {
        assert!(matches!(apply(stage, ""), End::Done | End::Idle));
        assert!(stage.world().nodes.is_empty());
    });
}

#[test]
fn an_object_whose_create_failed_half_way_is_tainted_and_replaced() {
    scene(|stage| {
        let text = node("a", "  size = 1\n  note = \"x\"");
        let (end, found) = faulty(stage, &text, &[("SetNote", Fault::Refused)]);
        assert_eq!(end, End::Failed);
        assert!(found.iter().any(|it| it.summary == "Object could not be created"), "{found:?}");
        let half = row(stage, "a");
        assert_eq!(half.status, ObjectStatus::Tainted);
        assert_eq!(half.attributes.id().as_deref(), Some("i-1"));
        assert_eq!(apply(stage, &text), End::Done);
        assert_eq!(row(stage, "a").attributes.id().as_deref(), Some("i-2"));
        assert_eq!(stage.world().nodes.keys().collect::<Vec<_>>(), ["i-2"]);
    });
}

#[test]
fn a_create_of_unknown_effect_is_settled_by_the_next_run() {
    scene(|stage| {
        let text = node("a", "  size = 1");
        let script = [("CreateNode", Fault::Unheard), ("FindNode", Fault::Refused)];
        let (end, found) = faulty(stage, &text, &script);
        assert_eq!(end, End::Failed);
        assert!(found.iter().any(|it| it.detail.contains("The next apply finds out")), "{found:?}");
        assert_eq!(stage.store.open_operations().unwrap().len(), 1);
        assert_eq!(apply(stage, &text), End::Idle, "it was taken over");
        assert_eq!(row(stage, "a").attributes.id().as_deref(), Some("i-1"));
    });
}

#[test]
fn an_update_that_failed_half_way_is_recorded_as_far_as_it_came() {
    scene(|stage| {
        let others = format!("{}{}", node("a", "  size = 1"), node("b", "  size = 1"));
        let text = |size: u8, peer: &str| {
            others.clone() + &node("user", &format!("  size = {size}\n  peers = [{TYPE}.{peer}.id]"))
        };
        assert_eq!(apply(stage, &text(1, "a")), End::Done);
        assert_eq!(dependencies(stage, "user"), ["a"]);
        assert_eq!(faulty(stage, &text(2, "b"), &[("RewireNode", Fault::Refused)]).0, End::Failed);
        let half = row(stage, "user");
        let stored = half.attributes.read().unwrap().into_owned();
        assert_eq!((&stored["size"], half.status), (&json!(2), ObjectStatus::Ready));
        assert_eq!(stored["peers"], json!([stage.world().nodes.iter().find(|(_, it)| it.name == "a").unwrap().0]));
        assert_eq!(dependencies(stage, "user"), ["a", "b"], "it may be made from both");
        assert_eq!(apply(stage, &text(2, "b")), End::Done);
        assert_eq!(dependencies(stage, "user"), ["b"]);
    });
}

#[test]
fn what_a_read_does_not_show_once_is_not_gone() {
    scene(|stage| {
        let text = node("a", "  size = 1");
        assert_eq!(apply(stage, &text), End::Done);
        stage.world().hidden.insert("i-1".into(), 1);
        assert_eq!(apply(stage, &text), End::Idle);
        stage.world().nodes.clear();
        assert_eq!(apply(stage, &text), End::Done, "what no read shows is made again");
        assert_eq!(stage.world().nodes.keys().collect::<Vec<_>>(), ["i-2"]);
    });
}

#[test]
fn what_could_not_be_read_is_not_gone_either() {
    scene(|stage| {
        let text = node("a", "  size = 1");
        assert_eq!(apply(stage, &text), End::Done);
        let (end, found) = faulty(stage, &text, &[("DescribeNodes", Fault::Refused)]);
        assert_eq!(end, End::Failed);
        assert!(found.iter().any(|it| it.summary == "Object could not be read"), "{found:?}");
        assert_eq!(apply(stage, &text), End::Idle);
    });
}

#[test]
fn what_another_hand_deleted_leaves_the_state_though_nothing_else_changes() {
    scene(|stage| {
        assert_eq!(apply(stage, &node("a", "  size = 1")), End::Done);
        stage.world().nodes.clear();
        assert_eq!(apply(stage, ""), End::Done);
        assert_eq!(ids(stage.store), BTreeSet::new());
        assert_eq!(apply(stage, ""), End::Idle);
    });
}

#[test]
fn an_update_waits_for_a_delete_that_frees_the_place_of_what_it_is_to_use() {
    scene(|stage| {
        let net =
            |generation: u8| format!("resource \"{TYPE}\" \"net\" {{\n  name = \"net-{generation}\"\n  size = 1\n}}\n");
        let host = node("host", &format!("  size = 1\n  parent = {TYPE}.net.id"));
        let user = |of: &str| node("user", &format!("  size = 1\n  peers = [{TYPE}.{of}.id]"));
        assert_eq!(apply(stage, &(net(1) + &host + &user("host"))), End::Done);
        // The host goes, the network is replaced, and the user is to use the new network.
        assert_eq!(apply(stage, &(net(2) + &user("net"))), End::Done);
        assert_eq!(apply(stage, &(net(2) + &user("net"))), End::Idle);
    });
}

#[test]
fn what_the_history_brings_back_asks_no_block() {
    let (options, dead) = mortal();
    let store = SqliteStore::in_memory(options);
    let stage = &mut Stage { world: Arc::default(), store: &store, dead, processes: 0, undo: None };
    let before = format!("{}{}", node("a", "  size = 1"), node("b", &format!("  size = 1\n  parent = {TYPE}.a.id")));
    assert_eq!(apply(stage, &before), End::Done);
    assert_eq!(apply(stage, ""), End::Done);
    let run = store.runs(None).unwrap().remove(0).run.id;
    stage.undo = Some(store.changes(&run).unwrap());
    // Neither of these conditions holds, and no shell ends this command well.
    let refuses = "  size = 7\n  lifecycle {\n    precondition {\n      condition     = 1 == 2\n      error_message = \"no\"\n    }\n    \
                   postcondition {\n      condition     = self.size == 2\n      error_message = \"no\"\n    }\n  }\n  \
                   provisioner \"local-exec\" {\n    command = \"exit 1\"\n  }";
    let ended = stage.attempt(&format!("{}{}", node("a", refuses), node("b", refuses)), &calm(Kind::Apply), TYPE);
    assert_eq!(ended.0, End::Done, "{:?}", ended.1);
    stage.check();
    assert_eq!(stage.world().nodes.len(), 2);
    let again = stage.attempt(&before, &calm(Kind::Apply), TYPE);
    assert_eq!(again.0, End::Idle, "the old configuration finds what it asks for: {:?}", again.1);
}

#[test]
fn what_was_set_aside_goes_after_the_update_of_what_still_uses_it() {
    let block = |name: &str, generation: u8, more: &str| {
        format!("resource \"{TYPE}\" \"{name}\" {{\n  name = \"{name}-{generation}\"\n  size = 0\n{more}\n}}\n")
    };
    let within = |parent: &str| {
        let name = format!("  name = \"host-${{{TYPE}.{parent}.id}}\"\n  size = 0\n  parent = {TYPE}.{parent}.id");
        format!("resource \"{TYPE}\" \"host\" {{\n{name}\n}}\n")
    };
    let peer = |of: &str| format!("  peers = [{TYPE}.{of}.id]");
    let first_made = format!("{}\n  lifecycle {{\n    create_before_destroy = true\n  }}", peer("host"));
    let first = [block("net", 1, ""), block("host", 1, ""), block("user", 1, &peer("host"))].concat();
    let other = block("other", 1, &peer("net"));
    let second = [block("net", 2, ""), other, within("net"), block("user", 2, &first_made)].concat();
    // The host moves into what used its old network, and the user stays whatever became of its replacement.
    let third = [block("other", 2, ""), within("other"), block("user", 1, &peer("host"))].concat();
    at_every_boundary(&first, &second, |stage| {
        assert_eq!(apply(stage, &third), End::Done);
        assert_eq!(apply(stage, &third), End::Idle);
        assert_eq!(stage.world().nodes.len(), 3);
    });
}
