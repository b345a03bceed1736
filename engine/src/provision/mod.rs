//! Provisioners: what is run on behalf of an object after it was made, or before it is deleted.

mod arguments;
mod local_exec;

pub use arguments::{KINDS, arguments, connection};
pub use local_exec::{Command, run};

use crate::addr::InstanceAddr;
use crate::config::{Config, Provisioner};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Each, Evaluator, ModuleId};
use crate::schema::Schema;
use crate::value::Value;

/// The only type that is run; the others need a connection into a machine.
pub const LOCAL_EXEC: &str = "local-exec";

/// The provisioners that are run for an object, in order: after it was made, or before it is deleted.
pub fn of_object<'c>(config: &'c Config, addr: &InstanceAddr, on_destroy: bool) -> Vec<&'c Provisioner> {
    let resource = addr.config();
    let all: Vec<&Provisioner> = match config.resource(&resource) {
        Some(block) => block.provisioners.iter().collect(),
        None => {
            let removed = config.modules.iter().flat_map(|module| {
                module.removed.iter().filter(|it| {
                    let (path, name) = &it.from;
                    let module = module.path.0.iter().chain(&path.0);
                    module.eq(&resource.module.0) && name.as_ref() == Some(&resource.resource)
                })
            });
            removed.flat_map(|it| &it.provisioners).collect()
        }
    };
    all.into_iter().filter(|it| &*it.kind == LOCAL_EXEC && it.on_destroy == on_destroy).collect()
}

/// Checks the blocks of an instance whose object, of this schema, is not known yet. A block that is not run is a
/// warning.
pub fn check(
    evaluator: &mut Evaluator<'_>,
    module: ModuleId,
    blocks: &[Provisioner],
    (each, schema): (&Each, &Schema),
) -> Diagnostics {
    let mut found = Diagnostics::new();
    for block in blocks {
        let this = Value::unknown(schema.block.ty());
        if let Err(more) = evaluator.provisioner(module, block, (each, this)) {
            found.extend(more);
        }
        if &*block.kind != LOCAL_EXEC {
            found.push(not_run(&block.kind).at(block.span));
        }
    }
    found
}

/// What a provisioner would do inside a machine stays undone, and whoever wrote it must know.
fn not_run(kind: &str) -> Diagnostic {
    let detail = format!(
        "The provisioner {kind:?} is not run: plumb connects to no machine. Do what it does in user data, in an image, or \
         with a local-exec provisioner that calls ssh or scp."
    );
    Diagnostic::warning("Provisioners are not run", detail)
}
