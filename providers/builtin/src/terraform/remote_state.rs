//! `terraform_remote_state`: outputs of another configuration's state.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use plumb_engine::provider::ProviderError;
use plumb_engine::schema::{Attribute, Block, Schema};
use plumb_engine::store::OutputRecord;
use plumb_engine::value::{self, Type, Value};

/// Name of the data source.
pub(super) const TYPE: &str = "terraform_remote_state";

const ACTION: &str = "reading terraform_remote_state";
const INVALID: &str = "Invalid backend configuration";

/// Finds states, wherever they are: given by whoever knows how they are stored.
pub trait States: Send + Sync {
    /// The outputs of a state; `None` when there is no such state.
    ///
    /// # Errors
    /// Why the state cannot be read, without a full stop.
    fn outputs(&self, place: &Place) -> Result<Option<BTreeMap<Arc<str>, OutputRecord>>, String>;
}

/// A state as a `terraform_remote_state` block names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whether `backend` is `plumb`; otherwise it is `local`.
    pub own: bool,
    /// `path`: the file, or the folder that it lies in.
    pub path: Option<PathBuf>,
    /// `workspace_dir`: the folder of all workspaces but the default one.
    pub workspace_dir: Option<PathBuf>,
    /// `workspace`; `default` when it is left out.
    pub workspace: String,
}

/// The schema.
pub(super) fn schema() -> Schema {
    let describe = |attribute: Attribute, text: &str| Attribute { description: text.into(), ..attribute };
    let attributes = [
        (
            "backend",
            describe(Attribute::required(Type::String), "`local` for a state file, or `plumb`, which is the same."),
        ),
        (
            "config",
            describe(
                Attribute::optional(Type::Dynamic),
                "Where the state is: `path` of the file (a state of Terraform or of plumb, or the folder of one), and \
                 `workspace_dir`, the folder of the workspaces.",
            ),
        ),
        ("defaults", describe(Attribute::optional(Type::Dynamic), "Values of outputs that the state does not have.")),
        ("workspace", describe(Attribute::optional(Type::String), "The workspace; `default` when it is left out.")),
        ("outputs", describe(Attribute::computed(Type::Dynamic), "The outputs of the state by their names.")),
    ];
    let block = Block {
        description: "Reads the root outputs of the state of another configuration.".into(),
        attributes: attributes.into_iter().map(|(name, it)| (name.into(), it)).collect(),
        ..Block::default()
    };
    Schema { block, ..Schema::default() }
}

/// Reads the state that a block names.
pub(super) fn read(states: &dyn States, config: &Value) -> Result<Value, ProviderError> {
    let place = place(config)?;
    let mut outputs = defaults(config)?;
    let found = states.outputs(&place).map_err(|reason| refused("Error loading state error", reason))?;
    let found = found.ok_or_else(|| {
        refused("Unable to find remote state", "no stored state was found for the given workspace in the given backend")
    })?;
    for (name, record) in found {
        let ty = value::type_from_json(&record.ty).unwrap_or(Type::Dynamic);
        let output = value::from_json(&record.value, &ty)
            .map_err(|error| refused("Error loading state error", format!("the output {name:?}: {error}")))?;
        outputs.insert(name, output);
    }
    Ok(config.clone().with("outputs", Value::object(outputs)))
}

fn place(config: &Value) -> Result<Place, ProviderError> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let backend = text(config, "backend").unwrap_or_default();
    let own = match &*backend {
        "local" => false,
        "plumb" => true,
        "remote" | "azurerm" | "consul" | "cos" | "gcs" | "http" | "kubernetes" | "oci" | "oss" | "pg" | "s3" => {
            let message = format!("plumb reads states of the backends local and plumb, and none of {backend:?}");
            return Err(refused(INVALID, message).help("Have the state pulled to a file first, and name that file."));
        }
        _ => return Err(refused(INVALID, format!("there is no backend type named {backend:?}"))),
    };
    let invalid = |reason: &str| {
        refused(INVALID, format!("the given configuration is not valid for backend {backend:?}: {reason}"))
    };
    let settings = config.get("config").filter(|it| !it.is_null());
    let settings = match settings.map(|it| it.as_map().ok_or_else(|| invalid("an object is required"))) {
        Some(settings) => settings?.clone(),
        None => BTreeMap::new(),
    };
    let mut paths = BTreeMap::new();
    for (name, setting) in &settings {
        if !matches!(&**name, "path" | "workspace_dir") {
            return Err(invalid(&format!("unexpected attribute {name:?}")));
        }
        let setting =
            value::convert(setting, &Type::String).map_err(|_| invalid(&format!("{name}: a string is required")))?;
        paths.extend(setting.as_str().map(|path| (&**name, PathBuf::from(path))));
    }
    Ok(Place {
        own,
        path: paths.remove("path"),
        workspace_dir: paths.remove("workspace_dir"),
        workspace: text(config, "workspace").filter(|it| !it.is_empty()).unwrap_or_else(|| "default".to_owned()),
    })
}

fn defaults(config: &Value) -> Result<BTreeMap<Arc<str>, Value>, ProviderError> {
    match config.get("defaults").filter(|it| !it.is_null()) {
        None => Ok(BTreeMap::new()),
        Some(defaults) => defaults
            .as_map()
            .cloned()
            .ok_or_else(|| refused("Invalid default values", "defaults must be given in an object value")),
    }
}

fn refused(summary: &str, message: impl Into<String>) -> ProviderError {
    ProviderError::refused(ACTION, message).summary(summary)
}

/// A finder of states that finds none, for where no data source is read.
pub struct NoStates;

impl States for NoStates {
    fn outputs(&self, _place: &Place) -> Result<Option<BTreeMap<Arc<str>, OutputRecord>>, String> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;

    impl States for One {
        fn outputs(&self, place: &Place) -> Result<Option<BTreeMap<Arc<str>, OutputRecord>>, String> {
            let record = OutputRecord {
                value: serde_json::json!(["a"]),
                ty: serde_json::json!(["list", "string"]),
                sensitive: true,
            };
            let found = place.workspace == "default" && place.path.as_deref() == Some("x".as_ref());
            Ok(found.then(|| BTreeMap::from([("l".into(), record)])))
        }
    }

    fn config(backend: &str, arguments: &[(&str, Value)]) -> Value {
        let config = schema().block.empty().with("backend", backend.into());
        arguments.iter().fold(config, |config, (name, value)| config.with(name, value.clone()))
    }

    fn summary(config: &Value) -> String {
        read(&One, config).unwrap_err().summary.unwrap().to_string()
    }

    #[test]
    fn outputs_have_their_types_and_win_over_defaults() {
        let path = Value::object([("path", Value::from("x"))]);
        let defaults = Value::object([("d", Value::from(1i64)), ("l", Value::from(2i64))]);
        let found = read(&One, &config("local", &[("config", path), ("defaults", defaults)])).unwrap();
        let list = Value::list(Type::String, vec!["a".into()]);
        assert_eq!(found.get("outputs"), Some(&Value::object([("d", Value::from(1i64)), ("l", list)])));
        assert!(found.get("workspace").unwrap().is_null());
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        assert_eq!(summary(&config("nosuch", &[])), INVALID);
        assert_eq!(summary(&config("s3", &[])), INVALID);
        assert_eq!(summary(&config("local", &[])), "Unable to find remote state");
        assert_eq!(summary(&config("local", &[("config", "x".into())])), INVALID);
        assert_eq!(summary(&config("local", &[("config", Value::object([("z", Value::from("x"))]))])), INVALID);
        assert_eq!(summary(&config("plumb", &[("defaults", "x".into())])), "Invalid default values");
    }
}
