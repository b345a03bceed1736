//! Backups: snapshots of databases, which are found again by their name, and jobs of AWS Backup, by their token.

use aws_sdk_backup::types::BackupJobState;
use plumb_aws_delivery::{Absent, Context};
use plumb_engine::provider::typed::Result;

use super::Clients;
use crate::fleet::{Backup, BackupSource};

/// Looks for the backup of a label, and begins it where there is none.
pub(super) async fn backup(clients: &Clients, source: &BackupSource, label: &str) -> Result<Backup> {
    match source {
        BackupSource::DatabaseInstance(id) => instance(clients, id, &name(label, id)).await,
        BackupSource::DatabaseCluster(id) => cluster(clients, id, &name(label, id)).await,
        BackupSource::Files { arn, vault, role } => files(clients, (arn, vault, role), label).await,
    }
}

/// Names of snapshots are unique in an account, so they say of which database they are.
fn name(label: &str, database: &str) -> String {
    format!("{label}-{database}")
}

async fn instance(clients: &Clients, id: &str, name: &str) -> Result<Backup> {
    let call = clients.rds.describe_db_snapshots().db_snapshot_identifier(name).send();
    let found = call.await.absent("reading a snapshot (DescribeDBSnapshots)", &["DBSnapshotNotFound"])?;
    if let Some(snapshot) = found.and_then(|it| it.db_snapshots.unwrap_or_default().into_iter().next()) {
        return Ok(progress(name, snapshot.status.as_deref(), snapshot.percent_progress));
    }
    let call = clients.rds.create_db_snapshot().db_instance_identifier(id).db_snapshot_identifier(name).send();
    call.await.absent("making a snapshot (CreateDBSnapshot)", &["DBSnapshotAlreadyExists"])?;
    Ok(Backup::Running(format!("the snapshot {name} was begun")))
}

async fn cluster(clients: &Clients, id: &str, name: &str) -> Result<Backup> {
    let call = clients.rds.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(name).send();
    let absent = ["DBClusterSnapshotNotFoundFault"];
    let found = call.await.absent("reading a snapshot (DescribeDBClusterSnapshots)", &absent)?;
    if let Some(snapshot) = found.and_then(|it| it.db_cluster_snapshots.unwrap_or_default().into_iter().next()) {
        return Ok(progress(name, snapshot.status.as_deref(), snapshot.percent_progress));
    }
    let call = clients.rds.create_db_cluster_snapshot().db_cluster_identifier(id);
    let sent = call.db_cluster_snapshot_identifier(name).send().await;
    let there = ["DBClusterSnapshotAlreadyExistsFault"];
    sent.absent("making a snapshot (CreateDBClusterSnapshot)", &there)?;
    Ok(Backup::Running(format!("the snapshot {name} was begun")))
}

fn progress(name: &str, status: Option<&str>, percent: Option<i32>) -> Backup {
    match status {
        Some("available") => Backup::Done(name.to_owned()),
        Some(failed @ ("failed" | "incompatible-restore" | "incompatible-parameters")) => {
            Backup::Failed(format!("the snapshot {name} is {failed}"))
        }
        other => {
            let done = percent.map(|it| format!(", {it} % done")).unwrap_or_default();
            Backup::Running(format!("the snapshot {name} is {}{done}", other.unwrap_or("being made")))
        }
    }
}

/// A job is begun under a token: to begin it again answers with the same job.
async fn files(clients: &Clients, (arn, vault, role): (&str, &str, &str), label: &str) -> Result<Backup> {
    let call = clients.backup.start_backup_job().resource_arn(arn).backup_vault_name(vault).iam_role_arn(role);
    let answer = call.idempotency_token(label).send().await.context("backing up files (StartBackupJob)")?;
    let id = answer.backup_job_id.unwrap_or_default();
    let call = clients.backup.describe_backup_job().backup_job_id(&id).send();
    let job = call.await.context("reading a backup job (DescribeBackupJob)")?;
    let said = || job.status_message.clone().unwrap_or_else(|| format!("see the job {id}"));
    Ok(match &job.state {
        Some(BackupJobState::Completed) => Backup::Done(job.recovery_point_arn.clone().unwrap_or(id)),
        Some(BackupJobState::Failed | BackupJobState::Aborted | BackupJobState::Expired | BackupJobState::Partial) => {
            Backup::Failed(said())
        }
        _ => {
            let done = job.percent_done.as_deref().map(|it| format!(", {it} % done")).unwrap_or_default();
            Backup::Running(format!("the backup job {id} runs{done}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_done_when_it_is_available() {
        assert_eq!(progress("s", Some("available"), Some(100)), Backup::Done("s".into()));
        assert_eq!(
            progress("s", Some("creating"), Some(40)),
            Backup::Running("the snapshot s is creating, 40 % done".into())
        );
        assert!(matches!(progress("s", Some("failed"), None), Backup::Failed(_)));
    }
}
