//! What a configuration of an instance may be, and what follows from its changes.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::PlannedChange;
use plumb_engine::value::Value;

use super::NAME_LENGTH;
use crate::rds::{check, keep_version, same_database};
use crate::wire::{Check, plan};

/// Where an instance may come from, besides being new.
const SOURCES: [&str; 4] = ["replicate_source_db", "snapshot_identifier", "restore_to_point_in_time", "s3_import"];

pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut check = Check::of(config);
    check::name_and_prefix(&mut check, "identifier", "identifier_prefix", NAME_LENGTH);
    check::password(&mut check, config, "password", "password_wo", "password_wo_version");
    check::monitoring(&mut check);
    check::insights(&mut check);
    check::windows(&mut check, "backup_window", "maintenance_window");
    check.range("backup_retention_period", 0, 35).range("port", 1, 65535);
    check.one_of("network_type", &["IPV4", "DUAL"]);
    check.one_of("replica_mode", &["mounted", "open-read-only"]);
    check.one_of("storage_type", &["standard", "gp2", "gp3", "io1", "io2"]);
    check.one_of("backup_target", &["region", "outposts"]);
    let support = ["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"];
    check.one_of("engine_lifecycle_support", &support);
    if let Some(class) = check.text("instance_class").filter(|it| !it.starts_with("db.")) {
        check.error("instance_class", format!("is \"{class}\"; classes begin with \"db.\", such as db.t4g.micro."));
    }
    source(&mut check, config);
    storage(&mut check);
    blue_green(&mut check, config);
    let is_replica = check.is_set("replicate_source_db") != Some(false);
    let snapshot = check::final_snapshot(&mut check, config).filter(|_| !is_replica);
    let mut found = check.found();
    if let Some(warning) = snapshot {
        found.push(warning);
    }
    found
}

pub(super) fn plan(change: &mut PlannedChange) -> Diagnostics {
    keep_version(change);
    keep_storage(change);
    plan::follow(change, &["engine_version"], &["engine_version_actual"]);
    plan::follow(change, &["identifier"], &["id", "arn", "address", "endpoint"]);
    plan::follow(change, &["port"], &["endpoint"]);
    let secret = ["master_user_secret", "master_user_secret_kms_key_id"];
    plan::follow(change, &["manage_master_user_password"], &secret);
    plan::follow(change, &["storage_type"], &["iops", "storage_throughput"]);
    source_change(change)
}

/// An instance has at most one source, and a new one needs what a source would tell.
fn source(check: &mut Check<'_>, config: &Value) {
    let state = |name: &str| {
        let value = config.get(name)?;
        (!value.is_unknown()).then(|| !value.is_null() && value.as_slice().is_none_or(|it| !it.is_empty()))
    };
    let states: Vec<_> = SOURCES.iter().map(|name| (*name, state(name))).collect();
    let set: Vec<&str> = states.iter().filter(|(_, it)| *it == Some(true)).map(|(name, _)| *name).collect();
    if let [first, second, ..] = set[..] {
        check.error(first, format!("is set together with \"{second}\". An instance has one source: remove one."));
    }
    let is_new = states.iter().all(|(name, it)| *it == Some(false) || (*name == "s3_import" && *it == Some(true)));
    if !is_new {
        return;
    }
    for name in ["allocated_storage", "engine", "username"] {
        if check.is_set(name) == Some(false) {
            check.error(name, "is missing. Set it, or take it over from a source such as \"snapshot_identifier\".");
        }
    }
    let passwords = ["password", "password_wo", "manage_master_user_password"];
    if passwords.iter().all(|name| check.is_set(name) == Some(false)) {
        check.error(
            "password",
            "is missing. Set \"manage_master_user_password\" to true to let RDS make one, or set \"password\" or \
             \"password_wo\".",
        );
    }
}

fn storage(check: &mut Check<'_>) {
    let (size, most) = (check.number("allocated_storage"), check.number("max_allocated_storage"));
    if let (Some(size), Some(most)) = (size, most.filter(|it| *it != 0))
        && most < size
    {
        check.error(
            "max_allocated_storage",
            format!("is {most} GiB, less than the {size} GiB of \"allocated_storage\". Raise it, or remove it."),
        );
    }
    let kind = check.text("storage_type");
    if matches!(kind, Some("io1" | "io2")) && check.is_set("iops") == Some(false) {
        check.error("iops", "is missing: storage of the types io1 and io2 needs it.");
    }
    if kind.is_some_and(|it| it != "gp3") && check.is_set("storage_throughput") == Some(true) {
        check.error("storage_throughput", "is set for a storage type other than gp3. Change the type, or remove it.");
    }
}

fn blue_green(check: &mut Check<'_>, config: &Value) {
    let blocks = config.get("blue_green_update").and_then(Value::as_slice).unwrap_or_default();
    let is_on = |it: &Value| it.get("enabled").and_then(Value::as_bool) == Some(true);
    if blocks.iter().any(is_on) {
        check.error(
            "blue_green_update.enabled",
            "is true, but changes are made in place here. Set it to false, or make the blue/green deployment with the \
             AWS console or CLI and apply afterwards.",
        );
    }
}

/// Storage that has grown by itself stays as it is.
fn keep_storage(change: &mut PlannedChange) {
    let number = |object: &Value, name: &str| object.get(name).and_then(Value::as_number).and_then(|it| it.as_i64());
    let size = (number(&change.prior, "allocated_storage"), number(&change.planned, "allocated_storage"));
    let grows = number(&change.planned, "max_allocated_storage").is_some_and(|it| it > 0);
    if let (true, (Some(before), Some(after))) = (grows, size)
        && before > after
    {
        change.planned = change.planned.clone().with("allocated_storage", Value::from(before));
    }
}

/// A replica can be made an instance of its own; nothing else about a source can change in place.
fn source_change(change: &PlannedChange) -> Diagnostics {
    let name = "replicate_source_db";
    let text = |object: &Value| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (before, after) = (text(&change.prior), text(&change.planned));
    if change.prior.is_null() || after.is_empty() || same_database(&before, &after) {
        return Diagnostics::new();
    }
    let was = if before.is_empty() { "no replica".to_owned() } else { format!("a replica of \"{before}\"") };
    Diagnostic::error(
        "Unsupported change of a replica's source",
        format!(
            "The instance is {was} and cannot be made a replica of \"{after}\". Make a new instance for that, or have \
             this one replaced with `-replace`."
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use plumb_engine::provider::Schematic;
    use plumb_engine::value::Type;

    use super::super::DbInstance;
    use super::*;

    fn object(items: &[(&str, Value)]) -> Value {
        let mut all: BTreeMap<Arc<str>, Value> = DbInstance::block().empty().as_map().unwrap().clone();
        all.extend(items.iter().map(|(name, value)| (Arc::from(*name), value.clone())));
        Value::object(all)
    }

    fn errors(items: &[(&str, Value)]) -> Vec<String> {
        let found = validate(&object(items));
        found.iter().filter(|it| it.is_error()).map(|it| it.detail.clone()).collect()
    }

    fn new() -> Vec<(&'static str, Value)> {
        vec![
            ("engine", "postgres".into()),
            ("instance_class", "db.t4g.micro".into()),
            ("allocated_storage", 20i64.into()),
            ("username", "admin1".into()),
            ("password", "secret-1".into()),
            ("skip_final_snapshot", true.into()),
        ]
    }

    #[test]
    fn new_instances_need_what_no_source_tells() {
        assert_eq!(errors(&new()), Vec::<String>::new());
        let details = errors(&[("instance_class", "db.t4g.micro".into())]);
        assert_eq!(details.len(), 4);
        assert!(details.iter().all(|it| it.contains("is missing")), "{details:?}");
        let from = |source: Value| [("instance_class", "db.m6g.large".into()), ("snapshot_identifier", source)];
        assert_eq!(errors(&from("last".into())), Vec::<String>::new());
        assert_eq!(errors(&from(Value::unknown(Type::String))), Vec::<String>::new());
    }

    #[test]
    fn sources_exclude_each_other() {
        let two = [
            ("instance_class", Value::from("db.m6g.large")),
            ("snapshot_identifier", "last".into()),
            ("replicate_source_db", "main".into()),
        ];
        assert!(errors(&two)[0].contains("one source"));
    }

    #[test]
    fn storage_that_cannot_be() {
        let with = |items: &[(&'static str, Value)]| errors(&[new(), items.to_vec()].concat());
        assert!(with(&[("max_allocated_storage", 10i64.into())])[0].contains("less than the 20 GiB"));
        assert!(with(&[("storage_type", "io1".into())])[0].contains("needs it"));
        assert!(with(&[("storage_type", "gp2".into()), ("storage_throughput", 500i64.into())])[0].contains("gp3"));
    }

    fn planned(prior: &[(&str, Value)], config: &[(&str, Value)]) -> (PlannedChange, Diagnostics) {
        let (prior, config) = (object(prior), object(config));
        let planned = config.as_map().unwrap().iter().fold(prior.clone(), |object, (name, value)| {
            if value.is_null() { object } else { object.with(name, value.clone()) }
        });
        let mut change = PlannedChange { prior, config, planned, replace: Vec::new() };
        let found = plan(&mut change);
        (change, found)
    }

    #[test]
    fn versions_in_use_are_no_change() {
        let prior = [("engine_version", "15.4".into()), ("engine_version_actual", "15.4".into())];
        let version = |text: &str| {
            let (change, _) = planned(&prior, &[("engine_version", text.into())]);
            let actual = change.planned.get("engine_version_actual").unwrap().is_unknown();
            (change.planned.get("engine_version").unwrap().as_str().unwrap().to_owned(), actual)
        };
        assert_eq!(version("15"), ("15.4".into(), false));
        assert_eq!(version("15.5"), ("15.5".into(), true));
    }

    #[test]
    fn grown_storage_is_kept() {
        let size = |most: i64| {
            let config = [("allocated_storage", 20i64.into()), ("max_allocated_storage", most.into())];
            let (change, _) = planned(&[("allocated_storage", 50i64.into())], &config);
            change.planned.get("allocated_storage").unwrap().as_number().unwrap().as_i64()
        };
        assert_eq!(size(100), Some(50));
        assert_eq!(size(0), Some(20));
    }

    #[test]
    fn sources_cannot_change() {
        let prior = [("replicate_source_db", "main".into())];
        let (_, other) = planned(&prior, &[("replicate_source_db", "other".into())]);
        assert!(other.iter().next().unwrap().detail.contains("a replica of \"main\""));
        let arn = "arn:aws:rds:us-east-1:123456789012:db:main";
        assert!(planned(&prior, &[("replicate_source_db", arn.into())]).1.is_empty());
    }
}
