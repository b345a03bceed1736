//! A state of version 4 as a snapshot.

use plumb_engine::addr::{AddrError, ResourceAddr, ResourceName};
use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus, OutputRecord, Snapshot};
use serde_json::Value as Json;

use super::steps::from_steps;
use super::{File, Instance, Resource, VERSION};
use crate::address::{parse_config_resource, parse_mode};

/// Why a text is no state that can be taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is no state of version 4: {reason}")]
pub struct FormatError {
    /// What is wrong, and the way out where there is one.
    pub reason: String,
}

impl FormatError {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// Reads a state of version 4, as Terraform 0.13 and later and OpenTofu write it. What providers store beside the
/// attributes (`private`, `identity`) and the results of checks are left out.
///
/// # Errors
/// The text is no JSON, of another version, or has parts that no such state has.
pub fn parse(text: &str) -> Result<Snapshot, FormatError> {
    let json: Json = serde_json::from_str(text).map_err(|error| FormatError::new(error.to_string()))?;
    check_version(&json)?;
    let file: File = serde_json::from_value(json).map_err(|error| FormatError::new(error.to_string()))?;
    let mut snapshot = Snapshot { lineage: file.lineage, serial: file.serial, ..Snapshot::default() };
    for (name, it) in file.outputs {
        snapshot.outputs.insert(name, OutputRecord { value: it.value, ty: it.ty, sensitive: it.sensitive });
    }
    for resource in file.resources {
        take_over(&mut snapshot, resource)?;
    }
    Ok(snapshot)
}

fn check_version(json: &Json) -> Result<(), FormatError> {
    match json.get("version").map(Json::as_u64) {
        Some(Some(VERSION)) => Ok(()),
        Some(Some(older)) if older < VERSION => Err(FormatError::new(format!(
            "it has version {older}; any command of Terraform 1.x that writes the state brings it to version {VERSION}"
        ))),
        Some(version) => {
            let version = version.map_or_else(|| "that is no number".into(), |it| it.to_string());
            Err(FormatError::new(format!("it has a version {version}")))
        }
        None => Err(FormatError::new("it has no version")),
    }
}

fn take_over(snapshot: &mut Snapshot, resource: Resource) -> Result<(), FormatError> {
    let (addr, provider) = (address(&resource)?, resource.provider);
    if !provider.contains("provider[\"") {
        return Err(FormatError::new(format!(
            "{addr} names its provider {provider:?}, as versions before 0.13 did; \
             `terraform state replace-provider` gives it a full address"
        )));
    }
    for instance in resource.instances {
        let addr = addr.instance(instance.index_key.clone());
        let key = ObjectKey { addr, deposed: instance.deposed.clone() };
        let record = record(&key, &provider, instance)?;
        if snapshot.objects.contains_key(&key) {
            return Err(FormatError::new(format!("it has {key} twice")));
        }
        snapshot.objects.insert(key, record);
    }
    Ok(())
}

fn address(resource: &Resource) -> Result<ResourceAddr, FormatError> {
    let module = resource.module.parse().map_err(|error: AddrError| FormatError::new(error.to_string()))?;
    let mode = parse_mode(&resource.mode)
        .ok_or_else(|| FormatError::new(format!("{:?} is no mode of a resource", resource.mode)))?;
    let (type_name, name) = (resource.type_name.clone(), resource.name.clone());
    Ok(ResourceAddr { module, resource: ResourceName { mode, type_name, name } })
}

fn record(key: &ObjectKey, provider: &str, instance: Instance) -> Result<ObjectRecord, FormatError> {
    if !instance.attributes.is_object() {
        return Err(FormatError::new(format!("{key} has no attributes in the form of version 4")));
    }
    let status = match instance.status.as_deref() {
        None | Some("") => ObjectStatus::Ready,
        Some("tainted") => ObjectStatus::Tainted,
        Some(other) => return Err(FormatError::new(format!("{key} has the status {other:?}"))),
    };
    let sensitive = instance.sensitive_attributes.iter().map(|steps| {
        from_steps(steps).ok_or_else(|| FormatError::new(format!("{key} has a path of a sensitive part that is none")))
    });
    let dependencies = instance.dependencies.iter().map(|text| {
        parse_config_resource(text)
            .ok_or_else(|| FormatError::new(format!("{key} depends on {text:?}, which is no address of a block")))
    });
    Ok(ObjectRecord {
        provider: provider.to_owned(),
        schema_version: instance.schema_version,
        status,
        attributes: instance.attributes.into(),
        sensitive: sensitive.collect::<Result<_, _>>()?,
        dependencies: dependencies.collect::<Result<_, _>>()?,
        create_before_destroy: instance.create_before_destroy,
        row_version: 0,
    })
}
