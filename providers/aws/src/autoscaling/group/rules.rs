//! Checks of a group's configuration, and what is planned beyond its schema.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::PlannedChange;
use plumb_engine::value::{Type, Value};

use crate::ec2::template_reference::unsettle;

/// What AWS would refuse.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    found.extend(template(config));
    found.extend(sizes(config));
    found.extend(subnets(config));
    found.extend(limit(config));
    found
}

/// The desired capacity stays within new limits, and what a template's id says of its name is not known before.
pub(super) fn plan(change: &mut PlannedChange) {
    if change.prior.is_null() || change.planned.is_null() {
        return;
    }
    let planned = &change.planned;
    let names = ("id", "name");
    let part = |value: &Value, name: &str| value.get(name).cloned();
    let mut next = planned.clone();
    if let Some(blocks) = planned.get("launch_template") {
        let (prior, config) = (part(&change.prior, "launch_template"), part(&change.config, "launch_template"));
        next = next.with("launch_template", unsettle(prior.as_ref(), config.as_ref(), blocks, names));
    }
    if change.config.get("desired_capacity").is_none_or(Value::is_null) {
        next = next.with("desired_capacity", within_limits(planned));
    }
    change.planned = next;
}

fn within_limits(planned: &Value) -> Value {
    let get = |name: &str| planned.get(name).cloned().unwrap_or_else(|| Value::null(Type::Number));
    let (desired, min, max) = (get("desired_capacity"), get("min_size"), get("max_size"));
    match (whole(&desired), whole(&min), whole(&max)) {
        (Some(desired), Some(min), _) if desired < min => get("min_size"),
        (Some(desired), _, Some(max)) if desired > max => get("max_size"),
        (Some(_), Some(_), Some(_)) => desired,
        _ => Value::unknown(Type::Number),
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_number().and_then(|it| it.as_i64())
}

fn template(config: &Value) -> Option<Diagnostic> {
    let block = |name: &str| config.get(name).map(|it| it.as_slice().map(<[Value]>::len));
    let configuration = config.get("launch_configuration")?;
    let counts = [block("launch_template")?, block("mixed_instances_policy")?];
    if configuration.is_unknown() || counts.contains(&None) {
        return None;
    }
    let set = counts.iter().filter(|it| **it != Some(0)).count() + usize::from(!configuration.is_null());
    (set != 1).then(|| {
        let which = if set == 0 { "none" } else { "several" };
        let detail = format!(
            "A group launches instances by one of `launch_template`, `mixed_instances_policy` and \
             `launch_configuration`, and {which} of them is set."
        );
        Diagnostic::error("Invalid combination of arguments", detail)
    })
}

fn sizes(config: &Value) -> Option<Diagnostic> {
    let number = |name: &str| config.get(name).and_then(whole);
    let below = |a: &str, b: &str| matches!((number(a), number(b)), (Some(a), Some(b)) if a < b);
    let wrong = if below("max_size", "min_size") {
        "`max_size` is less than `min_size`."
    } else if below("desired_capacity", "min_size") {
        "`desired_capacity` is less than `min_size`."
    } else if below("max_size", "desired_capacity") {
        "`desired_capacity` is more than `max_size`."
    } else {
        return None;
    };
    let detail = format!("{wrong} The desired capacity of a group lies between its `min_size` and its `max_size`.");
    Some(Diagnostic::error("Invalid size of a group", detail))
}

fn subnets(config: &Value) -> Option<Diagnostic> {
    let subnets = config.get("vpc_zone_identifier")?.as_slice()?;
    let empty = subnets.iter().any(|it| it.as_str().is_some_and(|it| it.trim().is_empty()));
    let detail = "One of the subnet ids in `vpc_zone_identifier` is an empty text. Leave it out, for instance with \
                  `compact(…)`, or find out why it is empty.";
    empty.then(|| Diagnostic::error("Invalid subnet id", detail))
}

fn limit(config: &Value) -> Option<Diagnostic> {
    let reason = super::wait::duration(config.get("wait_for_capacity_timeout")?.as_str()?).err()?;
    let detail = format!("The argument \"wait_for_capacity_timeout\" {reason}, or \"0\" to not wait.");
    Some(Diagnostic::error("Invalid value for argument", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(min: i64, max: i64, templates: usize) -> Value {
        let block = Value::object([("id", Value::from("lt-1"))]);
        Value::object([
            ("min_size", Value::from(min)),
            ("max_size", Value::from(max)),
            ("desired_capacity", Value::null(Type::Number)),
            ("launch_configuration", Value::null(Type::String)),
            ("launch_template", Value::list(block.ty(), vec![block.clone(); templates])),
            ("mixed_instances_policy", Value::list(block.ty(), Vec::new())),
            ("vpc_zone_identifier", Value::set(Type::String, vec!["subnet-1".into()])),
        ])
    }

    #[test]
    fn one_template_and_sizes_in_order() {
        assert!(validate(&config(1, 2, 1)).is_empty());
        assert!(validate(&config(3, 2, 1)).has_errors());
        assert!(validate(&config(1, 2, 0)).has_errors());
        let empty = config(1, 2, 1).with("vpc_zone_identifier", Value::set(Type::String, vec!["".into()]));
        assert_eq!(validate(&empty).iter().next().unwrap().summary, "Invalid subnet id");
    }

    #[test]
    fn unknown_parts_are_no_error() {
        let unknown = config(1, 2, 0).with("launch_configuration", Value::unknown(Type::String));
        assert!(validate(&unknown).is_empty());
        assert!(validate(&config(3, 2, 1).with("max_size", Value::unknown(Type::Number))).is_empty());
    }

    #[test]
    fn desired_capacity_stays_within_limits() {
        let with = |desired: i64, min: i64, max: i64| {
            within_limits(&config(min, max, 1).with("desired_capacity", Value::from(desired)))
        };
        assert_eq!(with(1, 2, 4), Value::from(2));
        assert_eq!(with(5, 2, 4), Value::from(4));
        assert_eq!(with(3, 2, 4), Value::from(3));
    }
}
