//! `version`: what this is, and what it is compatible with.

use serde_json::{Value as Json, json};

use crate::args::VersionArgs;
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;
use crate::{TERRAFORM_VERSION, VERSION};

/// Runs the command.
pub fn run(args: &VersionArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    let platform = platform();
    if args.json {
        let providers = session.providers.iter().map(|it| (it.source().to_owned(), json!(VERSION)));
        ui.document(&json!({
            "terraform_version": TERRAFORM_VERSION,
            "plumb_version": VERSION,
            "platform": platform,
            "provider_selections": Json::Object(providers.collect()),
            "terraform_outdated": false,
        }));
    } else {
        // Atlantis and others take the version of the language from "Terraform v" in the first line.
        ui.out(&format!("Terraform v{TERRAFORM_VERSION} (Plumb v{VERSION})\non {platform}\n"));
    }
    Ok(Exit::Success)
}

fn platform() -> String {
    let os = if std::env::consts::OS == "macos" { "darwin" } else { std::env::consts::OS };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}_{arch}")
}
