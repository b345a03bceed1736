//! Upgrades of a stand-in, both ways: to the end, killed anywhere, with nodes that go wrong.

#![allow(clippy::unwrap_used, reason = "what is not as it should be ends the test")]

mod standin;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use plumb_engine::provider::{ProviderError, ReadOutcome};
use plumb_provider_confluence::fleet::{Fleet, Sizes, Template};
use standin::ledger::{KILLED, Kill};
use standin::world::Fault;
use standin::{NODES, Site, get, http};

/// A site after its upgrade: all nodes run the new version and serve, sizes are the usual ones, and nothing happened that
/// must not.
async fn assert_upgraded(site: &mut Site) {
    let violations = site.world.state().violations.clone();
    assert_eq!(violations, Vec::<String>::new());
    assert_eq!(site.world.running(), ["9.2.3"]);
    assert_eq!(site.world.state().data, "9.2.3");
    let group = site.fleet.group("nodes").await.unwrap();
    assert_eq!((group.sizes.min, group.sizes.max, group.instances.len()), (3, 4, 3));
    assert!(group.instances.iter().all(|it| it.template_version.as_deref() == Some("2")));
    assert_eq!(site.fleet.serving(NODES).len(), 3);
    site.refresh().await;
    assert_eq!(site.object.get("version").unwrap().as_str(), Some("9.2.3"));
    assert_eq!(site.object.get("cluster_state").unwrap().as_str(), Some("STABLE"));
}

async fn site_and_wanted(strategy: &str) -> (Site, plumb_engine::value::Value) {
    let site = Site::new().await;
    let wanted = site.wanted("9.2.3", "2", strategy);
    (site, wanted)
}

/// The error of a gate: its summary and its way out.
fn gate(error: &ProviderError) -> (String, String) {
    let summary = error.summary.as_deref().unwrap_or_default().to_owned();
    (summary, error.help.clone().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_nodes_stop_before_one_starts() {
    let (mut site, wanted) = site_and_wanted("stop_all").await;
    site.apply(&wanted, None).await.unwrap();
    assert_upgraded(&mut site).await;
    assert_eq!(site.fleet.backups().len(), 1);
    assert_eq!(site.plan(&wanted).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rolling_upgrade() {
    let (mut site, wanted) = site_and_wanted("rolling").await;
    // Slow enough for many requests in each step.
    let limits = wanted.get("limits").unwrap().clone().with("poll", "20ms".into());
    let wanted = wanted.with("limits", limits);
    let (stop, lost, answered) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let people: Vec<_> = (0..4)
        .map(|_| {
            let (stop, lost, answered) = (stop.clone(), lost.clone(), answered.clone());
            let address = site.balancer.address;
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    match http::send(address, &get("/page")) {
                        Some((200, text)) if text == "page" => answered.fetch_add(1, Ordering::SeqCst),
                        _ => lost.fetch_add(1, Ordering::SeqCst),
                    };
                }
            })
        })
        .collect();
    site.apply(&wanted, None).await.unwrap();
    stop.store(true, Ordering::SeqCst);
    for person in people {
        person.join().unwrap();
    }
    assert_upgraded(&mut site).await;
    assert_eq!(lost.load(Ordering::SeqCst), 0, "requests were lost");
    assert!(answered.load(Ordering::SeqCst) > 30, "{answered:?} requests are too few to tell");
    assert_eq!(site.plan(&wanted).await.unwrap(), None);
}

async fn killed_everywhere(strategy: &str) {
    let (mut first, wanted) = site_and_wanted(strategy).await;
    let count = first.plan(&wanted).await.unwrap().unwrap().steps.len();
    drop(first);
    for at in 0..count {
        for kill in [Kill::AtBegin(at), Kill::WhileWaiting(at), Kill::BeforeEnd(at)] {
            let (mut site, wanted) = site_and_wanted(strategy).await;
            let killed = site.apply(&wanted, Some(kill)).await.unwrap_err();
            assert!(killed.to_string().contains(KILLED), "{kill:?}: {killed}");
            if let Err(error) = site.apply(&wanted, None).await {
                panic!("{strategy} {kill:?}: {error}\n{:?}", error.help);
            }
            assert_upgraded(&mut site).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_with_all_nodes_stopped_goes_on_from_anywhere() {
    killed_everywhere("stop_all").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_upgrade_goes_on_from_anywhere() {
    killed_everywhere("rolling").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_dies_at_every_step_gets_there_all_the_same() {
    for strategy in ["stop_all", "rolling"] {
        let (mut site, wanted) = site_and_wanted(strategy).await;
        let count = site.plan(&wanted).await.unwrap().unwrap().steps.len();
        for at in 0..count {
            // Each run does one step more: the step where the last one died, up to the begin of the next.
            site.apply(&wanted, Some(Kill::BeforeEnd(at))).await.unwrap_err();
            let next = Some(Kill::AtBegin(at + 1)).filter(|_| at + 1 < count);
            assert_eq!(site.apply(&wanted, next).await.is_err(), next.is_some());
        }
        assert_upgraded(&mut site).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_stops_the_upgrade_and_gives_way() {
    for strategy in ["rolling", "stop_all"] {
        let (mut site, wanted) = site_and_wanted(strategy).await;
        let wanted = short(&wanted);
        // Machines are numbered as they are made: four were there, the next is the first of the new version.
        site.world.state().faults.insert("i-0005".into(), Fault::Hangs);
        let (summary, help) = gate(&site.apply(&wanted, None).await.unwrap_err());
        assert_eq!(summary, "Health gate not passed");
        assert!(help.contains("STARTING") && help.contains("upgrade resume"), "{help}");
        site.fleet.die("i-0005");
        site.apply(&wanted, None).await.unwrap();
        assert_upgraded(&mut site).await;
    }
}

/// The same object with limits that are over soon.
fn short(wanted: &plumb_engine::value::Value) -> plumb_engine::value::Value {
    let soon = |text: &str| plumb_engine::value::Value::from(text);
    let limits = wanted.get("limits").unwrap().clone().with("start", soon("300ms")).with("tasks", soon("300ms"));
    wanted.clone().with("limits", limits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_in_error_stops_the_upgrade_with_the_ways_out() {
    let (mut site, wanted) = site_and_wanted("rolling").await;
    site.world.state().faults.insert("i-0005".into(), Fault::Errors);
    let (summary, help) = gate(&site.apply(&wanted, None).await.unwrap_err());
    assert_eq!(summary, "Node in error");
    assert!(help.contains("gracefully") && help.contains("cannot be turned off"), "{help}");
    site.refresh().await;
    assert_eq!(site.object.get("cluster_state").unwrap().as_str(), Some("MIXED"));
    site.fleet.die("i-0005");
    site.apply(&wanted, None).await.unwrap();
    assert_upgraded(&mut site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_in_error_keeps_an_upgrade_from_being_finalized_until_it_is_offline() {
    let (mut site, wanted) = site_and_wanted("rolling").await;
    let steps = site.plan(&wanted).await.unwrap().unwrap().steps;
    let finalize = steps.iter().position(|it| &*it.id == "finalize").unwrap();
    site.apply(&wanted, Some(Kill::AtBegin(finalize))).await.unwrap_err();
    site.world.spoil("i-0006");
    let (summary, help) = gate(&site.apply(&wanted, None).await.unwrap_err());
    assert_eq!(summary, "Node in error");
    assert!(help.contains("finalized without it"), "{help}");
    site.fleet.die("i-0006");
    site.apply(&wanted, None).await.unwrap();
    assert_upgraded(&mut site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_mode_is_not_turned_on_beside_a_node_in_error() {
    let (mut site, wanted) = site_and_wanted("rolling").await;
    let steps = site.plan(&wanted).await.unwrap().unwrap().steps;
    let enable = steps.iter().position(|it| &*it.id == "enable").unwrap();
    site.apply(&wanted, Some(Kill::AtBegin(enable))).await.unwrap_err();
    site.world.spoil("i-0003");
    let (summary, help) = gate(&site.apply(&wanted, None).await.unwrap_err());
    assert_eq!(summary, "Upgrade mode cannot be turned on");
    assert!(help.contains("leaves the cluster"), "{help}");
    site.fleet.die("i-0003");
    site.apply(&wanted, None).await.unwrap();
    assert_upgraded(&mut site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_the_wrong_version_is_noticed_at_once() {
    for strategy in ["rolling", "stop_all"] {
        let (mut site, wanted) = site_and_wanted(strategy).await;
        site.world.state().faults.insert("i-0005".into(), Fault::WrongVersion("9.2.2"));
        let (summary, help) = gate(&site.apply(&wanted, None).await.unwrap_err());
        assert_eq!(summary, "Node of the wrong version");
        assert!(help.contains("user data"), "{help}");
        site.fleet.die("i-0005");
        site.apply(&wanted, None).await.unwrap();
        assert_upgraded(&mut site).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_die_are_replaced_on_the_way() {
    // An old one that waits for its turn, and a new one that serves already.
    for (dies, after) in [("i-0003", 6), ("i-0005", 9)] {
        let (mut site, wanted) = site_and_wanted("rolling").await;
        site.apply(&wanted, Some(Kill::AtBegin(after))).await.unwrap_err();
        site.fleet.die(dies);
        site.apply(&wanted, None).await.unwrap_or_else(|error| panic!("{dies}: {error} {:?}", error.help));
        assert_upgraded(&mut site).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_tasks_that_fail_are_run_again_when_the_upgrade_goes_on() {
    let (mut site, wanted) = site_and_wanted("rolling").await;
    site.world.state().failing_tasks = 1;
    let error = site.apply(&wanted, None).await.unwrap_err();
    assert_eq!(gate(&error).0, "Upgrade tasks failed");
    assert!(error.message.contains("the index is locked"), "{error}");
    site.apply(&wanted, None).await.unwrap();
    assert_upgraded(&mut site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synchrony_blocks_nothing_before_the_wizard_is_done() {
    let (mut site, wanted) = site_and_wanted("stop_all").await;
    site.world.state().first_run = true;
    site.apply(&wanted, None).await.unwrap();
    assert!(site.fleet.serving(standin::SYNCHRONY).is_empty());
    assert_eq!(site.object.get("cluster_state").unwrap().as_str(), Some("FIRST_RUN"));
    site.world.state().first_run = false;
    assert_upgraded(&mut site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_are_found_where_either_documentation_has_them() {
    let mut site = Site::at("/rest/zdu/cluster/zdu").await;
    let wanted = site.wanted("9.2.3", "2", "rolling");
    site.apply(&wanted, None).await.unwrap();
    assert_upgraded(&mut site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_give_way_to_a_new_template_of_the_same_version() {
    let mut site = Site::new().await;
    site.world.state().versions.insert("4".into(), "9.2.1".into());
    let wanted = site.wanted("9.2.1", "4", "stop_all").with("replace_nodes", "rolling".into());
    let steps = site.plan(&wanted).await.unwrap().unwrap();
    assert_eq!(steps.goal, "replace the nodes");
    site.apply(&wanted, Some(Kill::WhileWaiting(6))).await.unwrap_err();
    site.apply(&wanted, None).await.unwrap();
    let group = site.fleet.group("nodes").await.unwrap();
    assert!(group.instances.iter().all(|it| it.template_version.as_deref() == Some("4")));
    assert_eq!((group.instances.len(), site.world.running()), (3, vec!["9.2.1".to_owned()]));
    assert_eq!(site.world.state().violations, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_is_refused_where_it_would_do_harm() {
    let (mut site, wanted) = site_and_wanted("rolling").await;
    assert_eq!(site.plan(&site.wanted("9.2.0", "1", "stop_all")).await.unwrap_err(), ["Lower version"]);
    site.fleet.resize("nodes", Sizes::exactly(1)).await.unwrap();
    assert_eq!(site.plan(&wanted).await.unwrap_err(), ["Too few nodes for a rolling upgrade"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_mind_is_only_taken_before_the_first_node() {
    let (mut site, wanted) = site_and_wanted("rolling").await;
    // Upgrade mode is on, and no node was touched.
    site.apply(&wanted, Some(Kill::AtBegin(5))).await.unwrap_err();
    let done = site.cancel().await.unwrap();
    assert!(done[0].contains("STABLE"), "{done:?}");
    assert_eq!(site.fleet.group("nodes").await.unwrap().template.unwrap().version, "1");
    site.left = None;
    // The first node was replaced.
    site.apply(&wanted, Some(Kill::AtBegin(9))).await.unwrap_err();
    let error = site.cancel().await.unwrap_err();
    assert_eq!(gate(&error).0, "Upgrade cannot be taken back");
    assert!(error.help.unwrap().contains("different versions"));
    site.apply(&wanted, None).await.unwrap();
    assert_upgraded(&mut site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_groups_are_started_again_by_a_change_of_mind() {
    let (mut site, wanted) = site_and_wanted("stop_all").await;
    site.apply(&wanted, Some(Kill::AtBegin(4))).await.unwrap_err();
    assert!(site.fleet.group("nodes").await.unwrap().instances.is_empty());
    site.cancel().await.unwrap();
    let group = site.fleet.group("nodes").await.unwrap();
    assert_eq!((group.instances.len(), group.template), (3, Some(Template { id: "lt-1".into(), version: "1".into() })));
    assert_eq!(site.world.state().violations, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_node_of_the_new_version_cannot_be_taken_back() {
    for after in [6, 8] {
        let (mut site, wanted) = site_and_wanted("stop_all").await;
        site.apply(&wanted, Some(Kill::AtBegin(after))).await.unwrap_err();
        assert_eq!(gate(&site.cancel().await.unwrap_err()).0, "Upgrade cannot be taken back");
        site.apply(&wanted, None).await.unwrap();
        assert_upgraded(&mut site).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_template_counts_for_the_machines_to_come() {
    for strategy in ["stop_all", "rolling"] {
        let (mut site, wanted) = site_and_wanted(strategy).await;
        site.world.state().versions.insert("2".into(), "9.2.2".into());
        assert_eq!(gate(&site.apply(&wanted, None).await.unwrap_err()).0, "Node of the wrong version");
        let corrected = site.wanted("9.2.3", "3", strategy);
        // The machine is still the wrong one, but the next one will not be.
        assert_eq!(gate(&site.apply(&corrected, None).await.unwrap_err()).0, "Node of the wrong version");
        site.fleet.die("i-0005");
        site.apply(&corrected, None).await.unwrap();
        assert_eq!(site.world.running(), ["9.2.3"]);
        assert_eq!(site.world.state().violations, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_is_the_clusters_own_or_that_of_the_provider() {
    let site = Site::new().await;
    let state = |outcome: ReadOutcome| match outcome {
        ReadOutcome::Found(object) => object.get("cluster_state").unwrap().as_str().unwrap().to_owned(),
        ReadOutcome::Failed(error) => error.help.unwrap_or(error.message),
        ReadOutcome::Absent => panic!("a cluster is never gone"),
    };
    assert_eq!(state(site.read_as(Some("token"), &site.object).await), "STABLE");
    // Without a login, the version is known all the same.
    assert_eq!(state(site.read_as(None, &site.object).await), "UNKNOWN");
    assert!(state(site.read_as(Some("wrong"), &site.object).await).contains("token_wo"));
    let named = site.object.clone().with("credentials_secret", "wiki".into());
    site.fleet.add_secret("wiki", r#"{"token": "token"}"#);
    assert_eq!(state(site.read_as(None, &named).await), "STABLE");
    site.fleet.add_secret("wiki", "token");
    assert!(state(site.read_as(None, &named).await).contains("JSON"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_answer_is_not_gone() {
    let mut site = Site::new().await;
    site.fleet.resize("nodes", Sizes::exactly(0)).await.unwrap();
    site.refresh().await;
    let text = |name: &str| site.object.get(name).unwrap().as_str().unwrap().to_owned();
    assert_eq!((text("version"), text("cluster_state")), ("9.2.1".to_owned(), "UNREACHABLE".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_and_templates_reach_the_groups_without_steps() {
    let mut site = Site::new().await;
    let wanted = site.wanted("9.2.1", "4", "stop_all");
    let nodes = wanted.get("node_group").unwrap().clone().with("min_size", 2.into()).with("max_size", 5.into());
    site.update(&wanted.with("node_group", nodes)).await;
    let group = site.fleet.group("nodes").await.unwrap();
    // How many nodes there are between the two is the group's own business, and those that run stay as they are.
    assert_eq!(group.sizes, Sizes { min: 2, max: 5, desired: 3 });
    assert_eq!(group.template.unwrap().version, "4");
    assert!(group.instances.iter().all(|it| it.template_version.as_deref() == Some("1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_somebody_has_deleted_leaves_the_cluster_readable() {
    let site = Site::new().await;
    let nodes = site.object.get("node_group").unwrap().clone().with("name", "gone".into());
    let outcome = site.read_as(Some("token"), &site.object.clone().with("node_group", nodes)).await;
    let ReadOutcome::Found(object) = outcome else { panic!("{outcome:?}") };
    let nodes = object.get("nodes").unwrap();
    let machines = nodes.as_slice().unwrap().iter().map(|it| it.get("instance").unwrap().as_str().unwrap());
    assert!(machines.clone().count() == 3 && machines.into_iter().all(str::is_empty), "{nodes:?}");
}
