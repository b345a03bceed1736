//! Recorded conversations with EFS, of what no emulator does: changes of throughput, backup policies, lost answers.

use std::sync::Mutex;
use std::time::Duration;

use plumb_engine::provider::typed::{Phase, Prior, Resource};
use plumb_engine::provider::{Creation, IntentKey};

use super::backup_policy::{BackupPolicy, EfsBackupPolicy};
use super::file_system::FileSystem;
use super::mount_target::MountTarget;
use crate::recorded::{Answer, Recorded};

fn file_system(throughput: &str) -> String {
    format!(
        r#"{{"OwnerId":"123456789012","CreationToken":"t","FileSystemId":"fs-1","CreationTime":1,
        "LifeCycleState":"available","NumberOfMountTargets":0,"SizeInBytes":{{"Value":6144}},
        "PerformanceMode":"generalPurpose","ThroughputMode":"{throughput}","Tags":[]}}"#
    )
}

fn file_systems(throughput: &str) -> Answer {
    Answer::ok(format!(r#"{{"FileSystems":[{}]}}"#, file_system(throughput)))
}

fn policy(status: &str) -> Answer {
    Answer::ok(format!(r#"{{"BackupPolicy":{{"Status":"{status}"}}}}"#))
}

fn lines(recorded: &Recorded) -> Vec<String> {
    recorded.requests().into_iter().map(|it| it.line).collect()
}

/// Creates an object: the ids that it has recorded, or the error.
async fn create<R: Resource<Client = crate::Aws>>(recorded: &Recorded, object: &R) -> Result<Vec<String>, String> {
    let made = Mutex::new(Vec::new());
    let record = |id: &str| made.lock().unwrap().push(id.to_owned());
    let key = IntentKey::new("lineage", "run", "address");
    let creation = Creation { key: &key, made: &record, timeout: Duration::from_secs(60) };
    object.create(&*recorded.aws().await, &creation).await.map_err(|error| error.message)?;
    Ok(made.into_inner().unwrap())
}

#[tokio::test]
async fn a_change_of_throughput_is_over_when_it_is_shown() {
    let answers = [Answer::ok(file_system("bursting")), file_systems("bursting"), file_systems("elastic")];
    let recorded = Recorded::new(answers);
    let prior = FileSystem { throughput_mode: "bursting".into(), ..FileSystem::default() };
    let now = FileSystem { throughput_mode: "elastic".into(), ..FileSystem::default() };
    now.update(&*recorded.aws().await, "fs-1", &prior).await.unwrap();
    let describe = "GET /2015-02-01/file-systems?FileSystemId=fs-1";
    assert_eq!(lines(&recorded), ["PUT /2015-02-01/file-systems/fs-1", describe, describe]);
    assert!(recorded.requests()[0].body.contains(r#""ThroughputMode":"elastic""#));
}

#[tokio::test]
async fn a_repeated_create_finds_what_the_first_one_made() {
    let exists = || {
        let more = r#""FileSystemId":"fs-1","ErrorCode":"FileSystemAlreadyExists""#;
        Answer::json_error(409, "FileSystemAlreadyExists", more)
    };
    let recorded = Recorded::new([exists()]);
    let object = FileSystem { throughput_mode: "bursting".into(), ..FileSystem::default() };
    assert_eq!(create(&recorded, &object).await.unwrap(), ["fs-1"]);
    // A token of the configuration's own may be someone else's.
    let recorded = Recorded::new([exists()]);
    let object = FileSystem { creation_token: Some("t".into()), ..object };
    assert!(create(&recorded, &object).await.unwrap_err().starts_with("FileSystemAlreadyExists"));
}

#[tokio::test]
async fn a_backup_policy_is_switched_on_and_off() {
    let object = EfsBackupPolicy {
        file_system_id: "fs-1".into(),
        backup_policy: vec![BackupPolicy { status: "ENABLED".into() }],
    };
    let recorded = Recorded::new([policy("ENABLING")]);
    create(&recorded, &object).await.unwrap();
    assert_eq!(lines(&recorded), ["PUT /2015-02-01/file-systems/fs-1/backup-policy"]);
    assert!(recorded.requests()[0].body.contains(r#""Status":"ENABLED""#));

    let missing = Answer::json_error(404, "PolicyNotFound", r#""ErrorCode":"PolicyNotFound""#);
    let recorded = Recorded::new([policy("ENABLING"), missing]);
    let aws = recorded.aws().await;
    let prior = |id: &str| Prior { id: id.into(), state: None };
    let seen = EfsBackupPolicy::read(&*aws, &[prior("fs-1")]).await.unwrap();
    assert_eq!(
        (&seen[0].phase, seen[0].state.backup_policy[0].status.as_str()),
        (&Phase::Pending("ENABLING".into()), "ENABLED")
    );
    assert!(EfsBackupPolicy::read(&*aws, &[prior("fs-2")]).await.unwrap().is_empty());

    let recorded = Recorded::new([policy("DISABLING")]);
    object.delete(&*recorded.aws().await, "fs-1").await.unwrap();
    assert!(recorded.requests()[0].body.contains(r#""Status":"DISABLED""#));
}

#[tokio::test]
async fn a_zone_has_one_mount_target() {
    let answer =
        r#"{"MountTargetId":"fsmt-1","FileSystemId":"fs-1","SubnetId":"subnet-other","LifeCycleState":"creating"}"#;
    let recorded = Recorded::new([Answer::ok(answer)]);
    let object = MountTarget { file_system_id: "fs-1".into(), subnet_id: "subnet-1".into(), ..MountTarget::default() };
    assert!(create(&recorded, &object).await.unwrap_err().contains("subnet-other"));
}
