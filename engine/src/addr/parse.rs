//! Addresses from text: the inverse of their `Display`.

use std::str::FromStr;
use std::sync::Arc;

use crate::syntax::{literal, name_len};

use super::{AddrError, InstanceAddr, InstanceKey, Mode, ModuleAddr, ResourceAddr, ResourceName, Target};

impl FromStr for Target {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Self, AddrError> {
        let parts = parse(text)?;
        Ok(match (parts.resource, parts.key) {
            (None, _) if parts.module.is_root() => return Err(error(text, "it is empty")),
            (None, _) => Target::Module(parts.module),
            (Some(resource), InstanceKey::None) => Target::Resource(ResourceAddr { module: parts.module, resource }),
            (Some(resource), key) => Target::Instance(InstanceAddr { module: parts.module, resource, key }),
        })
    }
}

impl FromStr for InstanceAddr {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Self, AddrError> {
        let Parts { module, resource, key } = parse(text)?;
        let resource =
            resource.ok_or_else(|| error(text, "it names no resource: write its type, a dot and its name"))?;
        Ok(InstanceAddr { module, resource, key })
    }
}

impl FromStr for ResourceAddr {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Self, AddrError> {
        let InstanceAddr { module, resource, key } = text.parse()?;
        match key {
            InstanceKey::None => Ok(ResourceAddr { module, resource }),
            key => Err(error(text, format!("it names one instance; leave out {key} to name the resource as a whole"))),
        }
    }
}

impl FromStr for ModuleAddr {
    type Err = AddrError;

    /// The empty text is the root module.
    fn from_str(text: &str) -> Result<Self, AddrError> {
        let parts = parse(text)?;
        match parts.resource {
            None => Ok(parts.module),
            Some(resource) => Err(error(text, format!("it names the resource {resource}, where a module is meant"))),
        }
    }
}

/// All that an address can hold; without a resource it is a module.
struct Parts {
    module: ModuleAddr,
    resource: Option<ResourceName>,
    key: InstanceKey,
}

fn parse(text: &str) -> Result<Parts, AddrError> {
    read(&mut Cursor { rest: text.trim() }).map_err(|reason| error(text, reason))
}

fn error(text: &str, reason: impl Into<String>) -> AddrError {
    AddrError { text: text.to_owned(), reason: reason.into() }
}

fn read(cursor: &mut Cursor<'_>) -> Result<Parts, String> {
    let mut module = ModuleAddr::root();
    if cursor.rest.is_empty() {
        return Ok(Parts { module, resource: None, key: InstanceKey::None });
    }
    loop {
        let first = cursor.name("a module or a resource type")?;
        if first != "module" {
            let (resource, key) = resource(cursor, first)?;
            return Ok(Parts { module, resource: Some(resource), key });
        }
        cursor.dot("module", "the name of the module call")?;
        let name = cursor.name("a module call")?;
        let key = cursor.key()?;
        module.0.push((name.into(), key));
        if cursor.rest.is_empty() {
            return Ok(Parts { module, resource: None, key: InstanceKey::None });
        }
        cursor.dot(name, "a module or a resource")?;
    }
}

fn resource(cursor: &mut Cursor<'_>, first: &str) -> Result<(ResourceName, InstanceKey), String> {
    let (mode, type_name) = match first {
        "data" => (Mode::Data, None),
        "ephemeral" => (Mode::Ephemeral, None),
        "resource" => (Mode::Managed, None),
        "var" | "local" | "output" | "each" | "count" | "self" | "path" | "terraform" => {
            return Err(format!("`{first}` starts a reference to a value; only modules and resources have addresses"));
        }
        type_name => (Mode::Managed, Some(type_name)),
    };
    let type_name = match type_name {
        Some(type_name) => type_name,
        None => {
            cursor.dot(first, "a resource type")?;
            cursor.name("a resource type")?
        }
    };
    cursor.dot(type_name, "the name of the resource")?;
    let name = cursor.name("a resource")?;
    let key = cursor.key()?;
    match cursor.rest {
        "" => Ok((ResourceName { mode, type_name: type_name.into(), name: name.into() }, key)),
        rest => Err(format!(
            "it goes on with `{rest}` after the resource; an address ends with the resource or with one key in brackets"
        )),
    }
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn name(&mut self, of: &str) -> Result<&'a str, String> {
        let (name, rest) = self.rest.split_at(name_len(self.rest));
        if name.is_empty() {
            return Err(match rest.chars().next() {
                None => format!("it ends where the name of {of} is expected"),
                Some(found) => format!("`{found}` stands where the name of {of} is expected"),
            });
        }
        self.rest = rest;
        Ok(name)
    }

    fn dot(&mut self, before: &str, next: &str) -> Result<(), String> {
        self.rest =
            self.rest.strip_prefix('.').ok_or_else(|| format!("`{before}` is not followed by a dot and {next}"))?;
        Ok(())
    }

    /// Reads a key in brackets, if there is one.
    fn key(&mut self) -> Result<InstanceKey, String> {
        let Some(inside) = self.rest.strip_prefix('[') else { return Ok(InstanceKey::None) };
        let (key, rest) = match inside.strip_prefix('"') {
            Some(quoted) => string_key(quoted)?,
            None => int_key(inside)?,
        };
        self.rest = rest.strip_prefix(']').ok_or("a key in brackets is not closed by `]`")?;
        if self.rest.starts_with('[') {
            return Err("it has two keys in a row, but an instance has one".to_owned());
        }
        Ok(key)
    }
}

fn int_key(text: &str) -> Result<(InstanceKey, &str), String> {
    let (digits, rest) = text.split_at(text.find(']').unwrap_or(text.len()));
    match digits.parse::<u64>() {
        Ok(index) if digits.bytes().all(|b| b.is_ascii_digit()) => Ok((InstanceKey::Int(index), rest)),
        _ => Err(format!(
            "`{digits}` in brackets is no key: a key is a whole number or a text in double quotes, which a shell removes \
             unless the address stands in single quotes"
        )),
    }
}

fn string_key(text: &str) -> Result<(InstanceKey, &str), String> {
    let mut end = 0;
    let bytes = text.as_bytes();
    while let Some(&b) = bytes.get(end) {
        match b {
            b'"' => break,
            b'\\' => end += 2,
            b'$' | b'%' if bytes[end..].starts_with(&[b, b, b'{']) => end += 3,
            b'$' | b'%' if bytes.get(end + 1) == Some(&b'{') => {
                let sign = char::from(b);
                return Err(format!("a key is fixed text: write {sign}{sign}{{ for the characters {sign}{{"));
            }
            _ => end += 1,
        }
    }
    let (Some(written), Some(rest)) = (text.get(..end), text.get(end + 1..)) else {
        return Err("a key in quotes has no closing quote".to_owned());
    };
    let (key, faults) = literal::unescape(written);
    match faults.into_iter().next() {
        None => Ok((InstanceKey::Str(Arc::from(key)), rest)),
        Some(fault) => Err(fault.detail),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn targets_are_told_apart() {
        let kind = |text: &str| match text.parse::<Target>() {
            Ok(Target::Module(_)) => "module".to_owned(),
            Ok(Target::Resource(_)) => "resource".to_owned(),
            Ok(Target::Instance(_)) => "instance".to_owned(),
            Err(error) => error.reason,
        };
        for (text, expected) in [
            ("module.a", "module"),
            ("module.a[\"x\"].module.b[0]", "module"),
            ("aws_vpc.main", "resource"),
            ("module.a.data.aws_ami.b", "resource"),
            ("ephemeral.random_password.p[3]", "instance"),
            ("resource.aws_vpc.main[\"a.b[]\"]", "instance"),
            ("", "it is empty"),
            ("aws_vpc", "`aws_vpc` is not followed by a dot and the name of the resource"),
            ("data.x", "`x` is not followed by a dot and the name of the resource"),
            ("module", "`module` is not followed by a dot and the name of the module call"),
            ("module.a.b", "`b` is not followed by a dot and the name of the resource"),
            ("module.a.", "it ends where the name of a module or a resource type is expected"),
            ("aws_vpc.", "it ends where the name of a resource is expected"),
            ("aws_vpc.*", "`*` stands where the name of a resource is expected"),
            ("aws_vpc.a[0][1]", "it has two keys in a row, but an instance has one"),
            ("aws_vpc.a[0", "a key in brackets is not closed by `]`"),
            ("aws_vpc.a[\"b", "a key in quotes has no closing quote"),
            ("aws_vpc.a[\"b\\", "a key in quotes has no closing quote"),
            ("aws_vpc.a[\"${b}\"]", "a key is fixed text: write $${ for the characters ${"),
            ("local.x", "`local` starts a reference to a value; only modules and resources have addresses"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
        for text in ["aws_vpc.a[b]", "aws_vpc.a[-1]", "aws_vpc.a[+1]", "aws_vpc.a[1.5]", "aws_vpc.a[]"] {
            assert!(kind(text).contains("single quotes"), "{text}");
        }
        assert!(kind("aws_vpc.a.id").contains("goes on with `.id`"));
    }

    #[test]
    fn each_type_takes_its_own_addresses_only() {
        assert_eq!("".parse::<ModuleAddr>().unwrap(), ModuleAddr::root());
        assert!("aws_vpc.a".parse::<ModuleAddr>().is_err());
        assert!("module.a".parse::<InstanceAddr>().is_err());
        assert_eq!("aws_vpc.a".parse::<InstanceAddr>().unwrap().key, InstanceKey::None);
        assert!("aws_vpc.a[0]".parse::<ResourceAddr>().is_err());
        let reason = "aws_vpc.a[x]".parse::<InstanceAddr>().unwrap_err().to_string();
        assert!(reason.starts_with("\"aws_vpc.a[x]\" is not an address: `x` in brackets"), "{reason}");
    }

    fn key() -> impl Strategy<Value = InstanceKey> {
        prop_oneof![
            Just(InstanceKey::None),
            any::<u64>().prop_map(InstanceKey::Int),
            any::<String>().prop_map(|it| InstanceKey::Str(it.into())),
            "[$%{}\"\\\\\\]\n]{0,8}".prop_map(|it| InstanceKey::Str(it.into())),
        ]
    }

    fn module() -> impl Strategy<Value = ModuleAddr> {
        let call = ("[a-z_][a-z0-9_-]{0,5}", key()).prop_map(|(name, key)| (name.into(), key));
        prop::collection::vec(call, 0..3).prop_map(ModuleAddr)
    }

    fn instance() -> impl Strategy<Value = InstanceAddr> {
        let mode = prop_oneof![Just(Mode::Data), Just(Mode::Ephemeral), Just(Mode::Managed)];
        (module(), mode, "aws_[a-z]{1,5}", "[a-z_é][a-z0-9_-]{0,5}", key()).prop_map(
            |(module, mode, kind, name, key)| {
                let resource = ResourceName { mode, type_name: kind.into(), name: name.into() };
                InstanceAddr { module, resource, key }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_displayed_is_parsed(addr in instance(), module in module()) {
            prop_assert_eq!(&addr.to_string().parse::<InstanceAddr>().unwrap(), &addr);
            prop_assert_eq!(&addr.resource().to_string().parse::<ResourceAddr>().unwrap(), &addr.resource());
            prop_assert_eq!(addr.to_string().parse::<Target>().unwrap().to_string(), addr.to_string());
            prop_assert_eq!(&module.to_string().parse::<ModuleAddr>().unwrap(), &module);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), hostile in "[a-z.\\[\\]\"\\\\$%{é ]{0,20}") {
            let _ = (text.parse::<Target>(), hostile.parse::<Target>(), format!("a.b[\"{hostile}").parse::<Target>());
        }
    }
}
