//! Plan files: a plan together with the configuration that it was made from, as one JSON document.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::source::SourceMap;

/// First field of every plan file: tells it from any other JSON.
const MARKER: &str = "plumb plan";

/// Version of the format; a file of another version is refused.
const VERSION: u64 = 1;

/// A saved plan. It can hold secrets in clear text: whoever stores it must let only its owner read it.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The plan, with the values of the variables.
    pub plan: Plan,
    /// Every file of the configuration by its path as diagnostics show it: an apply uses these and not what lies on
    /// disk by then.
    pub sources: BTreeMap<PathBuf, Arc<str>>,
}

/// Why a text is not a plan that can be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// It is something else.
    #[error("it is not a plan file")]
    NotAPlan,
    /// Another version of plumb wrote it.
    #[error("it has plan format {found}, and this version of plumb reads format {VERSION}: make the plan again")]
    OtherVersion {
        /// Its format.
        found: u64,
    },
    /// It was damaged.
    #[error("it is a damaged plan file ({reason}): make the plan again")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
}

impl PlanFile {
    /// A plan with every file of the configuration that it was made from.
    pub fn new(plan: Plan, sources: &SourceMap) -> Self {
        let sources = sources.files().map(|(_, file)| (file.path.clone(), file.text.clone())).collect();
        Self { plan, sources }
    }

    /// The document.
    pub fn write(&self) -> String {
        let document = Document {
            format: MARKER.into(),
            format_version: VERSION,
            plan: self.plan.clone(),
            sources: self.sources.clone(),
        };
        let mut text = serde_json::to_string(&document).expect("every key of a plan is a text");
        text.push('\n');
        text
    }

    /// Reads what [`PlanFile::write`] wrote.
    ///
    /// # Errors
    /// The text is something else, of another version, or damaged.
    pub fn read(text: &str) -> Result<Self, PlanFileError> {
        let head: Head = serde_json::from_str(text).map_err(|_| PlanFileError::NotAPlan)?;
        if head.format != MARKER {
            return Err(PlanFileError::NotAPlan);
        }
        if head.format_version != VERSION {
            return Err(PlanFileError::OtherVersion { found: head.format_version });
        }
        let damaged = |it: serde_json::Error| PlanFileError::Damaged { reason: it.to_string() };
        let document: Document = serde_json::from_str(text).map_err(damaged)?;
        Ok(Self { plan: document.plan, sources: document.sources })
    }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u64,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    format_version: u64,
    plan: Plan,
    sources: BTreeMap<PathBuf, Arc<str>>,
}

/// Values with type, marks and unknowns.
pub(super) mod lossless {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::value::{Value, decode, encode};

    pub fn serialize<S: Serializer>(value: &Value, to: S) -> Result<S::Ok, S::Error> {
        encode(value).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        let json = serde_json::Value::deserialize(from)?;
        decode(&json).ok_or_else(|| D::Error::custom("a value is not written as values are"))
    }
}

/// Values that may be absent.
pub(super) mod lossless_option {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::value::{Value, decode, encode};

    pub fn serialize<S: Serializer>(value: &Option<Value>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(encode).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
        let Some(json) = Option::<serde_json::Value>::deserialize(from)? else { return Ok(None) };
        decode(&json).map(Some).ok_or_else(|| D::Error::custom("a value is not written as values are"))
    }
}

/// Values by name.
pub(crate) mod lossless_map {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::value::{Value, decode, encode};

    pub fn serialize<S: Serializer>(values: &BTreeMap<Arc<str>, Value>, to: S) -> Result<S::Ok, S::Error> {
        let encoded: BTreeMap<_, _> = values.iter().map(|(name, value)| (name, encode(value))).collect();
        encoded.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Arc<str>, Value>, D::Error> {
        let encoded = BTreeMap::<Arc<str>, serde_json::Value>::deserialize(from)?;
        let decoded = encoded.into_iter().map(|(name, json)| Some((name, decode(&json)?)));
        decoded.collect::<Option<_>>().ok_or_else(|| D::Error::custom("a value is not written as values are"))
    }
}

/// Maps whose keys are no texts, as lists of pairs.
pub(super) mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub fn deserialize<'de, K, V, D>(from: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, OutputChange, PlanMode, ResourceChange};
    use crate::store::ObjectKey;
    use crate::value::{Marks, Path, Type, Value};

    fn plan() -> Plan {
        let object = ObjectKey::current("module.a[\"k\"].aws_vpc.main[0]".parse().unwrap());
        Plan {
            mode: PlanMode::Normal,
            lineage: "l".into(),
            serial: 7,
            changes: vec![ResourceChange {
                object: object.clone(),
                moved_from: Some("aws_vpc.old".parse().unwrap()),
                provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
                action: Action::DeleteThenCreate,
                reason: None,
                before: Value::null(Type::Bool),
                after: Value::object([("id", Value::unknown(Type::String))]),
                replace_paths: vec![Path::root().name("cidr_block").index(0)],
                importing: None,
                dependencies: Vec::new(),
                prior_dependencies: Vec::new(),
                create_before_destroy: false,
                steps: None,
            }],
            runtime_changes: Vec::new(),
            late: [].into(),
            drift: Vec::new(),
            refreshed: Vec::new(),
            outputs: [(
                "o".into(),
                OutputChange {
                    action: Action::Create,
                    before: Value::null(Type::String),
                    after: Value::string("x").marked(Marks::SENSITIVE),
                    sensitive: true,
                },
            )]
            .into(),
            variables: [("v".into(), Value::from(true))].into(),
            targets: vec!["module.a".parse().unwrap()],
            excludes: Vec::new(),
            read_set: [(object, 3)].into(),
            given: BTreeMap::new(),
            checks: Vec::new(),
            timestamp: "2026-01-01T00:00:00Z".into(),
            errored: false,
        }
    }

    #[test]
    fn a_plan_is_read_back_as_it_was_written() {
        let mut sources = SourceMap::default();
        sources.add("main.tf", "# text\n");
        let file = PlanFile::new(plan(), &sources);
        let read = PlanFile::read(&file.write()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{file:?}"));
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(PlanFile::read("{}").unwrap_err(), PlanFileError::NotAPlan);
        assert_eq!(PlanFile::read("PK\u{3}\u{4}").unwrap_err(), PlanFileError::NotAPlan);
        let later = r#"{"format":"plumb plan","format_version":2}"#;
        assert_eq!(PlanFile::read(later).unwrap_err(), PlanFileError::OtherVersion { found: 2 });
        let damaged = r#"{"format":"plumb plan","format_version":1}"#;
        assert!(matches!(PlanFile::read(damaged).unwrap_err(), PlanFileError::Damaged { .. }));
    }
}
