//! What a configuration of a cluster may be, and what follows from its changes.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::PlannedChange;
use plumb_engine::value::Value;

use super::NAME_LENGTH;
use crate::rds::{check, keep_version, same_database};
use crate::wire::{Check, plan};

/// Where a cluster may come from, besides being new.
const SOURCES: [&str; 3] = ["snapshot_identifier", "restore_to_point_in_time", "s3_import"];

pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut check = Check::of(config);
    check::name_and_prefix(&mut check, "cluster_identifier", "cluster_identifier_prefix", NAME_LENGTH);
    check::password(&mut check, config, "master_password", "master_password_wo", "master_password_wo_version");
    check::monitoring(&mut check);
    check::insights(&mut check);
    check::windows(&mut check, "preferred_backup_window", "preferred_maintenance_window");
    check.range("backup_retention_period", 1, 35).range("backtrack_window", 0, 259_200).range("port", 1, 65535);
    check.one_of("network_type", &["IPV4", "DUAL"]);
    check.one_of("engine", &["aurora-mysql", "aurora-postgresql", "mysql", "postgres"]);
    check.one_of("engine_mode", &["provisioned", "serverless", "global", "parallelquery", "multimaster"]);
    check.one_of("cluster_scalability_type", &["standard", "limitless"]);
    let support = ["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"];
    check.one_of("engine_lifecycle_support", &support);
    source(&mut check, config);
    capacity(&mut check, config);
    let snapshot = check::final_snapshot(&mut check, config);
    let mut found = check.found();
    if let Some(warning) = snapshot {
        found.push(warning);
    }
    found
}

pub(super) fn plan(change: &mut PlannedChange) -> Diagnostics {
    keep_version(change);
    plan::follow(change, &["engine_version"], &["engine_version_actual"]);
    let secret = ["master_user_secret", "master_user_secret_kms_key_id"];
    plan::follow(change, &["manage_master_user_password"], &secret);
    source_change(change)
}

/// A cluster has at most one source, and a new one that is no replica has a master user.
fn source(check: &mut Check<'_>, config: &Value) {
    let state = |name: &str| {
        let value = config.get(name)?;
        (!value.is_unknown()).then(|| !value.is_null() && value.as_slice().is_none_or(|it| !it.is_empty()))
    };
    let set: Vec<&str> = SOURCES.into_iter().filter(|name| state(name) == Some(true)).collect();
    if let [first, second, ..] = set[..] {
        check.error(first, format!("is set together with \"{second}\". A cluster has one source: remove one."));
    }
    let others = ["replication_source_identifier", "global_cluster_identifier"];
    let is_new = SOURCES.iter().chain(&others).all(|name| state(name) == Some(false));
    if !is_new {
        return;
    }
    if check.is_set("master_username") == Some(false) {
        check.error("master_username", "is missing. Set it, or take it over from a source such as a snapshot.");
    }
    let passwords = ["master_password", "master_password_wo", "manage_master_user_password"];
    if passwords.iter().all(|name| check.is_set(name) == Some(false)) {
        check.error(
            "master_password",
            "is missing. Set \"manage_master_user_password\" to true to let RDS make one, or set \"master_password\" \
             or \"master_password_wo\".",
        );
    }
}

/// Capacities of Serverless v2 go in steps of a half.
fn capacity(check: &mut Check<'_>, config: &Value) {
    let blocks = config.get("serverlessv2_scaling_configuration").and_then(Value::as_slice).unwrap_or_default();
    for block in blocks {
        let number = |name: &str| block.get(name).and_then(Value::as_number).map(|it| it.to_f64());
        let (least, most) = (number("min_capacity"), number("max_capacity"));
        for (name, value) in [("min_capacity", least), ("max_capacity", most)] {
            if let Some(value) = value.filter(|it| !(0.0..=256.0).contains(it) || (it * 2.0).fract() != 0.0) {
                let argument = format!("serverlessv2_scaling_configuration.{name}");
                check.error(&argument, format!("is {value}; it takes 0 to 256 in steps of 0.5."));
            }
        }
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            let argument = "serverlessv2_scaling_configuration.min_capacity";
            check.error(argument, format!("is {least}, more than the {most} of \"max_capacity\"."));
        }
    }
}

/// A replica and a member of a global cluster can be made a cluster of its own, not the other way round.
fn source_change(change: &PlannedChange) -> Diagnostics {
    let text = |object: &Value, name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found = Diagnostics::new();
    for (name, what) in [("replication_source_identifier", "a replica"), ("global_cluster_identifier", "a member")] {
        let (before, after) = (text(&change.prior, name), text(&change.planned, name));
        if change.prior.is_null() || after.is_empty() || same_database(&before, &after) {
            continue;
        }
        found.push(Diagnostic::error(
            "Unsupported change of a cluster's source",
            format!(
                "The existing cluster cannot be made {what} of \"{after}\". Make a new cluster for that, or have this \
                 one replaced with `-replace`."
            ),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use plumb_engine::provider::Schematic;

    use super::super::{RdsCluster, ServerlessV2Scaling};
    use super::*;

    fn object(items: &[(&str, Value)]) -> Value {
        let mut all: BTreeMap<Arc<str>, Value> = RdsCluster::block().empty().as_map().unwrap().clone();
        all.extend(items.iter().map(|(name, value)| (Arc::from(*name), value.clone())));
        Value::object(all)
    }

    fn errors(items: &[(&str, Value)]) -> Vec<String> {
        let found = validate(&object(items));
        found.iter().filter(|it| it.is_error()).map(|it| it.detail.clone()).collect()
    }

    #[test]
    fn new_clusters_have_a_master_user() {
        let engine = ("engine", Value::from("aurora-postgresql"));
        assert_eq!(errors(std::slice::from_ref(&engine)).len(), 2);
        let managed = ("manage_master_user_password", true.into());
        assert_eq!(errors(&[engine.clone(), ("master_username", "admin1".into()), managed]), Vec::<String>::new());
        assert_eq!(errors(&[engine.clone(), ("global_cluster_identifier", "all".into())]), Vec::<String>::new());
        assert_eq!(errors(&[engine, ("snapshot_identifier", "last".into())]), Vec::<String>::new());
    }

    #[test]
    fn capacities_go_in_halves() {
        let capacity = |least: f64, most: f64| {
            let number = |it: f64| Value::number(plumb_engine::value::Number::from_f64(it).unwrap());
            let ty = ServerlessV2Scaling::block().ty();
            let block = ServerlessV2Scaling::block().empty();
            let block = block.with("min_capacity", number(least)).with("max_capacity", number(most));
            errors(&[
                ("engine", "aurora-mysql".into()),
                ("snapshot_identifier", "last".into()),
                ("serverlessv2_scaling_configuration", Value::list(ty, vec![block])),
            ])
        };
        assert_eq!(capacity(0.5, 4.0), Vec::<String>::new());
        assert!(capacity(0.3, 4.0)[0].contains("steps of 0.5"));
        assert!(capacity(8.0, 4.0)[0].contains("more than the 4"));
    }

    #[test]
    fn members_of_global_clusters_leave_only() {
        let plan_of = |before: &str, after: &str| {
            let of = |it: &str| object(&[("global_cluster_identifier", it.into())]);
            let mut change =
                PlannedChange { prior: of(before), config: of(after), planned: of(after), replace: Vec::new() };
            plan(&mut change)
        };
        assert!(plan_of("all", "").is_empty());
        assert!(plan_of("", "all").has_errors());
    }
}
