//! Recorded conversations with RDS, of what no emulator does: pages, pending changes, groups, replicas.

use std::sync::Mutex;

use plumb_engine::provider::typed::{Phase, Prior, Resource};
use plumb_engine::provider::{Creation, IntentKey};

use super::db_instance::DbInstance;
use super::db_parameter_group::DbParameterGroup;
use super::db_subnet_group::DbSubnetGroup;
use super::parameters::Parameter;
use super::rds_cluster::RdsCluster;
use super::rds_cluster_instance::RdsClusterInstance;
use crate::recorded::{Answer, Recorded};

fn result(operation: &str, content: &str) -> Answer {
    Answer::ok(format!("<{operation}Response><{operation}Result>{content}</{operation}Result></{operation}Response>"))
}

fn done(operation: &str) -> Answer {
    result(operation, "")
}

fn instance_xml(name: &str, more: &str) -> String {
    let known = ["DBInstanceStatus", "DBInstanceClass", "PendingModifiedValues"];
    let defaults = ["available", "db.t4g.micro", ""];
    let rest: String = known
        .iter()
        .zip(defaults)
        .filter(|(name, _)| !more.contains(&format!("<{name}>")))
        .map(|(name, value)| format!("<{name}>{value}</{name}>"))
        .collect();
    format!("<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier>{rest}{more}</DBInstance>")
}

fn instances(content: &str) -> Answer {
    result("DescribeDBInstances", &format!("<DBInstances>{content}</DBInstances>"))
}

fn one(more: &str) -> Answer {
    instances(&instance_xml("main", more))
}

fn prior<R>(id: &str, state: Option<R>) -> Prior<R> {
    Prior { id: id.into(), state }
}

fn database() -> DbInstance {
    DbInstance { identifier: Some("main".into()), instance_class: "db.t4g.micro".into(), ..DbInstance::default() }
}

/// Creates an object; the ids that it has recorded.
async fn create<R: Resource<Client = crate::Aws>>(recorded: &Recorded, object: &R) -> Vec<String> {
    let made = Mutex::new(Vec::new());
    let record = |id: &str| made.lock().unwrap().push(id.to_owned());
    let key = IntentKey::new("lineage", "run", "address");
    let creation = Creation { key: &key, made: &record, timeout: std::time::Duration::from_secs(60) };
    object.create(&*recorded.aws().await, &creation).await.unwrap();
    made.into_inner().unwrap()
}

#[tokio::test]
async fn many_instances_are_read_by_page() {
    let page = |name: &str, marker: &str| {
        let more = "<TagList><Tag><Key>a</Key><Value>1</Value></Tag></TagList>";
        let list = format!("<DBInstances>{}</DBInstances>{marker}", instance_xml(name, more));
        result("DescribeDBInstances", &list)
    };
    let recorded = Recorded::new([page("a", "<Marker>next</Marker>"), page("b", "")]);
    let objects = [prior("a", None), prior("b", None), prior("gone", None)];
    let seen = DbInstance::read(&*recorded.aws().await, &objects).await.unwrap();
    assert_eq!(seen.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(seen[0].state.tags_all["a"], "1");
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("Filters.Filter.1.Name").as_deref(), Some("db-instance-id"));
    assert_eq!(requests[0].argument("Filters.Filter.1.Values.Value.3").as_deref(), Some("gone"));
    assert_eq!(requests[1].argument("Marker").as_deref(), Some("next"));
}

#[tokio::test]
async fn an_unreadable_answer_is_not_absence() {
    let recorded = Recorded::new([Answer::error(403, "AccessDenied", "No.")]);
    let error = DbInstance::read(&*recorded.aws().await, &[prior("a", None)]).await.unwrap_err();
    assert!(error.message.contains("AccessDenied"), "{}", error.message);
}

#[tokio::test]
async fn changes_are_waited_for_until_they_show() {
    let pending = "<PendingModifiedValues><DBInstanceClass>db.m6g.large</DBInstanceClass></PendingModifiedValues>";
    let recorded = Recorded::new([
        done("ModifyDBInstance"),
        // Right after the call the instance still looks as if nothing had been asked for.
        one(pending),
        one(&format!("<DBInstanceStatus>modifying</DBInstanceStatus>{pending}")),
        one("<DBInstanceClass>db.m6g.large</DBInstanceClass>"),
    ]);
    let now = DbInstance {
        instance_class: "db.m6g.large".into(),
        apply_immediately: Some(true),
        password: Some("second".into()),
        ..database()
    };
    let before = DbInstance { password: Some("first".into()), ..database() };
    now.update(&*recorded.aws().await, "main", &before).await.unwrap();
    let sent = &recorded.requests()[0];
    assert_eq!(sent.argument("DBInstanceClass").as_deref(), Some("db.m6g.large"));
    assert_eq!(sent.argument("MasterUserPassword").as_deref(), Some("second"));
    assert_eq!(sent.argument("ApplyImmediately").as_deref(), Some("true"));
    assert_eq!(sent.argument("EngineVersion"), None);
}

#[tokio::test]
async fn changes_for_the_maintenance_window_are_not_waited_for() {
    let pending = "<PendingModifiedValues><DBInstanceClass>db.m6g.large</DBInstanceClass></PendingModifiedValues>";
    let recorded = Recorded::new([done("ModifyDBInstance"), one(pending)]);
    let now = DbInstance { instance_class: "db.m6g.large".into(), ..database() };
    now.update(&*recorded.aws().await, "main", &database()).await.unwrap();
    assert_eq!(recorded.requests()[0].argument("ApplyImmediately").as_deref(), Some("false"));
}

#[tokio::test]
async fn waiting_changes_are_hurried_by_the_switch() {
    let pending = "<PendingModifiedValues><DBInstanceClass>db.m6g.large</DBInstanceClass></PendingModifiedValues>";
    let recorded = Recorded::new([one(pending), done("ModifyDBInstance"), one("")]);
    let now = DbInstance { apply_immediately: Some(true), ..database() };
    now.update(&*recorded.aws().await, "main", &database()).await.unwrap();
    assert_eq!(recorded.actions(), ["DescribeDBInstances", "ModifyDBInstance", "DescribeDBInstances"]);
}

#[tokio::test]
async fn a_renamed_instance_is_found_by_its_resource_id() {
    let id = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let resource = format!("<DbiResourceId>{id}</DbiResourceId>");
    let recorded = Recorded::new([done("ModifyDBInstance"), instances(&instance_xml("other", &resource))]);
    let before = DbInstance { resource_id: Some(id.into()), ..database() };
    let now = DbInstance { identifier: Some("other".into()), apply_immediately: Some(true), ..before.clone() };
    now.update(&*recorded.aws().await, "main", &before).await.unwrap();
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("DBInstanceIdentifier").as_deref(), Some("main"));
    assert_eq!(requests[0].argument("NewDBInstanceIdentifier").as_deref(), Some("other"));
    assert_eq!(requests[1].argument("Filters.Filter.1.Name").as_deref(), Some("dbi-resource-id"));
    let read = Recorded::new([instances(&instance_xml("other", &resource))]);
    let seen = DbInstance::read(&*read.aws().await, &[prior("main", Some(now))]).await.unwrap();
    assert_eq!((seen[0].id.as_str(), seen[0].asked_as.as_deref()), ("other", Some("main")));
}

#[tokio::test]
async fn replicas_are_completed_and_rebooted() {
    let groups = |name: &str| {
        let group = format!("<DBParameterGroupName>{name}</DBParameterGroupName>");
        format!("<DBParameterGroups><DBParameterGroup>{group}</DBParameterGroup></DBParameterGroups>")
    };
    let recorded = Recorded::new([
        done("CreateDBInstanceReadReplica"),
        one("<DBInstanceStatus>creating</DBInstanceStatus>"),
        one(&groups("default.postgres16")),
        done("ModifyDBInstance"),
        one(&groups("own")),
        one(&groups("own")),
        done("RebootDBInstance"),
    ]);
    let replica = DbInstance {
        replicate_source_db: Some("source".into()),
        parameter_group_name: Some("own".into()),
        ..database()
    };
    assert_eq!(create(&recorded, &replica).await, ["main"]);
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("SourceDBInstanceIdentifier").as_deref(), Some("source"));
    assert_eq!(requests[0].argument("DBParameterGroupName"), None);
    assert_eq!(requests[3].argument("DBParameterGroupName").as_deref(), Some("own"));
    assert_eq!(requests[6].action(), "RebootDBInstance");
}

#[tokio::test]
async fn restored_instances_get_their_password() {
    let recorded = Recorded::new([
        done("RestoreDBInstanceFromDBSnapshot"),
        one("<AllocatedStorage>20</AllocatedStorage>"),
        done("ModifyDBInstance"),
        one("<AllocatedStorage>20</AllocatedStorage>"),
    ]);
    let restored = DbInstance {
        snapshot_identifier: Some("last".into()),
        engine: Some("postgres".into()),
        db_name: Some("app".into()),
        password: Some("secret-1".into()),
        ..database()
    };
    create(&recorded, &restored).await;
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("DBSnapshotIdentifier").as_deref(), Some("last"));
    assert_eq!(requests[0].argument("DBName"), None);
    assert_eq!(requests[2].argument("MasterUserPassword").as_deref(), Some("secret-1"));
}

#[tokio::test]
async fn deletes_make_a_last_snapshot_or_none() {
    let recorded = Recorded::new([
        done("DeleteDBInstance"),
        done("DeleteDBInstance"),
        Answer::error(400, "InvalidDBInstanceState", "Instance main is already being deleted."),
        Answer::error(404, "DBInstanceNotFound", "DBInstance main not found."),
    ]);
    let aws = recorded.aws().await;
    let error = database().delete(&aws, "main").await.unwrap_err();
    assert!(error.help.unwrap().contains("final_snapshot_identifier"));
    let with = DbInstance { final_snapshot_identifier: Some("last".into()), ..database() };
    with.delete(&aws, "main").await.unwrap();
    DbInstance { replicate_source_db: Some("source".into()), ..with }.delete(&aws, "main").await.unwrap();
    let without = DbInstance { skip_final_snapshot: true, ..database() };
    without.delete(&aws, "main").await.unwrap();
    without.delete(&aws, "main").await.unwrap();
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("FinalDBSnapshotIdentifier").as_deref(), Some("last"));
    assert_eq!(requests[1].argument("SkipFinalSnapshot").as_deref(), Some("true"));
    assert_eq!(requests[1].argument("FinalDBSnapshotIdentifier"), None);
}

#[tokio::test]
async fn replicas_are_promoted() {
    let replica = "<ReadReplicaSourceDBInstanceIdentifier>source</ReadReplicaSourceDBInstanceIdentifier>";
    let recorded = Recorded::new([done("PromoteReadReplica"), one(replica), one(""), one("")]);
    let before = DbInstance { replicate_source_db: Some("source".into()), ..database() };
    database().update(&*recorded.aws().await, "main", &before).await.unwrap();
    assert_eq!(recorded.requests()[0].action(), "PromoteReadReplica");
}

#[tokio::test]
async fn subnet_groups_change_in_place() {
    let recorded =
        Recorded::new([done("ModifyDBSubnetGroup"), done("RemoveTagsFromResource"), done("AddTagsToResource")]);
    let tag = |key: &str| [(key.to_owned(), "1".to_owned())].into();
    let group = |subnets: &[&str], key: &str| DbSubnetGroup {
        subnet_ids: subnets.iter().map(|it| (*it).to_owned()).collect(),
        description: "web".into(),
        arn: Some("arn:aws:rds:us-east-1:123456789012:subgrp:web".into()),
        tags_all: tag(key),
        ..DbSubnetGroup::default()
    };
    let (now, before) = (group(&["subnet-1", "subnet-3"], "new"), group(&["subnet-1", "subnet-2"], "old"));
    now.update(&*recorded.aws().await, "web", &before).await.unwrap();
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("DBSubnetGroupDescription").as_deref(), Some("web"));
    assert_eq!(requests[0].argument("SubnetIds.SubnetIdentifier.2").as_deref(), Some("subnet-3"));
    assert_eq!(requests[1].argument("TagKeys.member.1").as_deref(), Some("old"));
    assert_eq!(requests[2].argument("Tags.Tag.1.Key").as_deref(), Some("new"));
}

#[tokio::test]
async fn groups_without_tags_cost_one_call() {
    let group = "<DBSubnetGroup><DBSubnetGroupName>web</DBSubnetGroupName>\
                 <SubnetGroupStatus>Complete</SubnetGroupStatus></DBSubnetGroup>";
    let answer = result("DescribeDBSubnetGroups", &format!("<DBSubnetGroups>{group}</DBSubnetGroups>"));
    let gone = Answer::error(404, "DBSubnetGroupNotFoundFault", "DBSubnetGroup web not found.");
    let recorded = Recorded::new([answer, gone]);
    let aws = recorded.aws().await;
    let objects = [prior("web", Some(DbSubnetGroup::default()))];
    let seen = DbSubnetGroup::read(&aws, &objects).await.unwrap();
    assert_eq!((seen.len(), &seen[0].phase), (1, &Phase::Ready));
    assert!(DbSubnetGroup::read(&aws, &objects).await.unwrap().is_empty());
    assert_eq!(recorded.actions(), ["DescribeDBSubnetGroups"; 2]);
}

#[tokio::test]
async fn parameters_are_reset_when_they_are_removed() {
    let recorded = Recorded::new([done("ModifyDBParameterGroup"), done("ResetDBParameterGroup")]);
    let parameter = |name: &str, value: &str| Parameter {
        name: name.into(),
        value: value.into(),
        apply_method: "pending-reboot".into(),
    };
    let group = |parameter: Vec<Parameter>| DbParameterGroup { parameter, ..DbParameterGroup::default() };
    let before = group(vec![parameter("a", "1"), parameter("b", "1")]);
    group(vec![parameter("a", "2")]).update(&*recorded.aws().await, "web", &before).await.unwrap();
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("Parameters.Parameter.1.ParameterValue").as_deref(), Some("2"));
    assert_eq!(requests[0].argument("Parameters.Parameter.2.ParameterName"), None);
    assert_eq!(requests[1].argument("Parameters.Parameter.1.ParameterName").as_deref(), Some("b"));
    assert_eq!(requests[1].argument("ResetAllParameters").as_deref(), Some("false"));
}

#[tokio::test]
async fn parameters_set_to_the_default_are_read_by_name() {
    let parameters = |items: &[(&str, &str)]| {
        let of = |(name, value): &(&str, &str)| {
            let name = format!("<ParameterName>{name}</ParameterName>");
            format!("<Parameter>{name}<ParameterValue>{value}</ParameterValue></Parameter>")
        };
        let items: String = items.iter().map(of).collect();
        result("DescribeDBParameters", &format!("<Parameters>{items}</Parameters>"))
    };
    let group = "<DBParameterGroup><DBParameterGroupName>web</DBParameterGroupName></DBParameterGroup>";
    let recorded = Recorded::new([
        result("DescribeDBParameterGroups", &format!("<DBParameterGroups>{group}</DBParameterGroups>")),
        parameters(&[("a", "1")]),
        parameters(&[("b", "0"), ("c", "0")]),
    ]);
    let parameter = |name: &str| Parameter { name: name.into(), value: "1".into(), apply_method: "immediate".into() };
    let state = DbParameterGroup { parameter: vec![parameter("a"), parameter("B")], ..DbParameterGroup::default() };
    let seen = DbParameterGroup::read(&*recorded.aws().await, &[prior("web", Some(state))]).await.unwrap();
    let shown: Vec<_> = seen[0].state.parameter.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
    assert_eq!(shown, [("a", "1"), ("b", "0")]);
    let requests = recorded.requests();
    assert_eq!(requests[1].argument("Source").as_deref(), Some("user"));
    assert_eq!(requests[2].argument("Filters.Filter.1.Values.Value.1").as_deref(), Some("b"));
}

#[tokio::test]
async fn the_last_instance_of_a_replica_is_deleted_by_force() {
    let last = "Cannot delete the last instance of the read replica DB cluster. Promote the DB cluster.";
    let refusal = || Answer::error(400, "InvalidDBClusterStateFault", last);
    let instance = |force_destroy| RdsClusterInstance {
        cluster_identifier: "all".into(),
        force_destroy,
        ..RdsClusterInstance::default()
    };
    let recorded = Recorded::new([refusal(), done("PromoteReadReplicaDBCluster"), done("DeleteDBInstance"), refusal()]);
    let aws = recorded.aws().await;
    instance(true).delete(&aws, "a").await.unwrap();
    let error = instance(false).delete(&aws, "a").await.unwrap_err();
    assert!(error.message.contains("last instance"));
    assert_eq!(recorded.requests()[1].argument("DBClusterIdentifier").as_deref(), Some("all"));
}

#[tokio::test]
async fn writers_are_read_in_one_call() {
    let of = |name: &str| instance_xml(name, "<DBClusterIdentifier>all</DBClusterIdentifier>");
    let member = |name: &str, is_writer: bool| {
        let name = format!("<DBInstanceIdentifier>{name}</DBInstanceIdentifier>");
        format!("<DBClusterMember>{name}<IsClusterWriter>{is_writer}</IsClusterWriter></DBClusterMember>")
    };
    let members = format!("<DBClusterMembers>{}{}</DBClusterMembers>", member("a", false), member("b", true));
    let recorded = Recorded::new([
        instances(&format!("{}{}", of("a"), of("b"))),
        result("DescribeDBClusters", &format!("<DBClusters><DBCluster>{members}</DBCluster></DBClusters>")),
    ]);
    let objects = [prior("a", None), prior("b", None)];
    let seen = RdsClusterInstance::read(&*recorded.aws().await, &objects).await.unwrap();
    assert_eq!(seen.iter().map(|it| it.state.writer).collect::<Vec<_>>(), [Some(false), Some(true)]);
}

#[tokio::test]
async fn clusters_leave_global_clusters_and_turn_on_the_data_api() {
    let cluster = "<DBCluster><DBClusterIdentifier>all</DBClusterIdentifier><Status>available</Status>\
                   <DeletionProtection>true</DeletionProtection></DBCluster>";
    let recorded = Recorded::new([
        done("RemoveFromGlobalCluster"),
        done("ModifyDBCluster"),
        result("DescribeDBClusters", &format!("<DBClusters>{cluster}</DBClusters>")),
        done("EnableHttpEndpoint"),
        done("RemoveRoleFromDBCluster"),
        done("AddRoleToDBCluster"),
    ]);
    let before = RdsCluster {
        arn: Some("arn:aws:rds:us-east-1:123456789012:cluster:all".into()),
        global_cluster_identifier: Some("world".into()),
        iam_roles: ["old".to_owned()].into(),
        ..RdsCluster::default()
    };
    let now = RdsCluster {
        global_cluster_identifier: None,
        iam_roles: ["new".to_owned()].into(),
        enable_http_endpoint: true,
        deletion_protection: Some(true),
        apply_immediately: Some(true),
        ..before.clone()
    };
    now.update(&*recorded.aws().await, "all", &before).await.unwrap();
    let requests = recorded.requests();
    assert_eq!(requests[0].argument("GlobalClusterIdentifier").as_deref(), Some("world"));
    assert_eq!(requests[1].argument("DeletionProtection").as_deref(), Some("true"));
    assert_eq!(requests[3].argument("ResourceArn"), before.arn);
    assert_eq!(requests[5].argument("RoleArn").as_deref(), Some("new"));
}
