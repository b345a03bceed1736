//! Configurations that declare more than anything can act on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::config::{Config, Variables, load_sources};
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::eval::Settings;
use plumb_engine::events::Silent;
use plumb_engine::plan::{PlanOptions, PlanRequest, PlanResult, create};
use plumb_engine::provider::{Client, Provider, Providers, ResourceType};
use plumb_engine::schema::Schema;
use plumb_engine::store::Snapshot;
use plumb_engine::validate::validate;
use plumb_engine::value::Value;

fn config(text: &str) -> Config {
    let sources: BTreeMap<PathBuf, Arc<str>> = [(PathBuf::from("main.tf"), text.into())].into();
    let (config, found) = load_sources(Path::new(""), &sources);
    assert!(!found.has_errors(), "{found:?}");
    config
}

fn providers() -> Providers {
    let mut providers = Providers::default();
    providers.add(crate::provider());
    providers
}

fn settings() -> Settings {
    Settings {
        working_dir: PathBuf::new(),
        workspace: "default".into(),
        plan_time: "2026-01-01T00:00:00Z".to_owned(),
        now: None,
        validating: false,
    }
}

fn check(text: &str) -> Diagnostics {
    validate(&config(text), &providers(), settings())
}

async fn plan(text: &str) -> PlanResult {
    plan_with(text, &providers()).await
}

async fn plan_with(text: &str, providers: &Providers) -> PlanResult {
    let config = config(text);
    create(PlanRequest {
        config: &config,
        variables: &Variables::default(),
        snapshot: &Snapshot::default(),
        providers,
        events: &Silent,
        settings: settings(),
        options: PlanOptions::default(),
    })
    .await
}

fn errors(found: &Diagnostics) -> Vec<String> {
    found.iter().filter(|it| it.is_error()).map(|it| format!("{}: {}", it.summary, it.detail)).collect()
}

const NETWORK: &str = r#"
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_subnet" "all" {
  for_each   = toset(["a", "b"])
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}
resource "aws_cognito_user_pool" "users" {
  name = "users"
}
resource "helm_release" "none" {
  count = 0
  name  = "x"
}
resource "helm_release" "one" {
  name = aws_cognito_user_pool.users.id
}
output "arn" {
  value = aws_cognito_user_pool.users.arn
}
"#;

#[tokio::test]
async fn a_plan_shows_what_nothing_can_act_on_and_is_refused() {
    let result = plan(NETWORK).await;
    assert!(result.plan.errored);
    let mut addresses: Vec<String> = result.plan.changes.iter().map(|it| it.object.to_string()).collect();
    addresses.sort();
    let expected = [
        "aws_cognito_user_pool.users",
        "aws_subnet.all[\"a\"]",
        "aws_subnet.all[\"b\"]",
        "aws_vpc.main",
        "helm_release.one",
    ];
    assert_eq!(addresses, expected);
    let errors = errors(&result.diagnostics);
    assert_eq!(errors.len(), 4, "one for each type: {errors:#?}");
    assert!(errors.iter().all(|it| it.starts_with("Resource type not supported: ")));
    let subnet = errors.iter().find(|it| it.contains("the resource type aws_subnet of")).unwrap();
    assert!(subnet.contains("aws_subnet.all[\"a\"]\n  aws_subnet.all[\"b\"]"), "{subnet}");
    let subnet = result.plan.changes.iter().find(|it| it.object.addr.resource.type_name.as_ref() == "aws_subnet");
    assert!(subnet.unwrap().after.get("vpc_id").unwrap().is_unknown(), "computed attributes are not known yet");
}

#[tokio::test]
async fn what_has_no_instance_is_no_obstacle() {
    let result = plan(
        "resource \"aws_lambda_function\" \"x\" {\n  count = 0\n}\ndata \"helm_template\" \"x\" {\n  count = 0\n}\n",
    );
    assert_eq!(errors(&result.await.diagnostics), Vec::<String>::new());
}

#[test]
fn a_validation_warns_of_what_it_cannot_check() {
    let found = check(NETWORK);
    assert_eq!(errors(&found), Vec::<String>::new());
    let warning = found.iter().find(|it| it.summary == "Resource types not supported").unwrap();
    assert!(warning.detail.contains("aws_cognito_user_pool\n  helm_release"), "{}", warning.detail);
    let found = check("resource \"aws_vpc\" \"x\" {\n  cidr_block = \"10.0.0.0/16\"\n  of_another_version = 1\n}\n");
    assert_eq!(errors(&found), Vec::<String>::new());
    let warning = found.iter().find(|it| it.summary == "Arguments not checked").unwrap();
    assert!(warning.detail.contains("aws_vpc: of_another_version"), "{}", warning.detail);
}

#[test]
fn a_schema_is_held_to() {
    let found = check("resource \"aws_route53_record\" \"x\" {\n  name = {}\n}\n");
    let errors = errors(&found);
    assert!(errors.iter().any(|it| it.starts_with("Incorrect attribute value type")), "{errors:?}");
    assert!(errors.iter().any(|it| it.starts_with("Missing required argument")), "{errors:?}");
}

/// The provider as if it could act on everything.
struct Acting(Arc<dyn Provider>);

#[async_trait::async_trait]
impl Provider for Acting {
    fn source(&self) -> &str {
        self.0.source()
    }

    fn config_schema(&self) -> &Schema {
        self.0.config_schema()
    }

    fn resource_type(&self, name: &str) -> Option<&dyn ResourceType> {
        self.0.resource_type(name)
    }

    fn data_source(&self, name: &str) -> Option<&Schema> {
        self.0.data_source(name)
    }

    fn resource_types(&self) -> Vec<&str> {
        self.0.resource_types()
    }

    fn data_sources(&self) -> Vec<&str> {
        self.0.data_sources()
    }

    fn is_partial(&self) -> bool {
        true
    }

    async fn configure(&self, config: &Value) -> Result<Arc<dyn Client>, Diagnostics> {
        self.0.configure(config).await
    }
}

#[tokio::test]
async fn arguments_of_another_version_may_stand_unset() {
    let mut acting = Providers::default();
    acting.add(Arc::new(Acting(crate::provider())));
    for (body, expected) in [
        ("of_another_version = null", None),
        ("of_another_version = 1", Some("Unsupported argument")),
        ("dynamic \"block\" {\n for_each = []\n content {}\n }", None),
        ("dynamic \"block\" {\n for_each = [1]\n content {}\n }", Some("Unsupported block type")),
        ("block {}", Some("Unsupported block type")),
    ] {
        let text = format!("resource \"aws_vpc\" \"x\" {{\n  cidr_block = \"10.0.0.0/16\"\n  {body}\n}}\n");
        let found = plan_with(&text, &acting).await.diagnostics;
        assert_eq!(found.iter().find(|it| it.is_error()).map(|it| it.summary.as_str()), expected, "{body}");
    }
}
