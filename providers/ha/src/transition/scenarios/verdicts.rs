//! What the status says of groups in every condition.

use super::*;
use crate::address::Look;
use crate::cloud::ErrorKind;
use crate::cloud::memory::{Effect, Fuse};
use crate::status::{GroupStatus, Known, Verdict, look_at, unanimous};

async fn seen(scene: &Scene) -> GroupStatus {
    let log = scene.with(async |it| it.log().unwrap()).await;
    let known = Known { arbiter: Some(&scene.arbiter), log: &log, applied: None };
    look_at(&scene.cluster, &scene.group, &scene.aws(), known).await
}

fn on(server: &str) -> Verdict {
    Verdict::Active { server: server.to_owned() }
}

#[tokio::test]
async fn active_and_stopped_groups() {
    let scene = Scene::started(vec![vip(), eip(), dns(false)]).await;
    let found = seen(&scene).await;
    assert_eq!((&found.verdict, found.epoch(), found.is_well()), (&on("server1"), 1, true));
    assert!(found.resources.iter().all(|it| it.look == Some(Look::Fine)));
    assert_eq!(scene.aws.writes(), 0, "looking writes nothing");
    scene.run(Kind::Stop, Some("server1"), None).await.unwrap();
    let remains = vec!["vip1".to_owned(), "dns1".to_owned()];
    assert_eq!(seen(&scene).await.verdict, Verdict::Stopped { remains });
}

#[tokio::test]
async fn moved_torn_and_stolen_groups() {
    let scene = Scene::started(vec![vip()]).await;
    by_hand(&scene.aws, "rtb-1", "eni-2").await;
    let found = seen(&scene).await;
    assert_eq!((&found.verdict, found.is_well()), (&Verdict::Split, false));
    for table in ["rtb-2", "rtb-3", "rtb-4"] {
        by_hand(&scene.aws, table, "eni-2").await;
    }
    let elsewhere = Verdict::Elsewhere { recorded: Some("server1".into()), server: "server2".into() };
    let found = seen(&scene).await;
    assert_eq!(found.verdict, elsewhere);
    assert_eq!(unanimous(&found.resources).as_deref(), Some("server2"));
    by_hand(&scene.aws, "rtb-4", "eni-9").await;
    assert_eq!(seen(&scene).await.verdict, Verdict::Foreign);
    scene.aws.fault("DescribeRouteTables", "", None, Effect::Fail(ErrorKind::Denied, "UnauthorizedOperation"));
    let found = seen(&scene).await;
    assert_eq!(found.verdict, Verdict::Unknown, "what cannot be read is not gone");
    assert!(found.to_json(crate::errors::Language::Japanese)["resources"][0]["unreadable"]["code"] == 5);
}

#[tokio::test]
async fn interrupted_groups() {
    let scene = Scene::started(vec![eip()]).await;
    scene.journal.set_fuse(Some(Fuse::of(2)));
    scene.run(Kind::Move, Some("server1"), Some("server2")).await.unwrap_err();
    scene.journal.set_fuse(None);
    assert_eq!(seen(&scene).await.verdict, Verdict::Underway);
    scene.with(async |it| it.finish().await).await.unwrap();
    assert_eq!(seen(&scene).await.verdict, on("server2"));
}
