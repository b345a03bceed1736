//! Killed at every boundary: before and after every record of the journal and every write to AWS.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;
use crate::cloud::ErrorKind;
use crate::cloud::memory::{Effect, Fuse};
use crate::errors::Problem;
use crate::journal::{Outcome, StepState};

/// Runs a transition that dies after so many steps, and tells whether it did.
async fn killed(scene: &Scene, steps: usize, (kind, from, to): (Kind, Option<&str>, Option<&str>)) -> bool {
    let fuse = Fuse::of(steps);
    scene.aws.set_fuse(Some(fuse.clone()));
    scene.journal.set_fuse(Some(fuse.clone()));
    // A dead process reads nothing and repeats nothing.
    let run = tokio::time::timeout(Duration::from_secs(600), scene.run(kind, from, to)).await;
    scene.aws.set_fuse(None);
    scene.journal.set_fuse(None);
    !run.is_ok_and(|it| it.is_ok())
}

async fn everywhere(resources: fn() -> Vec<Resource>, request: (Kind, Option<&str>, Option<&str>)) {
    for steps in 0.. {
        let context = format!("{:?} killed after {steps} steps", request.0);
        let scene = Scene::started(resources()).await;
        let died = killed(&scene, steps, request).await;
        let finished = scene.with(async |it| it.finish().await).await.unwrap();
        assert!(finished.iter().all(Report::is_done), "{context}: {finished:?}");
        let owner = scene.agreed(&context).await;
        let log = scene.with(async |it| it.log().unwrap()).await;
        let last = log.last().unwrap();
        if last.transition.kind == request.0 {
            assert_eq!(owner.as_deref(), request.2, "{context}");
            assert!(last.steps.iter().all(|it| it.state == Some(StepState::Done)), "{context}");
        }
        // An effect is never had twice: what was found done was not sent again.
        let wrote = |table: &str| scene.aws.calls().iter().filter(|it| it.target.starts_with(table)).count();
        for table in ["rtb-1 ", "rtb-2 ", "rtb-3 ", "rtb-4 "] {
            assert!(wrote(table) <= 1, "{context}: {table}");
        }
        if !died {
            assert!(steps > 3, "{context}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn moves_end_at_the_new_server() {
    let request = (Kind::Move, Some("server1"), Some("server2"));
    everywhere(|| vec![vip()], request).await;
    everywhere(|| vec![eip(), dns(true)], request).await;
    everywhere(|| vec![vip(), eip(), dns(true)], request).await;
}

#[tokio::test(start_paused = true)]
async fn stops_end_with_nothing_left() {
    everywhere(|| vec![vip(), eip(), dns(true)], (Kind::Stop, Some("server1"), None)).await;
}

#[tokio::test(start_paused = true)]
async fn a_third_party_is_not_overwritten() {
    let scene = Scene::started(vec![eip()]).await;
    assert!(killed(&scene, 2, (Kind::Move, Some("server1"), Some("server2"))).await);
    scene.aws.associate_address("eipalloc-1", "eni-9").await.unwrap();
    let trouble = scene.with(async |it| it.finish().await).await.unwrap_err();
    assert_eq!((trouble.problem, &*trouble.values["found"]), (Problem::ThirdParty, "eni-9"));
    assert_eq!(scene.aws.world().addresses["eipalloc-1"].eni.as_deref(), Some("eni-9"));
    let log = scene.with(async |it| it.log().unwrap()).await;
    assert_eq!(log.last().unwrap().outcome, Some(Outcome::Unknown));
    assert!(scene.with(async |it| it.finish().await).await.unwrap().is_empty(), "it is closed");
}

#[tokio::test(start_paused = true)]
async fn what_the_new_server_cannot_have_is_taken_back() {
    let scene = Scene::started(vec![eip(), dns(true)]).await;
    // The address has moved, the record has not.
    assert!(killed(&scene, 4, (Kind::Move, Some("server1"), Some("server2"))).await);
    assert_eq!(scene.owners().await["eip1"].member(), Some("server2"));
    scene.aws.world().interfaces.get_mut("eni-2").unwrap().instance_id = None;
    let reports = scene.with(async |it| it.finish().await).await.unwrap();
    assert_eq!(reports[0].outcome, Some(Outcome::Undone));
    assert_eq!(reports[0].trouble.as_ref().unwrap().problem, Problem::WrongInterface);
    assert_eq!(scene.owners().await["eip1"].member(), Some("server1"));
}

#[tokio::test(start_paused = true)]
async fn who_was_superseded_abandons() {
    let scene = Scene::started(vec![eip()]).await;
    assert!(killed(&scene, 2, (Kind::Move, Some("server1"), Some("server2"))).await);
    scene.arbiter.seize("db/failover1", "server1");
    let reports = scene.with(async |it| it.finish().await).await.unwrap();
    assert_eq!(reports[0].outcome, Some(Outcome::Superseded));
    assert_eq!(scene.owners().await["eip1"].member(), Some("server1"));
}

#[tokio::test(start_paused = true)]
async fn random_faults_and_kills_end_with_one_owner() {
    let first: u64 = std::env::var("PLUMB_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    for seed in first..first + 500 {
        let context = format!("PLUMB_SEED={seed}");
        let mut random = StdRng::seed_from_u64(seed);
        let scene = Scene::started(vec![vip(), eip(), dns(random.random_bool(0.5))]).await;
        let mut owner = Some("server1".to_owned());
        for _ in 0..random.random_range(1..6) {
            let effects = [
                Effect::LoseAnswer,
                Effect::Fail(ErrorKind::Throttled, "RequestLimitExceeded"),
                Effect::Fail(ErrorKind::Unreachable, "InternalError"),
                Effect::Delay(Duration::from_secs(3)),
            ];
            for _ in 0..random.random_range(0..4) {
                let effect = effects[random.random_range(0..effects.len())];
                scene.aws.fault("", "", Some(random.random_range(1..4)), effect);
            }
            let other = if owner.as_deref() == Some("server1") { "server2" } else { "server1" };
            let request = match &owner {
                None => (Kind::Start, None, Some(other)),
                Some(from) if random.random_bool(0.2) => (Kind::Stop, Some(from.as_str()), None),
                Some(from) => (Kind::Move, Some(from.as_str()), Some(other)),
            };
            killed(&scene, random.random_range(0..40), request).await;
            scene.aws.heal();
            let finished = scene.with(async |it| it.finish().await).await;
            assert!(finished.is_ok(), "{context}: {finished:?}");
            let log = scene.with(async |it| it.log().unwrap()).await;
            if log.last().unwrap().outcome == Some(Outcome::Failed) {
                let to = log.last().unwrap().transition.to.clone();
                let repaired =
                    scene.run(if to.is_some() { Kind::Repair } else { Kind::Stop }, request.1, to.as_deref()).await;
                assert!(repaired.as_ref().is_ok_and(Report::is_done), "{context}: {repaired:?}");
            }
            owner = scene.agreed(&context).await;
        }
    }
}
