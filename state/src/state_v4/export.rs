//! A snapshot as a state of version 4.

use plumb_engine::addr::{ResourceAddr, ResourceName};
use plumb_engine::store::{ObjectKey, ObjectRecord, ObjectStatus, Snapshot, StoreError};
use plumb_engine::value::Type;
use serde_json::Value as Json;

use super::steps::to_steps;
use super::{File, Instance, Output, Resource, VERSION};
use crate::address::mode_name;

/// What an export needs to know besides the snapshot.
pub struct ExportOptions<'a> {
    /// The version of Terraform that readers are to take the file for.
    pub terraform_version: &'a str,
    /// The type of the objects of a block, where its schema is known: it tells attributes from keys in paths.
    pub types: &'a dyn Fn(&ResourceName) -> Option<Type>,
}

/// A snapshot as JSON of the format; what reads the file sees resources and instances in the order of their addresses.
///
/// # Errors
/// Attributes of an object cannot be read.
pub fn export(snapshot: &Snapshot, options: &ExportOptions<'_>) -> Result<Json, StoreError> {
    let outputs = snapshot.outputs.iter().map(|(name, it)| {
        (name.clone(), Output { value: it.value.clone(), ty: it.ty.clone(), sensitive: it.sensitive })
    });
    let file = File {
        version: VERSION,
        terraform_version: options.terraform_version.to_owned(),
        serial: snapshot.serial,
        lineage: snapshot.lineage.clone(),
        outputs: outputs.collect(),
        resources: resources(snapshot, options)?,
        check_results: Json::Null,
    };
    Ok(serde_json::to_value(file).expect("the format has text keys only"))
}

/// One entry per block of a module instance and provider, as the objects come in the order of their addresses.
fn resources(snapshot: &Snapshot, options: &ExportOptions<'_>) -> Result<Vec<Resource>, StoreError> {
    let mut resources: Vec<Resource> = Vec::new();
    let mut last: Option<(ResourceAddr, Option<Type>)> = None;
    for (key, record) in &snapshot.objects {
        let addr = key.addr.resource();
        if last.as_ref().is_none_or(|(last, _)| *last != addr) {
            let ty = (options.types)(&addr.resource);
            resources.push(resource(&addr, record));
            last = Some((addr, ty));
        } else if resources.last().is_some_and(|it| it.provider != record.provider) {
            resources.push(resource(&addr, record));
        }
        let ty = last.as_ref().and_then(|(_, ty)| ty.as_ref());
        if let Some(resource) = resources.last_mut() {
            resource.instances.push(instance(key, record, ty)?);
        }
    }
    Ok(resources)
}

fn resource(addr: &ResourceAddr, record: &ObjectRecord) -> Resource {
    Resource {
        module: addr.module.to_string(),
        mode: mode_name(addr.resource.mode).to_owned(),
        type_name: addr.resource.type_name.clone(),
        name: addr.resource.name.clone(),
        provider: record.provider.clone(),
        instances: Vec::new(),
    }
}

fn instance(key: &ObjectKey, record: &ObjectRecord, ty: Option<&Type>) -> Result<Instance, StoreError> {
    let attributes = record.attributes.read()?;
    Ok(Instance {
        index_key: key.addr.key.clone(),
        status: (record.status == ObjectStatus::Tainted).then(|| "tainted".to_owned()),
        deposed: key.deposed.clone(),
        schema_version: record.schema_version,
        sensitive_attributes: record.sensitive.iter().map(|path| to_steps(path, ty, &attributes)).collect(),
        attributes: attributes.into_owned(),
        dependencies: record.dependencies.iter().map(ToString::to_string).collect(),
        create_before_destroy: record.create_before_destroy,
    })
}
