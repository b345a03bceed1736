//! Checks of a group's configuration, and what is planned beyond its schema.

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::PlannedChange;
use plumb_engine::value::{Type, Value};

use crate::ec2::template_reference::unsettle;
use crate::wire::{Check, plan as planning};

/// What AWS would refuse.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    found.extend(template(config));
    found.extend(sizes(config));
    found.extend(subnets(config));
    found.extend(limit(config));
    let mut check = Check::of(config);
    let seconds = |text: &str| text.parse::<i32>().is_ok_and(|it| it >= 0);
    for name in ["checkpoint_delay", "instance_warmup"] {
        check.within(&["instance_refresh", "preferences"], name, seconds, "a number of seconds");
    }
    found.extend(check.found());
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
    if let Some(policy) = planned.get("mixed_instances_policy") {
        let (prior, config) = (change.prior.get("mixed_instances_policy"), change.config.get("mixed_instances_policy"));
        next = next.with("mixed_instances_policy", unsettle_within(prior, config, policy));
    }
    change.planned = next;
    planning::follow(change, &["vpc_zone_identifier"], &["availability_zones"]);
    planning::follow(change, &["availability_zones"], &["vpc_zone_identifier"]);
}

/// Unsettles the template references in nested blocks.
fn unsettle_within(prior: Option<&Value>, config: Option<&Value>, planned: &Value) -> Value {
    const NAMES: (&str, &str) = ("launch_template_id", "launch_template_name");
    let Some(blocks) = planned.as_slice() else { return planned.clone() };
    let Type::List(element) = planned.ty() else { return planned.clone() };
    if blocks.iter().any(|it| it.get(NAMES.0).is_some()) {
        return unsettle(prior, config, planned, NAMES);
    }
    let at = |value: Option<&Value>, index: usize| value.and_then(|it| it.as_slice()?.get(index).cloned());
    let blocks = blocks.iter().enumerate().map(|(index, block)| {
        let (prior, config) = (at(prior, index), at(config, index));
        let part = |value: &Option<Value>, name: &str| value.as_ref().and_then(|it| it.get(name).cloned());
        block.as_map().into_iter().flatten().fold(block.clone(), |block, (name, value)| {
            let (prior, config) = (part(&prior, name), part(&config, name));
            block.with(name, unsettle_within(prior.as_ref(), config.as_ref(), value))
        })
    });
    Value::list((*element).clone(), blocks.collect())
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
    fn names_of_nested_templates_follow_their_ids() {
        let null = || Value::null(Type::String);
        let policy = |id: &str, name: Value| {
            let list = |block: Value| Value::list(block.ty(), vec![block]);
            let reference = [("launch_template_id", Value::from(id)), ("launch_template_name", name)];
            let template = Value::object([("launch_template_specification", list(Value::object(reference)))]);
            list(Value::object([("launch_template", list(template))]))
        };
        let prior = policy("lt-1", "a".into());
        let planned = unsettle_within(Some(&prior), Some(&policy("lt-2", null())), &policy("lt-2", "a".into()));
        assert_eq!(planned, policy("lt-2", Value::unknown(Type::String)));
        assert_eq!(unsettle_within(Some(&prior), Some(&policy("lt-1", null())), &prior), prior);
    }

    #[test]
    fn desired_capacity_stays_within_limits() {
        let with = |desired: i64, min: i64, max: i64| {
            within_limits(&config(min, max, 1).with("desired_capacity", Value::from(desired)))
        };
        assert_eq!(with(1, 2, 4), Value::from(2i64));
        assert_eq!(with(5, 2, 4), Value::from(4i64));
        assert_eq!(with(3, 2, 4), Value::from(3i64));
    }
}
