//! Move statements: what `moved` blocks and a changed `count` say of addresses.

use std::fmt;
use std::sync::Arc;

use crate::addr::{InstanceAddr, InstanceKey, ModuleAddr, ModulePath, ResourceAddr, ResourceName};
use crate::config::{BlockAddr, Moved};
use crate::source::Span;

/// One statement: what was at `from` is at `to` now.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Module whose block it is.
    pub module: ModulePath,
    /// Former address.
    pub from: Endpoint,
    /// Present address.
    pub to: Endpoint,
    /// The block's header; `None` for a move that follows from `count` alone.
    pub span: Option<Span>,
}

/// One side of a statement. A key that is `None` stands for every key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// How many of the leading calls lead to the module of the block.
    within: usize,
    calls: Vec<(Arc<str>, Option<InstanceKey>)>,
    resource: Option<(ResourceName, Option<InstanceKey>)>,
}

/// What the two sides of a statement are addresses of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every instance of a module call.
    Call,
    /// One instance of a module call.
    ModuleInstance,
    /// Every instance of a resource.
    Resource,
    /// One instance of a resource.
    Instance,
}

impl Kind {
    /// What messages call it.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Call => "module call",
            Kind::ModuleInstance => "module instance",
            Kind::Resource => "resource",
            Kind::Instance => "resource instance",
        }
    }
}

impl Statement {
    /// The statement of a block. Where neither side writes a key, it is about every instance.
    pub fn new(module: &ModulePath, block: &Moved) -> Self {
        let whole = last_key(&block.from) == &InstanceKey::None && last_key(&block.to) == &InstanceKey::None;
        let endpoint = |addr: &BlockAddr| {
            let outer = module.0.iter().map(|name| (name.clone(), None));
            let inner = addr.module.0.iter().map(|(name, key)| (name.clone(), Some(key.clone())));
            let mut calls: Vec<_> = outer.chain(inner).collect();
            let resource = addr.resource.as_ref().map(|(name, key)| (name.clone(), (!whole).then(|| key.clone())));
            if let (None, Some((_, key)), true) = (&resource, calls.last_mut(), whole) {
                *key = None;
            }
            Endpoint { within: module.0.len(), calls, resource }
        };
        Self { module: module.clone(), from: endpoint(&block.from), to: endpoint(&block.to), span: Some(block.span) }
    }

    /// The statement that an instance of a resource has got another key.
    pub fn implied(resource: &ResourceAddr, from: InstanceKey, to: InstanceKey) -> Self {
        let endpoint = |key| Endpoint {
            within: 0,
            calls: resource.module.0.iter().map(|(name, key)| (name.clone(), Some(key.clone()))).collect(),
            resource: Some((resource.resource.clone(), Some(key))),
        };
        Self { module: resource.module.path(), from: endpoint(from), to: endpoint(to), span: None }
    }

    /// What it moves.
    pub fn kind(&self) -> Kind {
        match (&self.from.resource, self.from.calls.last()) {
            (Some((_, None)), _) => Kind::Resource,
            (Some((_, Some(_))), _) => Kind::Instance,
            (None, Some((_, Some(_)))) => Kind::ModuleInstance,
            (None, _) => Kind::Call,
        }
    }

    /// Whether the statement is about an instance at all, wherever that goes.
    pub fn concerns(&self, addr: &InstanceAddr) -> bool {
        match &self.from.resource {
            Some((name, _)) => *name == addr.resource && self.from.is_module(&addr.module),
            None => starts_with(&addr.module.0, &self.from.calls),
        }
    }

    /// Where a module instance goes, when the statement moves it or a module around it.
    pub fn module_destination(&self, addr: &ModuleAddr) -> Option<ModuleAddr> {
        if self.from.resource.is_some() || !starts_with(&addr.0, &self.from.calls) {
            return None;
        }
        let (matched, rest) = addr.0.split_at(self.from.calls.len());
        let kept = matched.last().map(|(_, key)| key);
        let new = self.to.module(matched, kept);
        Some(ModuleAddr(new.0.into_iter().chain(rest.iter().cloned()).collect()))
    }

    /// Where a resource goes, when the statement moves it as a whole.
    pub fn resource_destination(&self, addr: &ResourceAddr) -> Option<ResourceAddr> {
        match (&self.from.resource, &self.to.resource) {
            (Some((from, None)), Some((to, _))) if *from == addr.resource && self.from.is_module(&addr.module) => {
                Some(ResourceAddr { module: self.to.module(&addr.module.0, None), resource: to.clone() })
            }
            _ => None,
        }
    }

    /// Where an instance goes, when the statement moves this one alone.
    pub fn instance_destination(&self, addr: &InstanceAddr) -> Option<InstanceAddr> {
        match (&self.from.resource, &self.to.resource) {
            (Some((from, Some(key))), Some((to, Some(new))))
                if *from == addr.resource && *key == addr.key && self.from.is_module(&addr.module) =>
            {
                let module = self.to.module(&addr.module.0, None);
                Some(InstanceAddr { module, resource: to.clone(), key: new.clone() })
            }
            _ => None,
        }
    }

    /// Whether the statement writes this resource, or an instance of it, on either side.
    pub fn names(&self, addr: &ResourceAddr) -> bool {
        let side = |it: &Endpoint| {
            it.resource.as_ref().is_some_and(|(name, _)| *name == addr.resource) && it.is_module(&addr.module)
        };
        side(&self.from) || side(&self.to)
    }

    /// Whether `other` must be done first.
    pub fn depends_on(&self, other: &Statement) -> bool {
        if self.from.overlaps(&other.to) {
            return true;
        }
        let nested = self.from.is_inside(&other.to)
            || self.to.is_inside(&other.to)
            || other.from.is_inside(&self.from)
            || other.to.is_inside(&self.from);
        if !nested {
            return false;
        }
        // A module that only gets another key holds both sides of what moves inside it: the inner move comes first
        // or last all the same, and saying so twice would make a circle.
        self.module.0.len() >= other.module.0.len() || !self.is_rekeying()
    }

    fn is_rekeying(&self) -> bool {
        let names = |it: &Endpoint| it.calls.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        self.from.resource.is_none() && names(&self.from) == names(&self.to)
    }
}

impl Endpoint {
    /// The absolute address for an instance of the module that holds the block.
    pub fn within(&self, module: &ModuleAddr) -> Endpoint {
        let mut here = self.clone();
        for ((_, key), (_, known)) in here.calls.iter_mut().take(self.within).zip(&module.0) {
            *key = Some(known.clone());
        }
        here.within = 0;
        here
    }

    /// The module with every key, the resource and the key: `None` for the last key where all of them are meant.
    pub fn parts(&self) -> (ModuleAddr, Option<(&ResourceName, Option<&InstanceKey>)>, bool) {
        let calls = self.calls.iter().map(|(name, key)| (name.clone(), key.clone().unwrap_or_default()));
        let all = self.calls.last().is_some_and(|(_, key)| key.is_none());
        (ModuleAddr(calls.collect()), self.resource.as_ref().map(|(name, key)| (name, key.as_ref())), all)
    }

    fn is_module(&self, addr: &ModuleAddr) -> bool {
        addr.0.len() == self.calls.len() && starts_with(&addr.0, &self.calls)
    }

    /// The module of this side, with the keys of the block's own module and `last` for a key that is left open.
    fn module(&self, matched: &[(Arc<str>, InstanceKey)], last: Option<&InstanceKey>) -> ModuleAddr {
        let outer = matched.iter().take(self.within).cloned();
        let inner = self.calls.iter().skip(self.within);
        let inner = inner.map(|(name, key)| (name.clone(), key.as_ref().or(last).cloned().unwrap_or_default()));
        ModuleAddr(outer.chain(inner).collect())
    }

    /// Whether an address can be on both sides.
    fn overlaps(&self, other: &Endpoint) -> bool {
        let calls = self.calls.len() == other.calls.len() && common(&self.calls, &other.calls);
        calls
            && match (&self.resource, &other.resource) {
                (None, None) => true,
                (Some((a, x)), Some((b, y))) => a == b && fits(x, y),
                _ => false,
            }
    }

    /// Whether it lies inside the module that `other` is.
    fn is_inside(&self, other: &Endpoint) -> bool {
        other.resource.is_none()
            && common(&self.calls, &other.calls)
            && (self.calls.len() > other.calls.len()
                || self.calls.len() == other.calls.len() && self.resource.is_some())
    }
}

fn last_key(addr: &BlockAddr) -> &InstanceKey {
    match (&addr.resource, addr.module.0.last()) {
        (Some((_, key)), _) | (None, Some((_, key))) => key,
        (None, None) => &InstanceKey::None,
    }
}

fn starts_with(addr: &[(Arc<str>, InstanceKey)], calls: &[(Arc<str>, Option<InstanceKey>)]) -> bool {
    addr.len() >= calls.len()
        && addr.iter().zip(calls).all(|(have, want)| have.0 == want.0 && want.1.as_ref().is_none_or(|it| *it == have.1))
}

/// Whether `b` can be the beginning of `a`.
fn common(a: &[(Arc<str>, Option<InstanceKey>)], b: &[(Arc<str>, Option<InstanceKey>)]) -> bool {
    a.len() >= b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && fits(&a.1, &b.1))
}

fn fits(a: &Option<InstanceKey>, b: &Option<InstanceKey>) -> bool {
    a.as_ref().zip(b.as_ref()).is_none_or(|(a, b)| a == b)
}

/// The address; a key that stands for all of them is left out.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, key)) in self.calls.iter().enumerate() {
            write!(f, "{}module.{name}", if at == 0 { "" } else { "." })?;
            key.iter().try_for_each(|key| write!(f, "{key}"))?;
        }
        let Some((resource, key)) = &self.resource else { return Ok(()) };
        write!(f, "{}{resource}", if self.calls.is_empty() { "" } else { "." })?;
        key.iter().try_for_each(|key| write!(f, "{key}"))
    }
}
