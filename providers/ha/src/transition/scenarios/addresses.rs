//! Starting, moving and stopping addresses and names.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::*;
use crate::address::{Op, Purpose, deactivation};
use crate::cloud::memory::Effect;
use crate::cloud::{ErrorKind, Record};
use crate::errors::Problem;
use crate::journal::{Outcome, StepState};

#[tokio::test]
async fn addresses_of_the_network_are_refused_before_anything_is_written() {
    for ip in [Ipv4Addr::new(10, 0, 5, 20), Ipv4Addr::new(10, 2, 0, 9)] {
        let scene = Scene::new(vec![vip_at(ip)]);
        let trouble = scene.run(Kind::Start, None, Some("server1")).await.unwrap_err();
        assert_eq!((trouble.problem, trouble.code()), (Problem::VipInVpc, Some(7)));
        assert_eq!(scene.aws.writes(), 0);
        assert!(scene.with(async |it| it.log().unwrap()).await.is_empty(), "preflight changes nothing");
    }
}

#[tokio::test]
async fn ids_that_do_not_exist_are_named() {
    let scene = Scene::new(vec![vip(), eip(), dns(true)]);
    let refused = async |change: &dyn Fn(&mut Scene)| {
        let mut scene = scene.clone();
        scene.aws = Memory::two_servers();
        change(&mut scene);
        scene.run(Kind::Start, None, Some("server1")).await.unwrap_err()
    };
    let gone = refused(&|it| it.aws.world().vpcs.clear()).await;
    assert_eq!(gone.to_string(), "Activating vip1 failed. (5: The vpc ID 'vpc-1' does not exist)");
    let gone = refused(&|it| it.cluster.servers[0].eni_id = "eni-7".into()).await;
    assert_eq!((gone.problem, &*gone.values["id"]), (Problem::VipInterface, "eni-7"));
    let gone = refused(&|it| it.aws.world().addresses.clear()).await;
    assert_eq!(gone.problem, Problem::EipAllocation);
    let gone = refused(&|it| it.aws.world().hosted_zones.clear()).await;
    assert_eq!(gone.problem, Problem::DnsZone);
    let gone = refused(&|it| it.cluster.servers[0].instance_id = "i-8".into()).await;
    assert_eq!(gone.problem, Problem::WrongInterface);
    let gone = refused(&|it| it.aws.world().tables.clear()).await;
    assert_eq!((gone.problem, gone.code()), (Problem::VipNoRoute, Some(201)));
}

#[tokio::test]
async fn a_planned_move_takes_all_tables_that_have_the_route_and_only_those() {
    let scene = Scene::started(vec![vip()]).await;
    let report = scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap();
    assert_eq!((report.outcome, report.epoch), (Some(Outcome::Done), 2));
    assert_eq!(scene.aws.count("ReplaceRoute"), 4);
    assert_eq!(scene.route("rtb-4").as_deref(), Some("eni-2"));
    assert_eq!(scene.route("rtb-5"), None);
    assert_eq!(scene.agreed("moved").await.as_deref(), Some("server2"));
    scene.aws.forget_calls();
    let again = scene.run(Kind::Start, None, Some("server2")).await.unwrap();
    assert!(again.is_done() && again.id.is_none());
    assert_eq!(scene.aws.writes(), 0);
}

#[tokio::test]
async fn both_servers_were_off_and_the_second_comes_first() {
    let scene = Scene::started(vec![vip()]).await;
    scene.hosts.power_off("server1");
    let report = scene.run(Kind::Start, None, Some("server2")).await.unwrap();
    assert!(report.is_done());
    assert_eq!(scene.route("rtb-1").as_deref(), Some("eni-2"));
}

#[tokio::test(start_paused = true)]
async fn throttling_is_survived_within_the_deadline_and_counted_beyond_it() {
    let scene = Scene::started(vec![vip()]).await;
    let throttled = Effect::Fail(ErrorKind::Throttled, "RequestLimitExceeded");
    scene.aws.fault("ReplaceRoute", "rtb-2", Some(5), throttled);
    assert!(scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap().is_done());
    scene.aws.fault("ReplaceRoute", "rtb-2", None, throttled);
    let report = scene.run(Kind::Move, Some("server2"), Some("server1")).await.unwrap();
    let trouble = report.trouble.unwrap();
    assert_eq!((report.outcome, trouble.problem, trouble.code()), (Some(Outcome::Failed), Problem::VipCall, Some(5)));
    let log = scene.with(async |it| it.log().unwrap()).await;
    let failed = log.last().unwrap().steps.iter().find(|it| it.state == Some(StepState::Failed)).unwrap();
    assert_eq!(failed.attempts, 6, "one and the five repetitions of the settings");
}

#[tokio::test]
async fn a_forbidden_table_is_named_and_a_repetition_moves_only_that() {
    let scene = Scene::started(vec![vip()]).await;
    scene.aws.fault("ReplaceRoute", "rtb-3", None, Effect::Fail(ErrorKind::Denied, "UnauthorizedOperation"));
    let report = scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap();
    let trouble = report.trouble.unwrap();
    assert_eq!((trouble.problem, &*trouble.values["tables"]), (Problem::VipDenied, "rtb-3"));
    assert_eq!(scene.aws.count("ReplaceRoute"), 4, "what is forbidden is not tried again");
    assert!(matches!(&scene.owners().await["vip1"], Holding::Several { parts } if parts.contains("rtb-3 → server1")));
    scene.aws.heal();
    scene.aws.forget_calls();
    assert!(scene.run(Kind::Repair, None, Some("server2")).await.unwrap().is_done());
    assert_eq!(scene.aws.count("ReplaceRoute"), 1);
    assert_eq!(scene.agreed("repaired").await.as_deref(), Some("server2"));
}

#[tokio::test]
async fn an_elastic_ip_moves_in_one_call_and_a_late_owner_cannot_take_it_back() {
    let scene = Scene::started(vec![eip()]).await;
    let before = observe(&scene.group, &scene.aws).await.unwrap();
    let late = deactivation(&scene.group.resources[0], &scene.cluster.servers[0], &before["eip1"], Purpose::Stop);
    assert!(scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap().is_done());
    assert_eq!((scene.aws.count("AssociateAddress"), scene.aws.count("DisassociateAddress")), (1, 0));
    assert!(matches!(&late[..], [Op::Disassociate { .. }]));
    late[0].send(&scene.aws).await.unwrap();
    assert_eq!(scene.agreed("moved").await.as_deref(), Some("server2"));
    let other = Scene::started(vec![eip()]).await;
    let stranger = crate::cloud::Address {
        allocation_id: "eipalloc-9".into(),
        ..other.aws.world().addresses["eipalloc-1"].clone()
    };
    let stranger = crate::cloud::Address {
        eni: Some("eni-2".into()),
        private_ip: Some(Ipv4Addr::new(10, 0, 120, 10)),
        ..stranger
    };
    other.aws.world().addresses.insert("eipalloc-9".into(), stranger);
    let refused = other.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap_err();
    assert_eq!(refused.problem, Problem::EipOccupied);
}

#[tokio::test]
async fn a_record_is_replaced_in_moves_and_deleted_by_its_live_values_in_stops() {
    let scene = Scene::started(vec![dns(true)]).await;
    let observed = observe(&scene.group, &scene.aws).await.unwrap();
    let late = deactivation(&scene.group.resources[0], &scene.cluster.servers[0], &observed["dns1"], Purpose::Stop);
    assert!(scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap().is_done());
    assert_eq!(scene.aws.count("ChangeResourceRecordSets"), 1, "the name is never without an address");
    late[0].send(&scene.aws).await.unwrap();
    assert_eq!(scene.agreed("moved").await.as_deref(), Some("server2"));
    // Somebody has changed the time to live: what is deleted is what is there.
    let live = Record { name: "srv.hz1.local.".into(), ttl: 17, values: vec!["10.0.120.10".into()] };
    scene.aws.upsert_record("Z1", &live).await.unwrap();
    assert!(scene.run(Kind::Stop, Some("server2"), None).await.unwrap().is_done());
    assert_eq!(scene.aws.record("Z1", "srv.hz1.local.").await.unwrap(), None);
}

#[tokio::test]
async fn without_deletion_the_record_outlives_the_group() {
    let scene = Scene::started(vec![dns(false)]).await;
    assert!(scene.run(Kind::Stop, Some("server1"), None).await.unwrap().is_done());
    assert!(scene.aws.record("Z1", "srv.hz1.local.").await.unwrap().is_some());
    assert_eq!(scene.aws.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn addresses_move_while_route_53_is_silent_and_the_name_follows() {
    let scene = Scene::started(vec![vip(), dns(true)]).await;
    scene.aws.fault("ListResourceRecordSets", "", None, Effect::Fail(ErrorKind::Unreachable, "ServiceUnavailable"));
    scene.aws.fault("ChangeResourceRecordSets", "", None, Effect::Hang);
    let report = scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap();
    assert_eq!(report.outcome, None, "{:?}", report.trouble);
    assert_eq!(report.trouble.unwrap().problem, Problem::DnsTimeout);
    assert_eq!(scene.route("rtb-1").as_deref(), Some("eni-2"));
    scene.aws.heal();
    let finished = scene.with(async |it| it.finish().await).await.unwrap();
    assert!(finished[0].is_done());
    assert_eq!(scene.agreed("finished").await.as_deref(), Some("server2"));
}

#[tokio::test(start_paused = true)]
async fn the_time_for_many_tables_grows_slower_than_their_number() {
    let mut times = Vec::new();
    for count in [1_usize, 10, 100] {
        let scene = Scene::started(vec![vip()]).await;
        let row = scene.aws.world().tables["vpc-1"][0].clone();
        let tables = (0..count).map(|it| crate::cloud::RouteTable { id: format!("rtb-{it}"), ..row.clone() }).collect();
        scene.aws.world().tables.insert("vpc-1".into(), tables);
        scene.aws.fault("ReplaceRoute", "", None, Effect::Delay(Duration::from_millis(200)));
        let start = tokio::time::Instant::now();
        assert!(scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap().is_done());
        assert_eq!(scene.aws.count("ReplaceRoute"), count);
        times.push(start.elapsed());
    }
    assert!(times[2] < times[0] * 20, "{times:?}");
}
