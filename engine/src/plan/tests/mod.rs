//! Plans of small configurations over a provider without a network: every rule that a plan follows.

mod claims;
mod ephemeral;
mod fake;
mod lifecycle;
mod moves;
mod parts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Plan, PlanOptions, PlanRequest, PlanResult, create};
use crate::addr::InstanceKey;
use crate::config::{Variables, load_sources};
use crate::eval::Settings;
use crate::events::{Events, Silent};
use crate::store::{ObjectKey, ObjectRecord, ObjectStatus, OutputRecord, Snapshot};
use crate::value::{Value, infer_json, to_json};

/// A configuration and a state.
struct Scene {
    files: BTreeMap<PathBuf, Arc<str>>,
    snapshot: Snapshot,
    events: &'static dyn Events,
}

impl Default for Scene {
    fn default() -> Self {
        Self { files: BTreeMap::new(), snapshot: Snapshot::default(), events: &Silent }
    }
}

/// A scene whose root module is this text.
fn scene(main: &str) -> Scene {
    Scene::default().file("main.tf", main)
}

impl Scene {
    fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }

    /// An object of the state with an input; its id is its first address.
    fn object(self, addr: &str, input: &str) -> Self {
        self.made_from(addr, input, &[])
    }

    /// The same, with the resources that it was made from.
    fn made_from(mut self, addr: &str, input: &str, dependencies: &[&str]) -> Self {
        let value = fake::object(addr, infer_json(&serde_json::from_str(input).unwrap()));
        let config = |it: &&str| it.parse::<crate::addr::ResourceAddr>().unwrap().config();
        let record = ObjectRecord {
            provider: format!("provider[{:?}]", fake::SOURCE),
            schema_version: 0,
            status: ObjectStatus::Ready,
            attributes: to_json(&value, Some(&fake::schema().block.ty())).into(),
            sensitive: Vec::new(),
            dependencies: dependencies.iter().map(config).collect(),
            create_before_destroy: false,
            row_version: 1,
        };
        self.snapshot.objects.insert(ObjectKey::current(addr.parse().unwrap()), record);
        self
    }

    /// An object of the state whose id is not its address.
    fn known_as(mut self, addr: &str, id: &str, input: &str, trigger: &str) -> Self {
        self = self.object(addr, input);
        let key = ObjectKey::current(addr.parse().unwrap());
        let record = self.snapshot.objects.get_mut(&key).unwrap();
        let mut attributes = record.attributes.read().unwrap().into_owned();
        attributes["id"] = id.into();
        attributes["trigger"] = to_json(&Value::from(trigger), Some(&crate::value::Type::Dynamic));
        record.attributes = attributes.into();
        self
    }

    fn output(mut self, name: &str, value: &str) -> Self {
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        let ty = crate::value::type_to_json(&infer_json(&value).ty());
        self.snapshot.outputs.insert(name.into(), OutputRecord { value, ty, sensitive: false });
        self
    }

    fn plan(&self) -> PlanResult {
        self.plan_with(PlanOptions::default())
    }

    fn plan_with(&self, options: PlanOptions) -> PlanResult {
        let (config, found) = load_sources(Path::new(""), &self.files);
        assert!(!found.has_errors(), "{found:?}");
        let settings = Settings {
            working_dir: PathBuf::new(),
            workspace: "default".into(),
            plan_time: "2026-01-01T00:00:00Z".into(),
            now: None,
            validating: false,
        };
        let providers = fake::providers();
        let variables = Variables::default();
        let (snapshot, events) = (&self.snapshot, self.events);
        let request = PlanRequest {
            config: &config,
            variables: &variables,
            snapshot,
            providers: &providers,
            events,
            settings,
            options,
        };
        futures::executor::block_on(create(request))
    }
}

/// The changes of a plan as lines, each with what is remarkable about it.
fn changes(plan: &Plan) -> Vec<String> {
    let line = |it: &super::ResourceChange| {
        let mut line = format!("{:?} {}", it.action, it.object);
        if let Some(from) = &it.moved_from {
            line += &format!(" from {from}");
        }
        if let Some(reason) = it.reason {
            line += &format!(" {reason:?}");
        }
        if let Some(id) = &it.importing {
            line += &format!(" importing {id}");
        }
        line
    };
    plan.changes.iter().map(line).collect()
}

/// What a plan that has no errors changes.
fn planned(scene: &Scene) -> Vec<String> {
    planned_with(scene, PlanOptions::default())
}

fn planned_with(scene: &Scene, options: PlanOptions) -> Vec<String> {
    let result = scene.plan_with(options);
    assert!(!result.diagnostics.has_errors(), "{:?}", result.diagnostics);
    changes(&result.plan)
}

/// The summaries of a plan's errors and warnings.
fn said(scene: &Scene) -> Vec<String> {
    scene.plan().diagnostics.iter().map(|it| it.summary.clone()).collect()
}

/// The planned input of an instance.
fn input(plan: &Plan, addr: &str) -> Value {
    let change = plan.changes.iter().find(|it| it.object.addr.to_string() == addr).expect("it is in the plan");
    change.after.get("input").expect("every object has an input").clone()
}

#[test]
fn a_key_is_part_of_the_state() {
    let scene = scene("").object("test_thing.a[0]", "1");
    assert_eq!(scene.snapshot.objects.keys().next().unwrap().addr.key, InstanceKey::Int(0));
}
