//! Instances, of their own and of clusters: many in one call.

use aws_sdk_rds::operation::delete_db_instance::DeleteDBInstanceError;
use aws_sdk_rds::operation::delete_db_instance::builders::DeleteDBInstanceFluentBuilder;
use aws_sdk_rds::types::{DbInstance, PendingModifiedValues};
use plumb_engine::provider::typed::{Prior, Result};

use super::filter;
use super::wait::deletes_already;
use crate::client::Aws;
use crate::wire::error::CallError;
use crate::wire::pages;

/// Error codes of an instance that does not exist.
pub const GONE: &[&str] = &["DBInstanceNotFound", "DBInstanceNotFoundFault"];

/// Engines that share the API of RDS and have services and resource types of their own.
const OTHER_SERVICES: [&str; 2] = ["docdb", "neptune"];

/// The instances that are in `names`, each an identifier or a resource id (`db-` and capitals), in any order.
///
/// # Errors
/// A call is refused.
pub async fn describe(
    aws: &Aws,
    names: impl IntoIterator<Item = String>,
    action: &'static str,
) -> Result<Vec<DbInstance>> {
    let (resources, identifiers): (Vec<String>, Vec<String>) = names.into_iter().partition(|it| is_resource_id(it));
    let mut found = Vec::new();
    for (name, values) in [("db-instance-id", identifiers), ("dbi-resource-id", resources)] {
        if !values.is_empty() {
            let call = aws.rds.describe_db_instances().filters(filter(name, values));
            let more: Vec<DbInstance> = pages!(call, action)?;
            found.extend(more);
        }
    }
    Ok(found)
}

/// All instances of which `wanted` is true, by identifier.
///
/// # Errors
/// A call is refused.
pub async fn list(aws: &Aws, action: &str, wanted: fn(&DbInstance) -> bool) -> Result<Vec<String>> {
    let found: Vec<DbInstance> = pages!(aws.rds.describe_db_instances(), action)?;
    let is_ours = |it: &DbInstance| !it.engine.as_deref().is_some_and(|it| OTHER_SERVICES.contains(&it));
    let found = found.into_iter().filter(|it| is_ours(it) && wanted(it));
    Ok(found.filter_map(|it| it.db_instance_identifier).collect())
}

/// Names by which objects are to be looked for: their ids, and the identifiers that they get where they are being
/// renamed.
pub fn names<R>(objects: &[Prior<R>], identifier: impl Fn(&R) -> Option<&String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for object in objects {
        let renamed = object.state.as_ref().and_then(&identifier).filter(|it| !it.is_empty());
        for name in [Some(&object.id), renamed].into_iter().flatten() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// Whether an instance is meant by a name.
pub fn is_named(instance: &DbInstance, name: &str) -> bool {
    instance.db_instance_identifier.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(name))
        || instance.dbi_resource_id.as_deref() == Some(name)
}

/// Whether changes of an instance are accepted and not done yet.
pub fn has_pending(instance: &DbInstance) -> bool {
    instance.pending_modified_values.as_ref().is_some_and(|it| *it != PendingModifiedValues::builder().build())
}

/// Sends the delete of an instance; one that others have begun is as good.
///
/// # Errors
/// The call is refused.
pub async fn delete(call: DeleteDBInstanceFluentBuilder) -> std::result::Result<(), CallError<DeleteDBInstanceError>> {
    match call.send().await {
        Err(error) if deletes_already(&error) => Ok(()),
        other => other.map(drop),
    }
}

fn is_resource_id(name: &str) -> bool {
    let rest = name.strip_prefix("db-").unwrap_or_default();
    rest.len() >= 20 && rest.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds() {
        assert!(is_resource_id("db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U"));
        assert!(!is_resource_id("db-main"));
        let prior = |id: &str, state: Option<&str>| Prior { id: id.into(), state: state.map(ToOwned::to_owned) };
        let objects = [prior("a", Some("a")), prior("b", Some("c")), prior("d", None)];
        assert_eq!(names(&objects, |it: &String| Some(it)), ["a", "b", "c", "d"]);
    }

    #[test]
    fn pending_values() {
        let instance = |it: PendingModifiedValues| DbInstance::builder().pending_modified_values(it).build();
        assert!(!has_pending(&instance(PendingModifiedValues::builder().build())));
        assert!(has_pending(&instance(PendingModifiedValues::builder().iops(1).build())));
    }
}
