//! Silent servers, candidates, leases.

use super::*;
use crate::cloud::ErrorKind;
use crate::cloud::memory::Effect;
use crate::errors::Problem;
use crate::group::{Exclusive, ForcedStop, MirrorDisk, MirrorMode, defaults};
use crate::journal::Outcome;
use crate::transition::targets;

async fn fail_over(scene: &Scene, candidates: &[&str]) -> Result<Report, Trouble> {
    let candidates: Vec<String> = candidates.iter().map(|it| (*it).to_owned()).collect();
    scene.with(async |it| it.fail_over(Some("server1"), &candidates, "no heartbeat").await).await
}

#[tokio::test]
async fn a_silent_server_is_stopped_before_another_takes_over() {
    let mut scene = Scene::started(vec![vip(), eip()]).await;
    scene.cluster.forced_stop = Some(ForcedStop::default());
    scene.hosts.power_off("server1");
    assert!(fail_over(&scene, &["server1", "server2"]).await.unwrap().is_done());
    assert!(scene.aws.world().instances["i-1"].is_stopped());
    let calls: Vec<&str> = scene.aws.calls().iter().map(|it| it.operation).collect();
    let first = |operation: &str| calls.iter().position(|it| *it == operation).unwrap();
    assert!(first("StopInstances") < first("ReplaceRoute"));
    assert_eq!(scene.agreed("failed over").await.as_deref(), Some("server2"));
}

#[tokio::test(start_paused = true)]
async fn there_is_no_takeover_from_a_server_that_cannot_be_stopped() {
    let mut scene = Scene::started(vec![vip()]).await;
    scene.cluster.forced_stop = Some(ForcedStop::default());
    scene.hosts.silence("server1");
    scene.aws.fault("StopInstances", "", None, Effect::Fail(ErrorKind::Denied, "UnauthorizedOperation"));
    let report = fail_over(&scene, &["server2"]).await.unwrap();
    assert_eq!(report.trouble.unwrap().problem, Problem::ForcedStopFailed);
    assert_eq!(scene.aws.count("ReplaceRoute"), 0);
}

#[tokio::test]
async fn a_server_that_still_has_the_group_keeps_it() {
    let scene = Scene::started(vec![vip()]).await;
    let refused = scene.run(Kind::Start, None, Some("server2")).await.unwrap_err();
    assert_eq!((refused.problem, &*refused.values["server"]), (Problem::MaybeActiveElsewhere, "server1"));
    assert_eq!(scene.aws.writes(), 0);
}

#[tokio::test]
async fn failed_activation_goes_to_the_next_server_and_ends() {
    let mut scene = Scene::started(vec![eip()]).await;
    let third = Server {
        name: "server3".into(),
        instance_id: "i-9".into(),
        eni_id: "eni-9".into(),
        ..scene.cluster.servers[1].clone()
    };
    scene.cluster.servers.push(third);
    scene.group.startup.push("server3".into());
    scene.hosts.power_off("server1");
    scene.aws.fault("AssociateAddress", "eni-2", None, Effect::Fail(ErrorKind::Invalid, "InvalidParameterValue"));
    assert!(fail_over(&scene, &["server2", "server3"]).await.unwrap().is_done());
    assert_eq!(scene.owners().await["eip1"].member(), Some("server3"));
    scene.aws.fault("AssociateAddress", "", None, Effect::Fail(ErrorKind::Invalid, "InvalidParameterValue"));
    scene.aws.forget_calls();
    let candidates = ["server1".to_owned(), "server2".to_owned(), "server1".to_owned()];
    let report = scene.with(async |it| it.fail_over(Some("server3"), &candidates, "no heartbeat").await).await.unwrap();
    assert_eq!(report.outcome, Some(Outcome::Failed));
    assert_eq!(scene.aws.count("AssociateAddress"), 2, "the first and one more");
}

#[tokio::test]
async fn who_lost_the_lease_writes_no_more() {
    let scene = Scene::started(vec![vip()]).await;
    scene.aws.fault("ReplaceRoute", "rtb-1", Some(1), Effect::Fail(ErrorKind::Throttled, "RequestLimitExceeded"));
    let arbiter = scene.arbiter.clone();
    let seize = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        arbiter.seize("db/failover1", "server1")
    };
    let (report, epoch) = tokio::join!(scene.run(Kind::Move, Some("server1"), Some("server2")), seize);
    let report = report.unwrap();
    assert_eq!((report.outcome, epoch), (Some(Outcome::Superseded), 3));
    assert_eq!(scene.route("rtb-1").as_deref(), Some("eni-1"), "the repetition was not sent");
    assert_eq!(report.trouble.unwrap().values["newer"], "3");
}

#[tokio::test]
async fn an_old_copy_is_mounted_by_force_only_and_the_journal_says_so() {
    let disk = MirrorDisk {
        mount_point: "/data".into(),
        file_system: "xfs".into(),
        mode: MirrorMode::Sync,
        mount_timeout: defaults::MOUNT_TIMEOUT,
        unmount_timeout: defaults::UNMOUNT_TIMEOUT,
        sides: BTreeMap::new(),
    };
    let scene = Scene::started(vec![Resource::new("md1", ResourceKind::MirrorDisk(disk)), eip()]).await;
    scene.hosts.power_off("server1");
    scene.hosts.shared.lock().unwrap().facts.entry("server2".into()).or_default().outdated.insert("md1".into());
    assert_eq!(fail_over(&scene, &["server2"]).await.unwrap_err().problem, Problem::MirrorOutdated);
    assert_eq!(scene.aws.writes(), 0);
    let request = Request {
        kind: Kind::Failover,
        from: Some("server1".into()),
        to: Some("server2".into()),
        reason: "a person says so".into(),
        forced: true,
    };
    assert!(scene.with(async |it| it.run(&request).await).await.unwrap().is_done());
    assert!(scene.with(async |it| it.log().unwrap()).await.last().unwrap().transition.forced);
    let aws = scene.aws();
    let manager = Manager {
        cluster: &scene.cluster,
        group: &scene.group,
        cloud: &aws,
        hosts: None,
        arbiter: &scene.arbiter,
        journal: &scene.journal,
        patience: Patience::within(Duration::from_secs(1)),
        by: "test".into(),
        keep: KeepLease::No,
    };
    let back = Request { kind: Kind::Move, from: Some("server2".into()), to: Some("server1".into()), ..request };
    assert_eq!(manager.run(&back).await.unwrap_err().problem, Problem::NeedsAgents);
}

#[test]
fn exclusive_groups_keep_apart() {
    let (cluster, mut group) = (cluster(), Group::new("g", "db", &["server1", "server2"], vec![]));
    let occupied = BTreeMap::from([("server1".to_owned(), vec![Exclusive::None])]);
    let none = BTreeSet::new();
    let found = |group: &Group, down: &BTreeSet<String>| targets(&cluster, group, down, &occupied);
    assert_eq!(found(&group, &none), ["server1", "server2"]);
    group.exclusive = Exclusive::Normal;
    assert_eq!(found(&group, &none), ["server2", "server1"]);
    group.exclusive = Exclusive::Full;
    assert_eq!(found(&group, &none), ["server2"]);
    assert!(found(&group, &BTreeSet::from(["server2".to_owned()])).is_empty());
}
