//! Addresses from text, as a person types them.

use std::str::FromStr;
use std::sync::Arc;

use super::{AddrError, InstanceAddr, InstanceKey, Mode, ModuleAddr, ResourceAddr, ResourceName, Target};

impl FromStr for Target {
    type Err = AddrError;

    /// Reads `module.a["k"].aws_x.y[0]` and its shorter forms. Without a key a resource stands for all its instances.
    fn from_str(text: &str) -> Result<Self, AddrError> {
        let mut reader = Reader { rest: text };
        let parsed = reader.target().and_then(|target| reader.end().map(|()| target));
        parsed.map_err(|reason| AddrError { text: text.into(), reason })
    }
}

impl FromStr for InstanceAddr {
    type Err = AddrError;

    /// Reads the address of one instance; without a key it is the instance of a block that has neither `count` nor
    /// `for_each`.
    fn from_str(text: &str) -> Result<Self, AddrError> {
        match text.parse()? {
            Target::Instance(instance) => Ok(instance),
            Target::Resource(resource) => Ok(resource.instance(InstanceKey::None)),
            Target::Module(_) => {
                Err(AddrError { text: text.into(), reason: "it names a module; name a resource instance".into() })
            }
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn target(&mut self) -> Result<Target, String> {
        let mut module = ModuleAddr::root();
        let mut word = self.name()?;
        while &*word == "module" {
            self.dot("a module's name")?;
            let name = self.name()?;
            let key = self.key()?.unwrap_or_default();
            module = module.child(&name, key);
            if self.rest.is_empty() {
                return Ok(Target::Module(module));
            }
            self.dot("a resource type")?;
            word = self.name()?;
        }
        let resource = self.resource(word)?;
        let block = ResourceAddr { module, resource };
        Ok(match self.key()? {
            Some(key) => Target::Instance(block.instance(key)),
            None => Target::Resource(block),
        })
    }

    fn resource(&mut self, first: Arc<str>) -> Result<ResourceName, String> {
        let mode = match &*first {
            "data" => Mode::Data,
            "ephemeral" => Mode::Ephemeral,
            _ => Mode::Managed,
        };
        let type_name = if mode == Mode::Managed {
            first
        } else {
            self.dot("a type")?;
            self.name()?
        };
        self.dot("the name of the block")?;
        Ok(ResourceName { mode, type_name, name: self.name()? })
    }

    fn name(&mut self) -> Result<Arc<str>, String> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        match name.chars().next() {
            Some(first) if first.is_alphabetic() || first == '_' => {
                self.rest = rest;
                Ok(name.into())
            }
            _ if self.rest.is_empty() => Err("a name is expected at its end".into()),
            _ => Err(format!("a name is expected at {:?}", self.rest)),
        }
    }

    fn dot(&mut self, then: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix('.').ok_or_else(|| match self.rest {
            "" => format!("it ends where {then} is expected, after a dot"),
            rest => format!("{then} is expected, after a dot, at {rest:?}"),
        })?;
        Ok(())
    }

    fn key(&mut self) -> Result<Option<InstanceKey>, String> {
        let Some(inside) = self.rest.strip_prefix('[') else { return Ok(None) };
        let (key, rest) = match inside.strip_prefix('"') {
            Some(quoted) => quoted_key(quoted)?,
            None => index_key(inside)?,
        };
        self.rest = rest.strip_prefix(']').ok_or("the bracket of an instance key is not closed")?;
        Ok(Some(key))
    }

    fn end(&self) -> Result<(), String> {
        match self.rest {
            "" => Ok(()),
            rest => Err(format!("{rest:?} is too much at its end")),
        }
    }
}

fn index_key(text: &str) -> Result<(InstanceKey, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let index =
        digits.parse().map_err(|_| "an instance key is a whole number or a quoted text (quote it for the shell)")?;
    Ok((InstanceKey::Int(index), rest))
}

fn quoted_key(text: &str) -> Result<(InstanceKey, &str), String> {
    let mut key = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((InstanceKey::Str(key.into()), &text[at + 1..])),
            '\\' => key.push(match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, 'r')) => '\r',
                Some((_, 't')) => '\t',
                Some((_, plain @ ('"' | '\\'))) => plain,
                _ => return Err("an escape in an instance key is not known".into()),
            }),
            // A doubled sign before a brace stands for itself, as `quote` writes it.
            '$' | '%' if text[at + 1..].starts_with(c) && text[at + 2..].starts_with('{') => {
                key.push(c);
                chars.next();
            }
            c => key.push(c),
        }
    }
    Err("the quoted text of an instance key is not closed".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_as_it_is_written() {
        for text in [
            "aws_vpc.main",
            "aws_vpc.main[0]",
            r#"aws_vpc.main["a b"]"#,
            r#"aws_vpc.main["say \"hi\" \\ $${x}"]"#,
            "data.aws_ami.node",
            "ephemeral.aws_secret.s[1]",
            "module.net",
            r#"module.net["a"].module.sub[2]"#,
            r#"module.net["a.b"].data.aws_subnet.private[1]"#,
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.to_string(), text);
        }
    }

    #[test]
    fn a_missing_part_is_named() {
        for (text, part) in [
            ("", "a name is expected at its end"),
            ("aws_vpc", "name of the block"),
            ("module", "a module's name"),
            ("data.aws_ami", "name of the block"),
            ("aws_vpc.main[", "whole number or a quoted text"),
            ("aws_vpc.main[a]", "quote it for the shell"),
            ("aws_vpc.main[\"a]", "not closed"),
            ("aws_vpc.main[0", "not closed"),
            ("aws_vpc.main.id", "\".id\" is too much"),
            ("aws_vpc.1", "a name is expected at \"1\""),
        ] {
            let reason = text.parse::<Target>().unwrap_err().reason;
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }

    #[test]
    fn an_instance_is_no_module() {
        assert_eq!("aws_vpc.main".parse::<InstanceAddr>().unwrap().key, InstanceKey::None);
        assert!("module.a".parse::<InstanceAddr>().is_err());
    }
}
