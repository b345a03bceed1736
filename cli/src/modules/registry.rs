//! Module registries: where their service is, which versions a module has, where its package lies.

use std::collections::BTreeMap;

use plumb_engine::config::{Constraints, RegistrySource, Version};
use serde_json::Value as Json;

use super::http::{Answer, Http, resolve};
use super::settings::Settings;

/// Name of the service that lists modules.
const SERVICE: &str = "modules.v1";

/// Registries by host, each asked once for what it tells.
pub struct Registries<'a> {
    http: &'a Http,
    settings: &'a Settings,
    services: BTreeMap<String, String>,
    versions: BTreeMap<String, Vec<Version>>,
}

impl<'a> Registries<'a> {
    /// Nothing is asked yet.
    pub fn new(http: &'a Http, settings: &'a Settings) -> Self {
        Self { http, settings, services: BTreeMap::new(), versions: BTreeMap::new() }
    }

    /// The newest version of a module that meets the constraints.
    ///
    /// # Errors
    /// The registry does not answer, has no such module, or none of its versions will do.
    pub fn select(&mut self, source: &RegistrySource, constraints: Option<&Constraints>) -> Result<Version, String> {
        let versions = self.versions(source)?;
        let allowed = |it: &&Version| match constraints {
            Some(constraints) => constraints.allow(it),
            None => !it.is_prerelease(),
        };
        if let Some(version) = versions.iter().filter(allowed).max() {
            return Ok(version.clone());
        }
        let newest = versions.iter().filter(|it| !it.is_prerelease()).max().or(versions.iter().max());
        Err(match (newest, constraints) {
            (None, _) => format!("the registry has no version of {}", source.package()),
            (Some(newest), Some(wanted)) => {
                format!("no version of {} meets the constraint {wanted}; the newest one is {newest}", source.package())
            }
            (Some(newest), None) => format!(
                "{} has only versions before a release, such as {newest}; name one in the argument \"version\"",
                source.package()
            ),
        })
    }

    /// Address of the package of a version, as source addresses are written.
    ///
    /// # Errors
    /// The registry does not tell it.
    pub fn package(&mut self, source: &RegistrySource, version: &Version) -> Result<String, String> {
        let [namespace, name, system] = &source.path;
        let url = format!("{}{namespace}/{name}/{system}/{version}/download", self.service(&source.host)?);
        let answer = self.ask(&source.host, &url)?.success()?;
        let base = answer.url.clone();
        let location = match answer.header("X-Terraform-Get") {
            Some(location) => Some(location),
            None => {
                serde_json::from_str(&answer.text()?).ok().and_then(|it: Json| Some(it["location"].as_str()?.into()))
            }
        };
        let location = location.filter(|it: &String| !it.is_empty());
        let location = location.ok_or_else(|| format!("{url} does not tell where the package is (X-Terraform-Get)"))?;
        let relative = location.starts_with('/') || location.starts_with("./") || location.starts_with("../");
        Ok(if relative { resolve(&base, &location) } else { location })
    }

    fn versions(&mut self, source: &RegistrySource) -> Result<&[Version], String> {
        let key = source.package();
        if !self.versions.contains_key(&key) {
            let [namespace, name, system] = &source.path;
            let url = format!("{}{namespace}/{name}/{system}/versions", self.service(&source.host)?);
            let answer = self.ask(&source.host, &url)?;
            if answer.status == 404 {
                return Err(format!("the registry {} has no module {namespace}/{name}/{system}", source.host));
            }
            let json = document(answer.success()?)?;
            let listed = json["modules"].as_array().into_iter().flatten();
            let listed = listed.flat_map(|it| it["versions"].as_array().into_iter().flatten());
            let versions = listed.filter_map(|it| Version::parse(it["version"].as_str()?)).collect();
            self.versions.insert(key.clone(), versions);
        }
        Ok(self.versions.get(&key).map(Vec::as_slice).unwrap_or_default())
    }

    /// The address of a host's module service, with a slash at its end.
    fn service(&mut self, host: &str) -> Result<String, String> {
        if let Some(known) = self.services.get(host) {
            return Ok(known.clone());
        }
        let mut address = match self.settings.service(host, SERVICE) {
            Some(address) => address.to_owned(),
            None => self.discover(host)?,
        };
        if !address.ends_with('/') {
            address.push('/');
        }
        self.services.insert(host.to_owned(), address.clone());
        Ok(address)
    }

    fn discover(&self, host: &str) -> Result<String, String> {
        let scheme = if is_loopback(host) { "http" } else { "https" };
        let url = format!("{scheme}://{host}/.well-known/terraform.json");
        let answer = self.ask(host, &url)?;
        let none = || format!("the host {host} offers no module registry ({url} does not name {SERVICE})");
        if answer.status == 404 {
            return Err(none());
        }
        let answer = answer.success()?;
        let base = answer.url.clone();
        let json = document(answer)?;
        Ok(resolve(&base, json[SERVICE].as_str().ok_or_else(none)?))
    }

    /// A token is sent to its own host, and to the service that this host names.
    fn ask(&self, host: &str, url: &str) -> Result<Answer, String> {
        let token = self.settings.token(host);
        let header = token.map(|it| ("Authorization".to_owned(), format!("Bearer {it}")));
        self.http.get(url, &header.into_iter().collect::<Vec<_>>())
    }
}

/// Hosts of this machine are asked without TLS.
fn is_loopback(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    name == "localhost" || name.starts_with("127.")
}

fn document(answer: Answer) -> Result<Json, String> {
    let url = answer.url.clone();
    serde_json::from_str(&answer.text()?).map_err(|error| format!("the answer of {url} is no JSON: {error}"))
}
