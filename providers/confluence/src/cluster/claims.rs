//! What belongs to a cluster of the Auto Scaling groups that it names: sizes and templates, which its own changes write.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::plan::{Action, PlanMode};
use plumb_engine::provider::typed::Resource;
use plumb_engine::provider::{Claim, Decision, Existence, Review, ReviewInput, Reviewed};
use plumb_engine::value::{Type, Value};

use super::Cluster;
use crate::fleet::HELD;

/// The type of the groups.
pub(crate) const GROUP: &str = "aws_autoscaling_group";

/// The value that a group has by the cluster as it is.
const PRESENT: &str = "present";

/// The value that a group has by the cluster as it is to be.
const WANTED: &str = "wanted";

/// The value that an upgrade under way has given a group.
const UPGRADE: &str = "upgrade";

/// The value that a group has again after an upgrade.
const RELEASED: &str = "released";

/// What an upgrade under way may have changed of a group. A mixed policy holds more than the template, so that it is only
/// left alone meanwhile.
const MEANWHILE: [&str; 6] =
    ["min_size", "max_size", "desired_capacity", "launch_template", "mixed_instances_policy", "suspended_processes"];

/// What a block `node_group` or `synchrony_group` says of its group; unknown parts are `None`.
struct Said {
    name: String,
    min: Option<i64>,
    max: Option<i64>,
    template: Option<(String, String)>,
}

/// The claims of all clusters of a plan.
pub(crate) fn review(input: &ReviewInput<'_>) -> Review {
    let mut review = Review::default();
    for cluster in input.objects.iter().filter(|it| it.type_name() == Cluster::TYPE && !it.after.is_null()) {
        for block in ["node_group", "synchrony_group"] {
            let (present, wanted) = (said(cluster.before, block), said(cluster.after, block));
            let Some(name) = wanted.as_ref().or(present.as_ref()).map(|it| it.name.clone()) else { continue };
            for group in input.objects.iter().filter(|it| is_group(it, &name, cluster)) {
                let present = present.as_ref().filter(|it| it.name == name);
                let mut values = values(group, present, wanted.as_ref(), cluster.unfinished.is_some());
                if let Some(value) = released(group, input.mode) {
                    values.entry("suspended_processes").or_default().insert(RELEASED.into(), value);
                }
                let claims = values.into_iter().map(|(attribute, members)| claim(cluster, group, attribute, members));
                review.claims.extend(claims);
                let found = wanted.as_ref().map(|it| contradictions(cluster, group, it));
                review.diagnostics.extend(found.into_iter().flatten());
            }
        }
    }
    review
}

/// The processes that do not run when those that the state has seen an upgrade suspend do again; `None` where it has not, or
/// where the group's own block wants others.
fn released(group: &Reviewed<'_>, mode: PlanMode) -> Option<Value> {
    let names = |object: &Value| {
        let all = object.get("suspended_processes").and_then(Value::as_slice).map(<[Value]>::to_vec);
        all.unwrap_or_default()
    };
    let recorded = names(group.recorded);
    let is_held = |it: &Value| it.as_str().is_some_and(|name| HELD.contains(&name));
    let left: Vec<Value> = recorded.iter().filter(|it| !is_held(it)).cloned().collect();
    let were_held = recorded.len() - left.len() == HELD.len();
    let wanted = mode == PlanMode::RefreshOnly || names(group.after) == left;
    (were_held && wanted).then(|| Value::set(Type::String, left))
}

/// A group that stays: one that is made anew is made as its own block says. Names are unique in a region.
fn is_group(it: &Reviewed<'_>, name: &str, cluster: &Reviewed<'_>) -> bool {
    let text = |object: &Value, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let named = it.type_name() == GROUP && text(it.before, "name").as_deref() == Some(name);
    let elsewhere = text(cluster.after, "region").zip(text(it.before, "region")).is_some_and(|(a, b)| a != b);
    named && !elsewhere && matches!(it.action, Action::NoOp | Action::Update)
}

fn said(object: &Value, block: &str) -> Option<Said> {
    let group = object.get(block).filter(|it| !it.is_null())?;
    let known = |name: &str| group.get(name).filter(|it| !it.is_unknown());
    let text = |name: &str| known(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| known(name).and_then(Value::as_number).and_then(|it| it.as_i64());
    let min = number("min_size");
    let max = known("max_size").and_then(|_| number("max_size").or(min)).max(min);
    let version = known("launch_template_version").map(|it| it.as_str().unwrap_or("$Latest").to_owned());
    Some(Said { name: text("name")?, min, max, template: text("launch_template_id").zip(version) })
}

/// The attributes that the cluster sets, with the values that they may have.
fn values(
    group: &Reviewed<'_>,
    present: Option<&Said>,
    wanted: Option<&Said>,
    is_under_way: bool,
) -> BTreeMap<&'static str, BTreeMap<Arc<str>, Value>> {
    let mut all: BTreeMap<&'static str, BTreeMap<Arc<str>, Value>> = BTreeMap::new();
    let mut add = |attribute: &'static str, member: &str, value: Option<Value>| {
        let members = all.entry(attribute).or_default();
        members.extend(value.map(|it| (member.into(), it)));
    };
    for (member, said) in [(PRESENT, present), (WANTED, wanted)] {
        let Some(said) = said else { continue };
        add("min_size", member, said.min.map(Value::from));
        add("max_size", member, said.max.map(Value::from));
        let template = said.template.as_ref();
        add("launch_template", member, template.and_then(|it| with_template(group.before.get("launch_template")?, it)));
    }
    if is_under_way {
        for attribute in MEANWHILE {
            add(attribute, UPGRADE, group.before.get(attribute).cloned());
        }
    }
    all.retain(|_, members| !members.is_empty());
    all
}

/// The block of a template with the template of the cluster in it; the name of another one is not known.
fn with_template(block: &Value, (id, version): &(String, String)) -> Option<Value> {
    let first = block.as_slice()?.first()?;
    let is_same = first.get("id").and_then(Value::as_str) == Some(id);
    let change = |it: Value| {
        let it = it.with("id", Value::from(id.as_str())).with("version", Value::from(version.as_str()));
        if is_same { it } else { it.with("name", Value::null(Type::String)) }
    };
    Some(block.clone().with_index(0, change))
}

fn claim(cluster: &Reviewed<'_>, group: &Reviewed<'_>, attribute: &str, members: BTreeMap<Arc<str>, Value>) -> Claim {
    let told = ["name", "region"].map(|it| (it, group.before.get(it).filter(|value| !value.is_null())));
    let matches = told.into_iter().filter_map(|(name, value)| Some((name.into(), value?.clone())));
    Claim {
        owner: cluster.object.addr.clone(),
        type_name: GROUP.into(),
        matches: matches.collect(),
        attribute: attribute.into(),
        // What somebody else has set gives way to what the group should have as long as no upgrade changes it.
        active: members.contains_key(PRESENT).then(|| PRESENT.into()),
        members,
        epoch: 0,
        confirmed: true,
        existence: Existence::Configured,
        decision: Decision::Owner,
    }
}

/// Sizes that the group's own block gives it and the cluster does not.
fn contradictions(cluster: &Reviewed<'_>, group: &Reviewed<'_>, wanted: &Said) -> Diagnostics {
    let number = |object: &Value, name: &str| object.get(name).and_then(Value::as_number).and_then(|it| it.as_i64());
    let sizes = [("min_size", wanted.min), ("max_size", wanted.max)];
    let odd = sizes.into_iter().filter_map(|(name, wanted)| {
        let (wanted, own) = (wanted?, number(group.after, name)?);
        (own != wanted && Some(own) != number(group.before, name)).then(|| {
            let detail = format!(
                "{} sets {name} to {own}, and {} says {wanted} for the same group. The sizes of a group belong to the \
                 cluster that names it, so its {wanted} counts. Give both the same value.",
                group.object.addr, cluster.object.addr
            );
            Diagnostic::warning("Two sizes for one group", detail).of(&group.object.addr)
        })
    });
    odd.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumb_engine::provider::{ChangeSteps, PlannedStep};
    use plumb_engine::store::ObjectKey;
    use plumb_engine::value::infer_json;
    use serde_json::{Value as Json, json};

    use super::*;

    fn cluster(min: i64, version: &Json) -> Value {
        infer_json(&json!({ "node_group": {
            "name": "nodes", "min_size": min, "max_size": 4, "launch_template_id": "lt-1",
            "launch_template_version": version,
        }, "synchrony_group": null }))
    }

    fn group(min: i64, version: &str) -> Value {
        infer_json(&json!({
            "name": "nodes", "min_size": min, "max_size": 4, "desired_capacity": 3, "suspended_processes": ["HealthCheck"],
            "launch_template": [{ "id": "lt-1", "name": "nodes", "version": version }],
        }))
    }

    fn reviewed(clusters: (&Value, &Value), groups: (&Value, &Value), left: Option<&ChangeSteps>) -> Review {
        let keys = ["aws_autoscaling_group.nodes", "confluence_cluster.wiki"];
        let keys = keys.map(|it| ObjectKey::current(it.parse().unwrap()));
        let object = |at: usize, (before, after): (&'static Value, &'static Value), unfinished| Reviewed {
            object: Box::leak(Box::new(keys[at].clone())),
            action: Action::Update,
            recorded: before,
            before,
            after,
            replace_paths: &[],
            unfinished,
        };
        let leak = |it: &Value| -> &'static Value { Box::leak(Box::new(it.clone())) };
        let left: Option<&'static ChangeSteps> = left.map(|it| &*Box::leak(Box::new(it.clone())));
        let objects =
            [object(0, (leak(groups.0), leak(groups.1)), None), object(1, (leak(clusters.0), leak(clusters.1)), left)];
        review(&ReviewInput { mode: PlanMode::Normal, objects: &objects })
    }

    fn members(review: &Review) -> BTreeMap<String, Vec<String>> {
        let names = |it: &Claim| it.members.keys().map(ToString::to_string).collect();
        review.claims.iter().map(|it| (it.attribute.to_string(), names(it))).collect()
    }

    #[test]
    fn sizes_and_template_are_the_clusters() {
        let (before, after) = (cluster(2, &json!("7")), cluster(3, &json!("8")));
        let found = reviewed((&before, &after), (&group(2, "7"), &group(3, "8")), None);
        let names = members(&found);
        assert_eq!(names.keys().collect::<Vec<_>>(), ["launch_template", "max_size", "min_size"]);
        let template = found.claims.iter().find(|it| &*it.attribute == "launch_template").unwrap();
        assert_eq!(template.members["present"], group(2, "7").get("launch_template").unwrap().clone());
        assert_eq!(template.members["wanted"], group(2, "8").get("launch_template").unwrap().clone());
        assert_eq!(template.active.as_deref(), Some("present"));
        assert!(found.diagnostics.is_empty());
    }

    #[test]
    fn a_version_that_is_not_known_yet_is_no_value() {
        let after = cluster(2, &json!("8")).get("node_group").unwrap().clone();
        let after = after.with("launch_template_version", Value::unknown(Type::String));
        let after = cluster(2, &json!("8")).with("node_group", after);
        let found = reviewed((&cluster(2, &json!("7")), &after), (&group(2, "7"), &group(2, "7")), None);
        assert_eq!(members(&found)["launch_template"], ["present"]);
    }

    #[test]
    fn an_upgrade_under_way_may_have_set_anything() {
        let step = PlannedStep { id: "stop".into(), title: "s".into(), target: "t".into(), expected_seconds: 1 };
        let left = ChangeSteps::new("upgrade", vec![step]);
        let it = cluster(2, &json!("7"));
        let found = reviewed((&it, &it), (&group(0, "8"), &group(2, "7")), Some(&left));
        let names = members(&found);
        assert_eq!(names["min_size"], ["present", "upgrade", "wanted"]);
        assert_eq!(names["suspended_processes"], ["upgrade"]);
        assert!(!names.contains_key("mixed_instances_policy"), "{names:?}");
    }

    #[test]
    fn what_an_upgrade_has_released_is_as_it_was() {
        let with = |names: &[&str]| {
            let names = names.iter().map(|it| Value::from(*it)).collect();
            group(2, "7").with("suspended_processes", Value::set(Type::String, names))
        };
        let held: Vec<&str> = HELD.into_iter().chain(["Launch"]).collect();
        let key = ObjectKey::current("aws_autoscaling_group.nodes".parse().unwrap());
        let (recorded, now, other) = (with(&held), with(&["Launch"]), with(&[]));
        let seen = |after| {
            let (action, replace_paths) = (Action::NoOp, &[][..]);
            Reviewed { object: &key, action, recorded: &recorded, before: &now, after, replace_paths, unfinished: None }
        };
        let value = now.get("suspended_processes").cloned();
        assert_eq!(released(&seen(&now), PlanMode::Normal), value);
        assert_eq!(released(&seen(&other), PlanMode::Normal), None, "its own block has a say");
        assert_eq!(released(&seen(&other), PlanMode::RefreshOnly), value);
    }

    #[test]
    fn two_sizes_for_one_group_are_noticed() {
        let it = cluster(2, &json!("7"));
        let found = reviewed((&it, &it), (&group(2, "7"), &group(5, "7")), None);
        let said: Vec<_> = found.diagnostics.iter().map(|it| it.summary.as_str()).collect();
        assert_eq!(said, ["Two sizes for one group"]);
    }

    #[test]
    fn a_cluster_that_is_deleted_claims_nothing() {
        let it = cluster(2, &json!("7"));
        let gone = Value::null(Type::Dynamic);
        assert!(reviewed((&it, &gone), (&group(2, "7"), &group(2, "7")), None).claims.is_empty());
    }
}
