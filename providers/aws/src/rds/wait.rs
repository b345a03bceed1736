//! Waiting within a create or an update, where calls have to follow or the old state is still shown.

use std::time::Duration;

use aws_sdk_rds::types::MasterUserSecret;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Phase, Prior, Resource, Result};
use tokio::time::{Instant, sleep};

use crate::client::Aws;
use crate::wire::code;
use crate::wire::error::CallError;

/// How long a database may be busy with something that others have begun, such as a backup.
pub const BUSY: Duration = Duration::from_secs(15 * 60);
/// How long AWS may take to begin with a modification that it has accepted.
const BEGIN: Duration = Duration::from_secs(3 * 60);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How far a modification is that AWS has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Everything that was asked for is shown, or is scheduled as asked.
    Done,
    /// The object is being changed.
    Busy,
    /// The object is as it was, and nothing is happening to it.
    Waiting,
}

impl Progress {
    /// How far a modification is, by where the object stands, whether everything that was asked for is shown, whether
    /// changes are pending, and whether they are to be made now instead of in the maintenance window.
    pub fn of(phase: &Phase, is_shown: bool, has_pending: bool, immediately: bool) -> Self {
        let is_done = if immediately { is_shown && !has_pending } else { is_shown || has_pending };
        match phase {
            // What has failed does not change any more; the caller finds out why.
            Phase::Failed(_) => Self::Done,
            Phase::Pending(_) | Phase::Deleting => Self::Busy,
            Phase::Ready if is_done => Self::Done,
            Phase::Ready => Self::Waiting,
        }
    }
}

/// Looks until a modification is done. One with which AWS does not begin waits for something that is not ours to do,
/// such as a reboot, and is left to it.
///
/// # Errors
/// A look failed.
pub async fn until_applied<F, Fut>(mut look: F) -> Result<()>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Progress>>,
{
    let mut idle = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let progress = look().await?;
        if progress == Progress::Busy {
            idle = Instant::now();
        }
        if is_over(progress, idle.elapsed()) {
            return Ok(());
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn is_over(progress: Progress, idle: Duration) -> bool {
    match progress {
        Progress::Done => true,
        Progress::Busy => false,
        Progress::Waiting => idle >= BEGIN,
    }
}

/// Waits until an object that was just made is ready for the calls that have to follow. The time limit of the create
/// ends it.
///
/// # Errors
/// It has failed, or cannot be read.
pub async fn until_ready<R: Resource<Client = Aws>>(aws: &Aws, id: &str) -> Result<R> {
    let error = |reason: String| Err(ProviderError::refused(format!("waiting for {} ({id})", R::TYPE), reason));
    let mut pause = FIRST_PAUSE;
    loop {
        let seen = R::read(aws, &[Prior { id: id.to_owned(), state: None }]).await?.pop();
        match seen.map(|it| (it.phase, it.state)) {
            Some((Phase::Ready, state)) => return Ok(state),
            Some((Phase::Failed(reason), _)) => return error(reason),
            Some((Phase::Deleting, _)) => return error("something else is deleting it".into()),
            Some((Phase::Pending(_), _)) | None => sleep(pause).await,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Where an instance or a cluster stands, by its status.
pub fn phase(status: Option<&str>) -> Phase {
    let status = status.unwrap_or_default();
    match status {
        "available" | "stopped" | "storage-optimization" | "storage-config-upgrade" | "storage-initialization" => {
            Phase::Ready
        }
        "deleting" | "deleted" => Phase::Deleting,
        "failed"
        | "cloning-failed"
        | "create-failed"
        | "migration-failed"
        | "restore-error"
        | "insufficient-capacity"
        | "inaccessible-encryption-credentials"
        | "inaccessible-encryption-credentials-recoverable" => Phase::Failed(format!("its status is \"{status}\"")),
        _ if status.starts_with("incompatible-") => Phase::Failed(format!("its status is \"{status}\"")),
        _ => Phase::Pending(status.to_owned()),
    }
}

/// Where an instance or a cluster stands, which is ready only together with the secret of its master user.
pub fn phase_with_secret(status: Option<&str>, secret: Option<&MasterUserSecret>) -> Phase {
    let is_making = secret.is_some_and(|it| it.secret_status.as_deref() == Some("creating"));
    match phase(status) {
        Phase::Ready if is_making => Phase::Pending("making the secret of the master user".into()),
        phase => phase,
    }
}

/// Whether a call is refused only for now: the object is busy, or a role that was just made is not known to RDS yet.
pub fn passes<E: ProvideErrorMetadata>(error: &CallError<E>) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    match code(error) {
        Some("InvalidDBInstanceState" | "InvalidDBClusterStateFault") => {
            !is_being_deleted(message) && !is_last_of_replica(error)
        }
        Some("InvalidParameterValue") => message.contains("IAM role ARN") || message.contains("ENHANCED_MONITORING"),
        Some("InvalidParameterCombination") => message.contains("previous storage change is being optimized"),
        _ => false,
    }
}

/// Whether the delete of an instance is refused because it is the last one of a cluster that is a replica.
pub fn is_last_of_replica<E: ProvideErrorMetadata>(error: &CallError<E>) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    message.contains("last instance of the read replica")
}

/// Whether a delete is refused because one is under way.
pub fn deletes_already<E: ProvideErrorMetadata>(error: &CallError<E>) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    let codes = ["InvalidDBInstanceState", "InvalidDBClusterStateFault"];
    code(error).is_some_and(|code| codes.contains(&code)) && is_being_deleted(message)
}

fn is_being_deleted(message: &str) -> bool {
    message.contains("already being deleted") || message.contains("deleting state")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn statuses() {
        assert_eq!(phase(Some("available")), Phase::Ready);
        assert_eq!(phase(Some("backing-up")), Phase::Pending("backing-up".into()));
        assert_eq!(phase(Some("deleting")), Phase::Deleting);
        assert!(matches!(phase(Some("incompatible-network")), Phase::Failed(reason) if reason.contains("network")));
    }

    #[tokio::test]
    async fn waits_for_the_end_of_what_begins_late() {
        let progress = RefCell::new(vec![Progress::Done, Progress::Busy, Progress::Waiting]);
        until_applied(|| std::future::ready(Ok(progress.borrow_mut().pop().unwrap()))).await.unwrap();
        assert!(progress.borrow().is_empty());
    }

    #[test]
    fn done_is_what_is_shown_or_scheduled() {
        let of = |is_shown, has_pending, now| Progress::of(&Phase::Ready, is_shown, has_pending, now);
        assert_eq!(of(true, false, true), Progress::Done);
        assert_eq!(of(false, true, true), Progress::Waiting);
        assert_eq!(of(false, true, false), Progress::Done);
        assert_eq!(Progress::of(&Phase::Pending("modifying".into()), true, false, true), Progress::Busy);
    }

    #[test]
    fn leaves_what_does_not_begin() {
        assert!(!is_over(Progress::Waiting, BEGIN / 2));
        assert!(is_over(Progress::Waiting, BEGIN));
        assert!(!is_over(Progress::Busy, BEGIN));
    }
}
