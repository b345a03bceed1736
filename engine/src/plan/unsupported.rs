//! Instances of types without operations: they are planned as far as their schema goes, and the plan is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::walk::Walk;
use super::{Action, Reason, ResourceChange};
use crate::addr::{InstanceAddr, Mode, ResourceName};
use crate::config::ProviderAddr;
use crate::diagnostic::Diagnostic;
use crate::eval::ModuleId;
use crate::provider::{Provider, ResourceType};
use crate::schema::Schema;
use crate::source::Span;
use crate::store::ObjectKey;
use crate::value::{Type, Value};

/// Most instances that one diagnostic names.
const NAMED: usize = 20;

/// The types of a plan that nothing can act on, by whether they are data sources and by name.
#[derive(Default)]
pub struct Unsupported(BTreeMap<(bool, Arc<str>), Refused>);

struct Refused {
    provider: Arc<str>,
    span: Option<Span>,
    instances: Vec<String>,
}

impl Unsupported {
    /// Whether objects of a type cannot be acted on.
    pub fn has(&self, resource: &ResourceName) -> bool {
        self.0.contains_key(&key(resource))
    }

    /// Takes in an object of the state or the configuration.
    pub fn add(&mut self, resource: &ResourceName, instance: String, provider: &Arc<str>, span: Option<Span>) {
        let new = || Refused { provider: provider.clone(), span, instances: Vec::new() };
        let refused = self.0.entry(key(resource)).or_insert_with(new);
        if !refused.instances.contains(&instance) {
            refused.instances.push(instance);
        }
    }

    /// One error per type, which names its instances.
    pub fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> {
        self.0.iter().map(|((data, type_name), refused)| {
            let (summary, what, does) = if *data {
                ("Data source not supported", "data source", "read")
            } else {
                ("Resource type not supported", "resource type", "manage")
            };
            let mut instances = refused.instances.clone();
            instances.sort();
            let more = instances.len().saturating_sub(NAMED);
            instances.truncate(NAMED);
            let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
            let detail = format!(
                "plumb cannot {does} the {what} {type_name} of {}, which the configuration needs for:\n  {}{more}\n\nThe \
                 plan shows what they would be, and cannot be applied. Leave them out, for one with -exclude, or keep \
                 them in a configuration of their own that another tool applies.",
                refused.provider,
                instances.join("\n  "),
            );
            Diagnostic::error(summary, detail).at_opt(refused.span)
        })
    }
}

fn key(resource: &ResourceName) -> (bool, Arc<str>) {
    (resource.mode == Mode::Data, resource.type_name.clone())
}

impl<'a> Walk<'a> {
    /// The type of a managed instance. An instance whose type has no schema is planned here as a whole.
    pub(super) fn type_of(
        &mut self,
        module: ModuleId,
        addr: &InstanceAddr,
        provider_addr: &ProviderAddr,
    ) -> Option<&'a dyn ResourceType> {
        let provider = self.provider_of_type(addr, provider_addr, module);
        let found = provider.and_then(|it| it.resource_type(&addr.resource.type_name));
        if found.is_none() {
            let known = provider.map(|it| it.resource_types());
            self.without_schema(module, addr, provider_addr, known);
        }
        found
    }

    /// The schema of a data source; as [`Walk::type_of`].
    pub(super) fn data_schema_of(
        &mut self,
        module: ModuleId,
        addr: &InstanceAddr,
        provider_addr: &ProviderAddr,
    ) -> Option<&'a Schema> {
        let provider = self.provider_of_type(addr, provider_addr, module);
        let found = provider.and_then(|it| it.data_source(&addr.resource.type_name));
        if found.is_none() {
            let known = provider.map(|it| it.data_sources());
            self.without_schema(module, addr, provider_addr, known);
        }
        found
    }

    /// The provider of an instance; one that cannot act on it is noted.
    fn provider_of_type(
        &mut self,
        addr: &InstanceAddr,
        provider_addr: &ProviderAddr,
        module: ModuleId,
    ) -> Option<&'a dyn Provider> {
        let provider = self.request.providers.get(&provider_addr.source).map(|it| &**it);
        if !provider.is_some_and(|it| it.operates(&addr.resource)) && provider.is_none_or(|it| has(it, &addr.resource))
        {
            let span = self.evaluator.block(module, &addr.resource).span;
            self.unsupported.add(&addr.resource, addr.to_string(), &provider_addr.source, Some(span));
        }
        provider
    }

    /// An instance of which nothing but the address is known; or a wrong type name, where the provider tells all.
    fn without_schema(
        &mut self,
        module: ModuleId,
        addr: &InstanceAddr,
        provider: &ProviderAddr,
        known: Option<Vec<&str>>,
    ) {
        let name = &addr.resource;
        let partial = self.request.providers.get(&provider.source).is_none_or(|it| it.is_partial());
        let span = self.evaluator.block(module, name).span;
        if let (false, Some(known)) = (partial, known) {
            return self.no_such_type(name, known, span);
        }
        self.unsupported.add(name, addr.to_string(), &provider.source, Some(span));
        let after = Value::unknown(Type::Dynamic);
        self.evaluator.objects.set(module, name, &addr.key, after.clone());
        let data = name.mode == Mode::Data;
        let config = addr.config();
        self.record(ResourceChange {
            object: ObjectKey::current(addr.clone()),
            moved_from: None,
            provider: provider.to_string(),
            action: if data { Action::Read } else { Action::Create },
            reason: data.then_some(Reason::ReadBecauseConfigUnknown),
            before: Value::null(Type::Dynamic),
            after,
            replace_paths: Vec::new(),
            importing: None,
            dependencies: self.dependencies_of(&config),
            prior_dependencies: Vec::new(),
            create_before_destroy: self.create_before_destroy.contains(&config),
            steps: None,
        });
    }

    fn no_such_type(&mut self, name: &ResourceName, known: Vec<&str>, span: Span) {
        let (summary, what) = match name.mode {
            Mode::Data => ("Invalid data source", "data source"),
            _ => ("Invalid resource type", "resource type"),
        };
        let near = crate::config::did_you_mean(&name.type_name, known);
        let detail = format!("The provider has no {what} {:?}.{near}", name.type_name);
        self.diagnostics.push(Diagnostic::error(summary, detail).at(span));
    }
}

/// Whether a provider has the schema of a type.
fn has(provider: &dyn Provider, resource: &ResourceName) -> bool {
    match resource.mode {
        Mode::Data => provider.data_source(&resource.type_name).is_some(),
        _ => provider.resource_type(&resource.type_name).is_some(),
    }
}
