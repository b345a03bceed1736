//! What monitors see, what they make of silence, and where rewriting ends.

use super::*;
use crate::address::resolver::Resolver;
use crate::address::{Look, dns as names, elastic_ip, judge, virtual_ip, zone};
use crate::cloud::memory::Effect;
use crate::cloud::{ErrorKind, Record, ZoneState};
use crate::errors::Problem;
use crate::group::NoAnswer;

struct Stub(Result<Vec<Ipv4Addr>, String>);

#[async_trait]
impl Resolver for Stub {
    async fn resolve(&self, _name: &str) -> Result<Vec<Ipv4Addr>, String> {
        self.0.clone()
    }
}

fn kind(resource: &Resource) -> &ResourceKind {
    &resource.kind
}

async fn vip_look(scene: &Scene, on_server: Option<bool>) -> Result<(), Trouble> {
    let resource = &scene.group.resources[0];
    let ResourceKind::VirtualIp(vip) = kind(resource) else { panic!("no virtual IP address") };
    virtual_ip::monitor(resource, vip, &scene.cluster.servers[0], on_server, &scene.aws()).await
}

async fn dns_look(scene: &Scene, resolver: &Stub) -> Result<(), Trouble> {
    let resource = &scene.group.resources[0];
    let ResourceKind::DnsRecord(record) = kind(resource) else { panic!("no record") };
    names::monitor(resource, record, &scene.cluster.servers[0], Some(resolver), &scene.aws()).await
}

#[tokio::test(start_paused = true)]
async fn silence_means_what_the_mode_says() {
    let scene = Scene::started(vec![vip()]).await;
    scene.aws.fault("DescribeRouteTables", "", None, Effect::Hang);
    let look = vip_look(&scene, Some(true)).await;
    assert!(matches!(judge(look.clone(), NoAnswer::Ignore), Look::Ignored(_)));
    let Look::Warning(warning) = judge(look.clone(), NoAnswer::Warn) else { panic!("{look:?}") };
    assert_eq!(warning.code(), Some(106));
    let Look::Error(error) = judge(look, NoAnswer::Recover) else { panic!("no error") };
    assert_eq!(error.code(), Some(6));
}

#[tokio::test]
async fn changed_routes_are_rewritten_until_it_is_a_war() {
    let scene = Scene::started(vec![vip()]).await;
    assert_eq!(vip_look(&scene, Some(true)).await, Ok(()));
    assert_eq!(vip_look(&scene, Some(false)).await.unwrap_err().problem, Problem::VipNotLocal);
    for round in 0..=5 {
        by_hand(&scene.aws, "rtb-2", "eni-9").await;
        let Look::Error(error) = judge(vip_look(&scene, Some(true)).await, NoAnswer::Ignore) else { panic!("{round}") };
        assert_eq!((error.code(), &*error.values["targets"]), (Some(8), "rtb-2 → eni-9"));
        let result = scene.with(async |it| it.restart(&scene.group.resources[0], "server1").await).await;
        if round < 5 {
            assert!(result.unwrap().is_done());
            assert_eq!(scene.route("rtb-2").as_deref(), Some("eni-1"));
        } else {
            let trouble = result.unwrap_err();
            assert_eq!(trouble.problem, Problem::Flapping);
            assert!(trouble.values["other"].contains("eni-9 of i-9 (Name=server9)"), "{trouble}");
            assert_eq!(scene.route("rtb-2").as_deref(), Some("eni-9"), "rewriting has ended");
        }
    }
}

#[tokio::test]
async fn a_lost_elastic_ip_is_found_and_brought_back() {
    let scene = Scene::started(vec![eip()]).await;
    let ResourceKind::ElasticIp(address) = kind(&scene.group.resources[0]).clone() else { panic!("no address") };
    let association = scene.aws.world().addresses["eipalloc-1"].association_id.clone().unwrap();
    scene.aws.disassociate_address(&association).await.unwrap();
    let look = elastic_ip::monitor(&scene.group.resources[0], &address, &scene.cluster.servers[0], &scene.aws).await;
    assert_eq!(look.unwrap_err().code(), Some(7));
    assert!(scene.with(async |it| it.restart(&scene.group.resources[0], "server1").await).await.unwrap().is_done());
    assert_eq!(scene.owners().await["eip1"].member(), Some("server1"));
}

#[tokio::test]
async fn records_are_looked_at_in_the_zone_and_then_resolved() {
    let scene = Scene::started(vec![dns(true)]).await;
    let own = Ipv4Addr::new(10, 0, 110, 10);
    let code = async |stub: Stub| dns_look(&scene, &stub).await.err().and_then(|it| it.code());
    assert_eq!(code(Stub(Ok(vec![own]))).await, None);
    assert_eq!(code(Stub(Err("NXDOMAIN".into()))).await, Some(9));
    assert_eq!(code(Stub(Ok(vec![Ipv4Addr::new(192, 0, 2, 1)]))).await, Some(10));
    let other = Record { name: "srv.hz1.local.".into(), ttl: 300, values: vec!["192.0.2.1".into()] };
    scene.aws.upsert_record("Z1", &other).await.unwrap();
    assert_eq!(code(Stub(Ok(vec![own]))).await, Some(8));
    scene.aws.delete_record("Z1", &other).await.unwrap();
    assert_eq!(code(Stub(Ok(vec![own]))).await, Some(7));
    let before = scene.aws.writes();
    dns_look(&scene, &Stub(Ok(vec![own]))).await.unwrap_err();
    assert_eq!(scene.aws.writes(), before, "monitors write nothing");
}

#[tokio::test]
async fn zones_are_seen_as_aws_sees_them() {
    let scene = Scene::new(vec![vip()]);
    let server = &scene.cluster.servers[0];
    let look = async |state: Option<ZoneState>| {
        match state {
            Some(state) => scene.aws.world().zones.insert("ap-northeast-1a".into(), state),
            None => scene.aws.world().zones.remove("ap-northeast-1a"),
        };
        judge(zone::monitor("az1", server, &scene.aws).await, NoAnswer::Ignore)
    };
    assert_eq!(look(Some(ZoneState::Information)).await, Look::Fine);
    assert!(matches!(look(Some(ZoneState::Impaired)).await, Look::Warning(_)));
    assert!(matches!(look(Some(ZoneState::Constrained)).await, Look::Warning(_)));
    assert!(matches!(look(Some(ZoneState::Unavailable)).await, Look::Error(_)));
    let Look::Error(unknown) = look(None).await else { panic!("an unknown zone is an error") };
    assert_eq!((unknown.problem, unknown.code()), (Problem::ZoneInvalid, Some(5)));
    scene.aws.fault("DescribeAvailabilityZones", "", None, Effect::Fail(ErrorKind::Denied, "UnauthorizedOperation"));
    let failed = zone::monitor("az1", server, &scene.aws).await;
    let Look::Warning(warning) = judge(failed, NoAnswer::Warn) else { panic!("no warning") };
    assert_eq!(warning.code(), Some(105));
}
