//! What a command reads from the working directory: the configuration, the variables, the state.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use plumb_engine::addr::{InstanceAddr, ResourceName};
use plumb_engine::config::{self, Config, GivenVariable, VariableOrigin, VariableText, Variables};
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::Providers;
use plumb_engine::store::{ObjectKey, ObjectRecord, OpenOperation, OutputRecord, Snapshot, Store as _};
use plumb_engine::value::Type;
use plumb_state::{Options, SqliteStore};

use crate::args::{StateOption, VariableArgs};
use crate::prompt;
use crate::session::{Failure, Session};
use crate::state_file;
use crate::ui::Ui;

/// A configuration with the values of its variables.
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Values from outside.
    pub variables: Variables,
    /// What was found on the way, no error among it.
    pub warnings: Diagnostics,
}

/// Reads the configuration of the working directory and its variables.
pub fn load(session: &Session, variables: &VariableArgs) -> Result<Loaded, Failure> {
    let dir = Path::new(".");
    let data_dir = session.data_dir();
    let (mut config, mut found) = config::load_installed(dir, &data_dir);
    if config.has_computed_sources() {
        // The first reading tells which variables there are; with their values the right modules are found.
        let (given, _) = config::variables(&mut config, dir, &session.environment, &variables.options);
        (config, found) = config::load_given(dir, &data_dir, &given);
    }
    if found.has_errors() {
        return Err(Failure::new(found, &config.sources));
    }
    let (variables, more) = config::variables(&mut config, dir, &session.environment, &variables.options);
    found.extend(more);
    if found.has_errors() {
        return Err(Failure::new(found, &config.sources));
    }
    Ok(Loaded { config, variables, warnings: found })
}

/// As [`load`], and asks for the variables that have no value yet where somebody may be asked.
pub fn load_asking(session: &Session, variables: &VariableArgs, input: bool, ui: &Ui) -> Result<Loaded, Failure> {
    let mut loaded = load(session, variables)?;
    if session.may_ask(input) && !ui.is_json() {
        let answers: Vec<GivenVariable> = loaded
            .variables
            .missing(&loaded.config)
            .into_iter()
            .map_while(|(name, variable)| {
                let text = prompt::variable(name, variable.description.as_deref(), ui)?;
                let value = VariableText::Text(text.into());
                Some(GivenVariable { name: name.clone(), value, origin: VariableOrigin::Prompt })
            })
            .collect();
        loaded.variables.given.extend(answers);
    }
    Ok(loaded)
}

/// The state as it is now; an empty one when there is none yet.
pub fn snapshot(state: &StateOption) -> Result<Snapshot, Failure> {
    state_file::snapshot(state, state_file::options())
}

/// Says that a state of Terraform is read, because plumb has none of its own here yet.
pub fn tell_origin(state: &StateOption, ui: &Ui) {
    if let Some(path) = state.adopted() {
        let detail = format!(
            "There is no {} yet, so plumb reads the state in {}. The first command that writes the state takes it over; \
             the file itself is never changed. From then on let only one of the two tools work here.",
            state.path.display(),
            path.display()
        );
        ui.diagnostics(&Diagnostic::warning("State of Terraform in use", detail).into(), None);
    }
}

/// The state as it is now with the operations that interrupted runs have left open, in one look at the file.
pub fn look(state: &StateOption) -> Result<(Snapshot, Vec<OpenOperation>), Failure> {
    let Some(store) = own(state, state_file::options())? else { return Ok((snapshot(state)?, Vec::new())) };
    let open = store.open_operations()?.into_iter().filter(|it| !it.running).collect();
    Ok((store.snapshot()?, open))
}

/// Operations that interrupted runs have left open; those of runs that go on are not among them.
pub fn interrupted(state: &StateOption) -> Result<Vec<OpenOperation>, Failure> {
    if state_file::is_text(&state.path) {
        return Ok(Vec::new());
    }
    match SqliteStore::open_existing(&state.path, state_file::options())? {
        Some(store) => Ok(store.open_operations()?.into_iter().filter(|it| !it.running).collect()),
        None => Ok(Vec::new()),
    }
}

/// The state as it is now, without what is sealed where the key is missing.
pub fn listing(state: &StateOption) -> Result<Snapshot, Failure> {
    state_file::snapshot(state, state_file::hiding())
}

/// The outputs as they are now.
pub fn outputs(state: &StateOption) -> Result<BTreeMap<Arc<str>, OutputRecord>, Failure> {
    match own(state, state_file::options())? {
        Some(store) => Ok(store.outputs()?),
        None => Ok(snapshot(state)?.outputs),
    }
}

/// The objects of an instance as they are now, without what is sealed where the key is missing.
pub fn instance(state: &StateOption, addr: &InstanceAddr) -> Result<Vec<(ObjectKey, ObjectRecord)>, Failure> {
    match own(state, state_file::hiding())? {
        Some(store) => Ok(store.instance(addr)?),
        None => Ok(listing(state)?.objects.into_iter().filter(|(key, _)| key.addr == *addr).collect()),
    }
}

/// The state for reading where plumb has one of its own; `None` where one of Terraform is read, or none.
fn own(state: &StateOption, options: Options) -> Result<Option<SqliteStore>, Failure> {
    if state.source() != Some(&state.path) || state_file::is_text(&state.path) {
        return Ok(None);
    }
    Ok(SqliteStore::open_existing(&state.path, options)?)
}

/// The state for reading; `None` when there is none yet.
pub fn existing(state: &StateOption) -> Result<Option<SqliteStore>, Failure> {
    Ok(SqliteStore::open_existing(&state.path, state_file::options())?)
}

/// The state for reading, whether or not the key is there; `None` when there is none yet.
pub fn existing_hiding(state: &StateOption) -> Result<Option<SqliteStore>, Failure> {
    Ok(SqliteStore::open_existing(&state.path, state_file::hiding())?)
}

/// The state for writing what needs no key.
pub fn open_hiding(state: &StateOption) -> Result<SqliteStore, Failure> {
    state_file::open(state, state_file::hiding())
}

/// The state for writing; made when there is none yet.
pub fn open(state: &StateOption) -> Result<SqliteStore, Failure> {
    state_file::open(state, state_file::options())
}

/// The type of the objects of a block, whichever provider has it.
pub fn object_type(providers: &Providers, resource: &ResourceName) -> Option<Type> {
    use plumb_engine::addr::Mode;
    providers.iter().find_map(|provider| match resource.mode {
        Mode::Managed => provider.resource_type(&resource.type_name).map(|it| it.schema().block.ty()),
        Mode::Data => provider.data_source(&resource.type_name).map(|it| it.block.ty()),
        Mode::Ephemeral => None,
    })
}
