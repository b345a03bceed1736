//! What a user's CLI configuration says of registries: tokens, and services of hosts.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::eval::constant;
use plumb_engine::source::SourceMap;
use plumb_engine::syntax::ast::Body;
use plumb_engine::syntax::parse_body;
use plumb_engine::value::Value;

/// Tokens and services by host.
#[derive(Debug, Default)]
pub struct Settings {
    tokens: BTreeMap<String, String>,
    services: BTreeMap<String, BTreeMap<String, String>>,
}

impl Settings {
    /// Reads `TF_CLI_CONFIG_FILE` or `~/.terraformrc`, the tokens that `terraform login` keeps, and `TF_TOKEN_*`
    /// variables, which win.
    ///
    /// # Errors
    /// The named file cannot be read, or is wrong.
    pub fn read(environment: &BTreeMap<String, String>) -> Result<Self, Diagnostic> {
        let mut settings = Self::default();
        let home = environment.get("HOME").map(PathBuf::from);
        if let Some(path) = home.as_ref().map(|it| it.join(".terraform.d/credentials.tfrc.json"))
            && let Ok(text) = fs::read_to_string(&path)
        {
            settings.take_json(&text).map_err(|reason| wrong(&path, &reason))?;
        }
        let named = ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"].iter().find_map(|it| environment.get(*it));
        let named = named.filter(|it| !it.is_empty()).map(PathBuf::from);
        let default = home.map(|it| it.join(".terraformrc")).filter(|it| it.exists());
        if let Some(path) = named.or(default) {
            match fs::read_to_string(&path) {
                Ok(text) => settings.take_hcl(&path, &text)?,
                // As with Terraform, a variable that names no file is no reason to do nothing.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), "there is no such CLI configuration");
                }
                Err(error) => return Err(wrong(&path, &error.to_string())),
            }
        }
        for (name, token) in environment {
            if let Some(host) = name.strip_prefix("TF_TOKEN_") {
                let host = host.replace("__", "-").replace('_', ".").to_ascii_lowercase();
                settings.tokens.insert(host, token.clone());
            }
        }
        Ok(settings)
    }

    /// The token for a host.
    pub fn token(&self, host: &str) -> Option<&str> {
        self.tokens.get(host).map(String::as_str)
    }

    /// The address of a host's service, where the configuration fixes it.
    pub fn service(&self, host: &str, service: &str) -> Option<&str> {
        self.services.get(host)?.get(service).map(String::as_str)
    }

    fn take_json(&mut self, text: &str) -> Result<(), String> {
        let json: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (host, entry) in json["credentials"].as_object().into_iter().flatten() {
            if let Some(token) = entry["token"].as_str() {
                self.tokens.insert(host.to_ascii_lowercase(), token.to_owned());
            }
        }
        Ok(())
    }

    fn take_hcl(&mut self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        let (body, found) = parse_body(SourceMap::default().add(path, text), text);
        if let Some(error) = found.iter().find(|it| it.is_error()) {
            return Err(wrong(path, &format!("{}: {}", error.summary, error.detail)));
        }
        for block in &body.blocks {
            let Some(host) = block.labels.first().map(|it| it.name.to_ascii_lowercase()) else { continue };
            match &*block.kind.name {
                "credentials" => {
                    if let Some(token) = argument(&block.body, "token").as_ref().and_then(Value::as_str) {
                        self.tokens.insert(host, token.to_owned());
                    }
                }
                "host" => {
                    let services = argument(&block.body, "services");
                    let entries = services.as_ref().and_then(Value::as_map).into_iter().flatten();
                    let entries = entries.filter_map(|(name, url)| Some((name.to_string(), url.as_str()?.to_owned())));
                    self.services.insert(host, entries.collect());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn argument(body: &Body, name: &str) -> Option<Value> {
    let attribute = body.attributes.iter().find(|it| &*it.name.name == name)?;
    constant(&attribute.expr).ok()
}

fn wrong(path: &Path, reason: &str) -> Diagnostic {
    let detail =
        format!("{} cannot be used: {reason}. Correct it, or name another in TF_CLI_CONFIG_FILE.", path.display());
    Diagnostic::error("Invalid CLI configuration", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_files_and_of_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rc");
        fs::write(
            &file,
            "plugin_cache_dir = \"x\"\ncredentials \"A.example\" { token = \"one\" }\n\
             credentials \"b.example\" { token = \"two\" }\n\
             host \"c.example\" { services = { \"modules.v1\" = \"http://127.0.0.1:1/m/\" } }\n",
        )
        .unwrap();
        fs::create_dir(dir.path().join(".terraform.d")).unwrap();
        let json = r#"{"credentials":{"b.example":{"token":"old"},"d.example":{"token":"four"}}}"#;
        fs::write(dir.path().join(".terraform.d/credentials.tfrc.json"), json).unwrap();
        let pairs = [
            ("TF_CLI_CONFIG_FILE", file.display().to_string()),
            ("HOME", dir.path().display().to_string()),
            ("TF_TOKEN_a_example", "three".to_owned()),
            ("TF_TOKEN_my__host_example", "five".to_owned()),
        ];
        let settings = Settings::read(&pairs.map(|(name, text)| (name.to_owned(), text)).into()).unwrap();
        let tokens =
            ["a.example", "b.example", "d.example", "my-host.example", "e.example"].map(|it| settings.token(it));
        assert_eq!(tokens, [Some("three"), Some("two"), Some("four"), Some("five"), None]);
        assert_eq!(settings.service("c.example", "modules.v1"), Some("http://127.0.0.1:1/m/"));
    }

    #[test]
    fn a_file_that_is_named_and_not_there_is_passed_over() {
        let environment = [("TF_CLI_CONFIG_FILE".to_owned(), "/nowhere/rc".to_owned())].into();
        assert!(Settings::read(&environment).unwrap().tokens.is_empty());
        let environment = [("TF_CLI_CONFIG_FILE".to_owned(), "/".to_owned())].into();
        assert!(Settings::read(&environment).unwrap_err().detail.contains("cannot be used"));
    }
}
