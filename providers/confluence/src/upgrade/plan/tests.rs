//! Which steps follow from what was observed.

use plumb_engine::provider::Schematic;
use plumb_engine::value::{Type, to_value};

use super::*;
use crate::cluster::{Database, NodeView};

fn node(instance: &str, version: &str, state: &str) -> NodeView {
    NodeView { instance: instance.into(), version: version.into(), state: state.into(), ..NodeView::default() }
}

fn cluster(version: &str, strategy: &str) -> Cluster {
    let nodes = MachineGroup {
        name: "nodes".into(),
        min_size: 2,
        max_size: Some(4),
        launch_template_id: Some("lt-1".into()),
        launch_template_version: Some("7".into()),
        ..MachineGroup::default()
    };
    Cluster {
        base_url: "https://wiki".into(),
        version: version.into(),
        upgrade_strategy: strategy.into(),
        replace_nodes: "never".into(),
        node_group: Some(nodes),
        synchrony_group: Some(MachineGroup { name: "synchrony".into(), min_size: 1, ..MachineGroup::default() }),
        database: Some(Database { instance: Some("db".into()), cluster: None }),
        cluster_state: "STABLE".into(),
        nodes: vec![node("i-1", "9.2.1", "ACTIVE"), node("i-2", "9.2.1", "ACTIVE")],
        ..Cluster::default()
    }
}

fn change(seen: &Cluster, wanted: &Cluster) -> PlannedChange {
    let object = |it: &Cluster| {
        let told = to_value(it).unwrap();
        let empty = Cluster::block().empty();
        let items = told.as_map().unwrap().iter().filter(|(_, it)| !it.is_null());
        items.fold(empty, |object, (name, value)| object.with(name, value.clone()))
    };
    PlannedChange { prior: object(seen), config: object(wanted), planned: object(wanted), replace: Vec::new() }
}

fn ids(steps: &ChangeSteps) -> Vec<&str> {
    steps.steps.iter().map(|it| &*it.id).collect()
}

fn refusals(seen: &Cluster, wanted: &Cluster) -> Vec<String> {
    plan(&change(seen, wanted), None).unwrap_err().iter().map(|it| it.summary.clone()).collect()
}

#[test]
fn everything_is_stopped_before_anything_new_starts() {
    let steps = plan(&change(&cluster("9.2.1", "stop_all"), &cluster("10.0.2", "stop_all")), None).unwrap().unwrap();
    assert_eq!(steps.goal, "upgrade to 10.0.2 with all nodes stopped");
    let order =
        ["check", "backup-database", "stop", "gone", "template", "first", "healthy", "verify", "resize", "joined"];
    assert_eq!(ids(&steps), order);
    assert_eq!(steps.steps[2].target, "nodes, synchrony");
    assert_eq!(steps.steps[8].target, "nodes to 2 to 4, synchrony to 1");
    assert!(steps.steps.iter().all(|it| it.expected_seconds > 0));
}

#[test]
fn nodes_give_way_one_after_the_other() {
    let steps = plan(&change(&cluster("9.2.1", "rolling"), &cluster("9.2.3", "rolling")), None).unwrap().unwrap();
    let order = [
        "check",
        "backup-database",
        "hold",
        "enable",
        "template",
        "drain/i-1",
        "stop/i-1",
        "replace/i-1",
        "join/1",
        "drain/i-2",
        "stop/i-2",
        "replace/i-2",
        "join/2",
        "finalize",
        "synchrony",
        "release",
        "verify",
        "joined",
    ];
    assert_eq!(ids(&steps), order);
}

#[test]
fn a_cluster_that_others_have_upgraded_in_part_is_upgraded_to_the_end() {
    let mut seen = cluster("9.2.1", "rolling");
    seen.cluster_state = "MIXED".into();
    seen.nodes[0].version = "9.2.3".into();
    let steps = plan(&change(&seen, &cluster("9.2.3", "rolling")), None).unwrap().unwrap();
    assert!(!ids(&steps).contains(&"drain/i-1") && ids(&steps).contains(&"drain/i-2"));
}

#[test]
fn no_version_is_ever_lowered() {
    for strategy in ["stop_all", "rolling"] {
        assert_eq!(refusals(&cluster("9.2.3", strategy), &cluster("9.2.1", strategy)), ["Lower version"]);
    }
}

#[test]
fn rolling_upgrades_need_a_fit_cluster() {
    let wanted = cluster("9.2.3", "rolling");
    let with = |change: &dyn Fn(&mut Cluster)| {
        let mut seen = cluster("9.2.1", "rolling");
        change(&mut seen);
        refusals(&seen, &wanted)
    };
    assert_eq!(with(&|it| it.nodes.truncate(1)), ["Too few nodes for a rolling upgrade"]);
    assert_eq!(with(&|it| it.cluster_state = "UNREACHABLE".into()), ["Cluster not reachable"]);
    assert_eq!(with(&|it| it.cluster_state = "UNKNOWN".into()), ["Cluster state unknown"]);
    assert_eq!(
        with(&|it| it.cluster_state = "UPGRADE_TASKS_FAILED".into()),
        ["Cluster not ready for a rolling upgrade"]
    );
    assert_eq!(with(&|it| it.nodes.push(node("i-3", "9.2.1", "ERROR"))), ["Node in error"]);
    let far = refusals(&cluster("9.2.1", "rolling"), &cluster("9.3.0", "rolling"));
    assert_eq!(far, ["No rolling upgrade between these versions"]);
    let allowed = Cluster { allow_feature_upgrade: true, ..cluster("9.3.0", "rolling") };
    assert!(plan(&change(&cluster("9.2.1", "rolling"), &allowed), None).is_ok());
}

#[test]
fn what_was_begun_is_finished_or_taken_back() {
    let (seen, wanted) = (cluster("9.2.1", "rolling"), cluster("9.2.3", "rolling"));
    let planned = plan(&change(&seen, &wanted), None).unwrap().unwrap();
    let left = ChangeSteps { done: 6, ..planned.clone() };
    let again = plan(&change(&seen, &wanted), Some(&left)).unwrap().unwrap();
    assert_eq!(again.or_left(Some(&left)), Some(left.clone()));
    // Nothing differs any more, and steps are left all the same.
    let again = plan(&change(&cluster("9.2.3", "rolling"), &wanted), Some(&left)).unwrap().unwrap();
    assert_eq!(again.goal, left.goal);
    let other = plan(&change(&seen, &cluster("9.2.4", "rolling")), Some(&left)).unwrap_err();
    assert_eq!(other.iter().next().unwrap().summary, "Another upgrade is under way");
    let other = plan(&change(&seen, &cluster("9.2.3", "stop_all")), Some(&left));
    assert!(other.is_err());
    let unbegun = ChangeSteps { done: 0, ..planned };
    assert!(plan(&change(&seen, &cluster("9.2.4", "rolling")), Some(&unbegun)).is_ok());
}

#[test]
fn a_new_template_replaces_nodes_only_when_asked() {
    let (seen, mut wanted) = (cluster("9.2.1", "stop_all"), cluster("9.2.1", "stop_all"));
    assert_eq!(plan(&change(&seen, &wanted), None).unwrap(), None);
    wanted.node_group.as_mut().unwrap().launch_template_version = Some("8".into());
    let mut difference = change(&seen, &wanted);
    assert_eq!(plan(&difference, None).unwrap(), None);
    assert_eq!(crate::cluster::rules::plan(&mut difference).len(), 1);
    wanted.replace_nodes = "rolling".into();
    let mut difference = change(&seen, &wanted);
    let steps = plan(&difference, None).unwrap().unwrap();
    assert_eq!(steps.goal, "replace the nodes");
    assert!(crate::cluster::rules::plan(&mut difference).is_empty());
    let group = difference.planned.get("node_group").unwrap().clone();
    let unknown = group.with("launch_template_version", Value::unknown(Type::String));
    difference.planned = difference.planned.clone().with("node_group", unknown);
    assert_eq!(plan(&difference, None).unwrap(), Some(steps));
}
