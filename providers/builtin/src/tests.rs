//! Every type through the interface that the engine sees: made, read, changed, imported.

use std::collections::BTreeSet;
use std::time::Duration;

use plumb_engine::provider::{Client, Creation, IntentKey, Known, PlannedChange, ReadOutcome, Recognition};
use plumb_engine::value::{Type, Value};

use super::*;

/// A provider with a client of it.
struct Subject {
    provider: Arc<dyn Provider>,
    client: Arc<dyn Client>,
}

async fn subject(type_name: &str) -> Subject {
    let provider = providers(Arc::new(NoStates)).into_iter().find(|it| it.resource_type(type_name).is_some()).unwrap();
    let client = provider.configure(&provider.config_schema().block.empty()).await.unwrap();
    Subject { provider, client }
}

/// A configuration that sets these arguments and nothing else.
fn config(subject: &Subject, type_name: &str, arguments: &[(&str, Value)]) -> Value {
    let empty = subject.provider.resource_type(type_name).unwrap().schema().block.empty();
    arguments.iter().fold(empty, |object, (name, value)| object.with(name, value.clone()))
}

/// The create that a planner plans of a configuration: defaults, and unknowns where the provider decides.
fn planned(subject: &Subject, type_name: &str, config: &Value) -> Value {
    let ty = subject.provider.resource_type(type_name).unwrap();
    assert!(ty.validate(config).is_empty());
    let mut planned = config.clone();
    for (name, it) in &ty.schema().block.attributes {
        if config.get(name).is_some_and(Value::is_null) {
            let value = if it.computed { Some(Value::unknown(it.ty.clone())) } else { it.default.clone() };
            planned = value.into_iter().fold(planned, |object, value| object.with(name, value));
        }
    }
    let prior = Value::null(planned.ty());
    let mut change = PlannedChange { prior, config: config.clone(), planned, replace: Vec::new() };
    assert!(ty.plan(&mut change, None).is_empty());
    change.planned
}

async fn create(subject: &Subject, type_name: &str, planned: &Value) -> Value {
    let key = IntentKey::new("lineage", "run", type_name);
    let creation = Creation { key: &key, made: &|_| (), timeout: Duration::from_secs(60) };
    subject.client.create(type_name, planned, &creation).await.unwrap()
}

async fn read(subject: &Subject, type_name: &str, id: &str, object: Option<Value>) -> ReadOutcome {
    subject.client.read(type_name, vec![Known { id: id.into(), object }]).await.remove(0)
}

fn id(object: &Value) -> String {
    object.get("id").unwrap().as_str().unwrap().to_owned()
}

fn keepers() -> (&'static str, Value) {
    let entries = [("a".into(), Value::from("1")), ("b".into(), Value::null(Type::String))];
    ("keepers", Value::map(Type::String, entries))
}

fn arguments(type_name: &str) -> Vec<(&'static str, Value)> {
    let five = || Value::from(5_i64);
    match type_name {
        "null_resource" => vec![("triggers", keepers().1)],
        "random_id" => vec![keepers(), ("byte_length", five())],
        "random_integer" => vec![keepers(), ("min", five()), ("max", i64::MAX.into())],
        "random_password" | "random_string" => vec![keepers(), ("length", five()), ("override_special", "é".into())],
        "random_shuffle" => {
            vec![keepers(), ("input", Value::list(Type::String, ('a'..='z').map(|it| it.to_string().into()).collect()))]
        }
        "random_pet" | "random_uuid" => vec![keepers()],
        "terraform_data" => vec![("input", Value::tuple(vec!["a".into(), five()])), ("triggers_replace", five())],
        other => panic!("no arguments of {other} are known here: add them"),
    }
}

#[test]
fn every_type_is_registered_and_described() {
    let mut names = Vec::new();
    for provider in providers(Arc::new(NoStates)) {
        for name in provider.resource_types() {
            let ty = provider.resource_type(name).unwrap();
            let block = &ty.schema().block;
            assert!(!block.description.is_empty(), "{name}");
            for (attribute, it) in &block.attributes {
                assert!(!it.description.is_empty(), "{name}.{attribute}");
            }
            assert_eq!(ty.recognition(), Recognition::Local);
            names.push(format!("{} {name}", provider.source()));
        }
    }
    let random = "registry.terraform.io/hashicorp/random random";
    let mut expected = vec!["registry.terraform.io/hashicorp/null null_resource".to_owned()];
    expected
        .extend(["id", "integer", "password", "pet", "shuffle", "string", "uuid"].map(|it| format!("{random}_{it}")));
    expected.push("terraform.io/builtin/terraform terraform_data".into());
    assert_eq!(names, expected);
}

#[tokio::test]
async fn every_type_lives_as_it_was_planned() {
    for type_name in providers(Arc::new(NoStates))
        .iter()
        .flat_map(|it| it.resource_types().into_iter().map(str::to_owned).collect::<Vec<_>>())
    {
        let subject = subject(&type_name).await;
        let config = config(&subject, &type_name, &arguments(&type_name));
        let planned = planned(&subject, &type_name, &config);
        let made = create(&subject, &type_name, &planned).await;
        assert!(made.is_wholly_known(), "{type_name}: {made:?}");
        for (name, value) in planned.as_map().unwrap() {
            if !value.is_unknown() {
                assert_eq!(made.get(name), Some(value), "{type_name}.{name} is not as it was planned");
            }
        }
        let seen = read(&subject, &type_name, &id(&made), Some(made.clone())).await;
        assert!(matches!(&seen, ReadOutcome::Found(it) if *it == made), "{type_name}: {seen:?}");
        let key = IntentKey::new("lineage", "run", &type_name);
        assert_eq!(subject.client.find(&type_name, &planned, &key).await.unwrap(), None);
        assert_ne!(create(&subject, &type_name, &planned).await, made, "{type_name}: the result is drawn anew");
        subject.client.delete(&type_name, &made).await.unwrap();
        assert_eq!(subject.client.calls(), 0);
    }
}

#[tokio::test]
async fn an_update_changes_the_arguments_and_keeps_the_result() {
    let subject = subject("random_pet").await;
    let config = config(&subject, "random_pet", &[]);
    let made = create(&subject, "random_pet", &planned(&subject, "random_pet", &config)).await;
    let changed = made.clone().with("keepers", Value::map(Type::String, [("a".into(), Value::null(Type::String))]));
    assert_eq!(subject.client.update("random_pet", &made, &changed).await.unwrap(), changed);
}

#[tokio::test]
async fn imports_restore_what_was_made() {
    for type_name in ["random_id", "random_string", "random_uuid"] {
        let subject = subject(type_name).await;
        let arguments = if type_name == "random_uuid" { vec![] } else { arguments(type_name).split_off(1) };
        let arguments: Vec<_> = arguments.into_iter().filter(|(name, _)| *name != "override_special").collect();
        let config = config(&subject, type_name, &arguments);
        let made = create(&subject, type_name, &planned(&subject, type_name, &config)).await;
        let seen = read(&subject, type_name, &id(&made), None).await;
        let ReadOutcome::Found(found) = seen else { panic!("{type_name}: {seen:?}") };
        let different: BTreeSet<_> = made
            .as_map()
            .unwrap()
            .iter()
            .filter(|(name, it)| found.get(name) != Some(it))
            .map(|(name, _)| name)
            .collect();
        assert!(different.iter().all(|it| &***it == "keepers"), "{type_name}: {different:?}");
    }
    for (type_name, id) in
        [("random_shuffle", "-"), ("random_pet", "x"), ("null_resource", "1"), ("random_password", "none")]
    {
        let seen = read(&subject(type_name).await, type_name, id, None).await;
        assert!(matches!(&seen, ReadOutcome::Failed(_)), "{type_name}: {seen:?}");
    }
}
