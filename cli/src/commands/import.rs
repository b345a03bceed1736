//! `import`: takes over one object into the state, without changing it.

use std::sync::Arc;

use plumb_engine::addr::Target;
use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::plan::prior::sensitive_paths;
use plumb_engine::plan::propose::mark_sensitive;
use plumb_engine::plan::{PlanOptions, ResourceChange};
use plumb_engine::provider::Providers;
use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus, ObjectWrite, Row, Scope, Store};
use plumb_engine::value::to_json;

use super::plan;
use crate::args::ImportArgs;
use crate::render::{schema_block, schema_version};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::{lock, workspace};

/// Runs the command.
pub async fn run(args: &ImportArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let loaded = workspace::load_asking(session, &args.variables, args.input, ui)?;
    workspace::tell_origin(&args.state, ui);
    let snapshot = workspace::snapshot(&args.state)?;
    if snapshot.objects.contains_key(&ObjectKey::current(args.address.clone())) {
        let detail = format!(
            "The state already has an object at {0}. To take over another one in its place, forget this one first with \
             \"plumb state rm {0}\".",
            args.address
        );
        return Err(Diagnostic::error("Resource already managed by plumb", detail).into());
    }
    ui.out(&format!("{}: Importing from ID {:?}...\n", args.address, args.id));
    let options = PlanOptions {
        targets: vec![Target::Instance(args.address.clone())],
        imports: vec![(args.address.clone(), args.id.clone())],
        parallelism: args.parallelism.max(1),
        ..PlanOptions::default()
    };
    let result = plan::make(&loaded, &snapshot, options, session, ui).await;
    if result.diagnostics.has_errors() {
        return Err(Failure::new(result.diagnostics, &loaded.config.sources));
    }
    let imported = result.plan.changes.iter().find(|it| it.importing.is_some() && it.object.addr == args.address);
    let Some(change) = imported.filter(|it| !it.before.is_null()) else {
        let detail = format!(
            "No object with the id {:?} was found for {}. Check the id, and that provider and region are those of the \
             object.",
            args.id, args.address
        );
        return Err(Diagnostic::error("Cannot import non-existent remote object", detail).into());
    };
    let write = ObjectWrite::Put(change.object.clone(), Box::new(record(change, &session.providers)));
    let store = Arc::new(workspace::open(&args.state)?);
    let scope = Scope::write([Row::instance(&change.object.addr)]);
    let lock = lock::acquire(&store, "import", scope, args.lock.deadline()).await?;
    store.write_objects(&lock.lease, &[write])?;
    lock.begin("import", &format!("{} from {:?}", args.address, args.id))?;
    lock.release()?;
    ui.diagnostics(&result.diagnostics, Some(&loaded.config.sources));
    ui.out(
        "\nImport successful!\n\nThe object is in the state now. Run \"plumb plan\" to see how the configuration \
            differs from it.\n",
    );
    Ok(Exit::Success)
}

/// The object as it was found, and not as the configuration wants it.
fn record(change: &ResourceChange, providers: &Providers) -> ObjectRecord {
    let resource = &change.object.addr.resource;
    let schema = schema_block(providers, &change.provider, resource, &[&change.before]);
    ObjectRecord {
        provider: change.provider.clone(),
        schema_version: schema_version(providers, &change.provider, resource),
        status: ObjectStatus::Ready,
        attributes: to_json(&change.before, Some(&schema.ty())).into(),
        sensitive: sensitive_paths(&mark_sensitive(&schema, change.before.clone())),
        dependencies: change.dependencies.clone(),
        create_before_destroy: change.create_before_destroy,
        row_version: 0,
    }
}
