//! The table in the documentation of how each type's create is recognised.

use libtest_mimic::{Failed, Trial};
use plumb_engine::provider::{Provider, Recognition};

use super::space::root;

const FILE: &str = "docs/recognition.md";

/// The suite.
pub fn trials() -> Vec<Trial> {
    vec![Trial::test("recognition::table_is_up_to_date", up_to_date)]
}

/// `PLUMB_BLESS=1` writes the table.
fn up_to_date() -> Result<(), Failed> {
    let (path, table) = (root().join(FILE), table());
    if std::env::var_os("PLUMB_BLESS").is_some() {
        std::fs::write(&path, &table)?;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    if written == table { Ok(()) } else { Err(format!("{FILE} is out of date; PLUMB_BLESS=1 writes it").into()) }
}

fn table() -> String {
    let provider = plumb_provider_aws::provider();
    let rows: String = provider.resource_types().into_iter().filter_map(|name| row(&*provider, name)).collect();
    format!(
        "# How creates are recognised\n\nAfter an interruption plumb has to know whether a create was done. This is how, \
         by type; [crash-safety.md](crash-safety.md) says when it is asked. Generated: `PLUMB_BLESS=1 cargo test --test \
         suite recognition`.\n\n| Type | Recognised by |\n|---|---|\n{rows}"
    )
}

fn row(provider: &dyn Provider, name: &str) -> Option<String> {
    let words = match provider.resource_type(name)?.recognition() {
        Recognition::ClientToken => "a client token: AWS answers the same call again with the first result",
        Recognition::CreationToken => "a creation token, by which it is looked up",
        Recognition::Tag => "the tag `plumb:intent`, set in the same call",
        Recognition::NaturalName => "its name, which plumb or the configuration chooses",
        Recognition::Arguments => "its arguments: there is only one such object",
        Recognition::Local => "nothing outside the state is made",
    };
    Some(format!("| `{name}` | {words} |\n"))
}
