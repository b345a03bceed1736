//! Recorded conversations with AWS Backup, of what no emulator does: changes of plans, selections, lost answers.

use std::sync::Mutex;
use std::time::Duration;

use plumb_engine::provider::typed::{Prior, Resource};
use plumb_engine::provider::{Creation, IntentKey};

use super::plan::Plan;
use super::rule::Rule;
use super::selection::{Selection, SelectionTag};
use super::vault::Vault;
use crate::recorded::{Answer, Recorded};

fn key() -> IntentKey {
    IntentKey::new("lineage", "run", "address")
}

/// Creates an object: the ids that it has recorded, or the error.
async fn create<R: Resource<Client = crate::Aws>>(recorded: &Recorded, object: &R) -> Result<Vec<String>, String> {
    let made = Mutex::new(Vec::new());
    let record = |id: &str| made.lock().unwrap().push(id.to_owned());
    let key = key();
    let creation = Creation { key: &key, made: &record, timeout: Duration::from_secs(60) };
    object.create(&*recorded.aws().await, &creation).await.map_err(|error| error.message)?;
    Ok(made.into_inner().unwrap())
}

fn lines(recorded: &Recorded) -> Vec<String> {
    recorded.requests().into_iter().map(|it| it.line).collect()
}

fn plan(window: i64) -> Plan {
    let rule = Rule {
        rule_name: "daily".into(),
        target_vault_name: "main".into(),
        start_window: 60,
        completion_window: window,
        schedule_expression_timezone: "Etc/UTC".into(),
        ..Rule::default()
    };
    Plan { name: "nightly".into(), rule: vec![rule], ..Plan::default() }
}

#[tokio::test]
async fn a_plan_is_changed_only_where_it_differs() {
    let recorded = Recorded::new([Answer::ok(r#"{"BackupPlanId":"p-1","VersionId":"2"}"#)]);
    let aws = recorded.aws().await;
    plan(180).update(&aws, "p-1", &plan(180)).await.unwrap();
    plan(240).update(&aws, "p-1", &plan(180)).await.unwrap();
    assert_eq!(lines(&recorded), ["POST /backup/plans/p-1"]);
    assert!(recorded.requests()[0].body.contains(r#""CompletionWindowMinutes":240"#));
}

#[tokio::test]
async fn what_aws_fills_in_of_a_rule_is_no_drift() {
    let answer = r#"{"BackupPlanId":"p-1","BackupPlanArn":"arn:aws:backup:us-east-1:1:backup-plan:p-1","VersionId":"1",
        "BackupPlan":{"BackupPlanName":"nightly","Rules":[{"RuleName":"daily","TargetBackupVaultName":"main",
        "ScheduleExpression":"cron(0 5 ? * * *)","ScheduleExpressionTimezone":"Etc/UTC","StartWindowMinutes":60,
        "CompletionWindowMinutes":180,"RuleId":"r-1","EnableContinuousBackup":false}]}}"#;
    let recorded = Recorded::new([Answer::ok(answer)]);
    let prior = Prior { id: "p-1".to_owned(), state: Some(plan(180)) };
    let seen = Plan::read(&*recorded.aws().await, &[prior]).await.unwrap();
    assert_eq!(seen[0].state.rule, plan(180).rule);
    assert_eq!(seen[0].state.version.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_deleted_plan_is_absent() {
    let answer = r#"{"BackupPlanId":"p-1","DeletionDate":1.7E9,"BackupPlan":{"BackupPlanName":"nightly","Rules":[]}}"#;
    let recorded = Recorded::new([Answer::ok(answer)]);
    let prior = Prior { id: "p-1".to_owned(), state: Some(plan(180)) };
    assert!(Plan::read(&*recorded.aws().await, &[prior]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_selection_waits_for_its_role_and_is_found_by_its_token() {
    let selection = Selection {
        name: "efs".into(),
        plan_id: "p-1".into(),
        iam_role_arn: "arn:aws:iam::1:role/backup".into(),
        selection_tag: vec![SelectionTag {
            r#type: "STRINGEQUALS".into(),
            key: "backup".into(),
            value: "daily".into(),
        }],
        ..Selection::default()
    };
    let listed = format!(
        r#"{{"BackupSelectionsList":[{{"SelectionId":"other","CreatorRequestId":"x"}},
        {{"SelectionId":"s-1","CreatorRequestId":"{}"}}]}}"#,
        key().as_str()
    );
    let recorded = Recorded::new([
        Answer::json_error(400, "InvalidParameterValueException", r#""Code":"ERROR_2""#),
        Answer::ok(r#"{"SelectionId":"s-1","BackupPlanId":"p-1"}"#),
        Answer::ok(listed),
    ]);
    assert_eq!(create(&recorded, &selection).await.unwrap(), ["s-1"]);
    let found = selection.find(&*recorded.aws().await, &key()).await.unwrap();
    assert_eq!(found.as_deref(), Some("s-1"));
    let requests = recorded.requests();
    assert_eq!(requests[1].line, "PUT /backup/plans/p-1/selections");
    assert!(requests[1].body.contains(r#""ConditionType":"STRINGEQUALS""#), "{}", requests[1].body);
}

#[tokio::test]
async fn a_selection_is_imported_by_plan_and_id() {
    let answer = r#"{"SelectionId":"s-1","BackupPlanId":"p-1","BackupSelection":{"SelectionName":"efs",
        "IamRoleArn":"arn:aws:iam::1:role/backup","Resources":["arn:aws:elasticfilesystem:*:*:file-system/*"],
        "ListOfTags":[],"NotResources":[],"Conditions":{"StringEquals":[]}}}"#;
    let recorded = Recorded::new([Answer::ok(answer)]);
    let prior = Prior { id: "p-1|s-1".to_owned(), state: None };
    let seen = Selection::read(&*recorded.aws().await, &[prior]).await.unwrap();
    assert_eq!((seen[0].id.as_str(), seen[0].asked_as.as_deref()), ("s-1", Some("p-1|s-1")));
    assert_eq!((seen[0].state.plan_id.as_str(), seen[0].state.condition.len()), ("p-1", 0));
}

#[tokio::test]
async fn a_vault_of_somebody_else_is_not_taken_over() {
    let list = |token: &str| {
        Answer::ok(format!(
            r#"{{"BackupVaultList":[{{"BackupVaultName":"main","BackupVaultArn":"arn:a","CreatorRequestId":"{token}"}}]}}"#
        ))
    };
    let exists = || Answer::json_error(400, "AlreadyExistsException", r#""Arn":"arn:a""#);
    let vault = Vault { name: "main".into(), ..Vault::default() };
    let ours = Recorded::new([exists(), list(key().as_str())]);
    assert_eq!(create(&ours, &vault).await.unwrap(), ["main"]);
    let other = Recorded::new([exists(), list("other")]);
    assert!(create(&other, &vault).await.unwrap_err().contains("AlreadyExistsException"));
}

#[tokio::test]
async fn tags_of_a_vault_are_read_while_there_are_some() {
    let list = || Answer::ok(r#"{"BackupVaultList":[{"BackupVaultName":"main","BackupVaultArn":"arn:a"}]}"#);
    let tags = Answer::ok(r#"{"Tags":{"Name":"main","aws:backup:source":"x"}}"#);
    let recorded = Recorded::new([list(), tags, list()]);
    let aws = recorded.aws().await;
    let read = |state| [Prior { id: "main".to_owned(), state }];
    let seen = Vault::read(&aws, &read(None)).await.unwrap();
    assert_eq!(seen[0].state.tags_all, [("Name".to_owned(), "main".to_owned())].into());
    let seen = Vault::read(&aws, &read(Some(Vault::default()))).await.unwrap();
    assert!(seen[0].state.tags_all.is_empty());
    assert_eq!(lines(&recorded), ["GET /backup-vaults", "GET /tags/arn%3Aa", "GET /backup-vaults"]);
}
