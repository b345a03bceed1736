//! Addresses of modules and resource blocks, from the text that they are stored as.

use std::sync::Arc;

use plumb_engine::addr::{ConfigResource, InstanceKey, Mode, ModuleAddr, ModulePath, ResourceName};

/// A module instance: `module.net["a"].module.zone[0]`; the empty text is the root module.
pub(crate) fn parse_module(text: &str) -> Option<ModuleAddr> {
    let mut calls = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let after = rest.strip_prefix("module.")?;
        let (name, after) = after.split_at(after.find(['.', '[']).unwrap_or(after.len()));
        let (key, after) = parse_key(after)?;
        calls.push((Arc::from(non_empty(name)?), key));
        rest = match after.strip_prefix('.') {
            Some("") => return None,
            Some(more) => more,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(ModuleAddr(calls))
}

/// A resource block: `module.net.data.aws_ami.node`.
pub(crate) fn parse_config_resource(text: &str) -> Option<ConfigResource> {
    let mut parts = text.split('.').peekable();
    let mut module = Vec::new();
    while parts.next_if_eq(&"module").is_some() {
        module.push(Arc::from(non_empty(parts.next()?)?));
    }
    let mode = match parts.next_if(|it| matches!(*it, "data" | "ephemeral")) {
        Some("data") => Mode::Data,
        Some(_) => Mode::Ephemeral,
        None => Mode::Managed,
    };
    let (type_name, name) = (non_empty(parts.next()?)?.into(), non_empty(parts.next()?)?.into());
    let resource = ResourceName { mode, type_name, name };
    parts.next().is_none().then_some(ConfigResource { module: ModulePath(module), resource })
}

/// The mode of a name as a state writes it.
pub(crate) fn parse_mode(text: &str) -> Option<Mode> {
    match text {
        "data" => Some(Mode::Data),
        "managed" => Some(Mode::Managed),
        "ephemeral" => Some(Mode::Ephemeral),
        _ => None,
    }
}

/// The name of a mode as a state writes it.
pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Data => "data",
        Mode::Managed => "managed",
        Mode::Ephemeral => "ephemeral",
    }
}

/// The key at the beginning of the text, if one stands there, and what follows it.
fn parse_key(text: &str) -> Option<(InstanceKey, &str)> {
    let Some(inside) = text.strip_prefix('[') else { return Some((InstanceKey::None, text)) };
    if let Some(quoted) = inside.strip_prefix('"') {
        let (key, after) = parse_quoted(quoted)?;
        return Some((InstanceKey::Str(key.into()), after.strip_prefix(']')?));
    }
    let (digits, after) = inside.split_once(']')?;
    Some((InstanceKey::Int(digits.parse().ok()?), after))
}

/// The content of a quoted literal whose opening quote is gone, and what follows its closing quote.
fn parse_quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.push(match chars.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => parse_code(&mut chars, 4)?,
                'U' => parse_code(&mut chars, 8)?,
                other => other,
            }),
            '$' | '%' => {
                let mut ahead = text[at + 1..].chars();
                if ahead.next() == Some(c) && ahead.next() == Some('{') {
                    chars.next();
                }
                out.push(c);
            }
            c => out.push(c),
        }
    }
    None
}

fn parse_code(chars: &mut impl Iterator<Item = (usize, char)>, digits: usize) -> Option<char> {
    let code: String = chars.take(digits).map(|(_, c)| c).collect();
    char::from_u32(u32::from_str_radix(&code, 16).ok()?)
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_read_back_as_they_were_written() {
        for key in ["a", "a.b", "q\"x", "br]ack", "${x}", "$x", "$${", "%%", "\\", "\n\t", "é", ""] {
            let inner = ModuleAddr::root().child(&"net".into(), InstanceKey::Str(key.into()));
            let addr = inner.child(&"zone".into(), InstanceKey::Int(3)).child(&"x".into(), InstanceKey::None);
            assert_eq!(parse_module(&addr.to_string()), Some(addr), "{key:?}");
        }
        assert_eq!(parse_module(""), Some(ModuleAddr::root()));
    }

    #[test]
    fn other_texts_are_no_modules() {
        for text in ["net", "module.", "module.a.", "module.a[", "module.a[x]", "module.a[0]b", "module.a[\"x]", "."] {
            assert_eq!(parse_module(text), None, "{text:?}");
        }
    }

    #[test]
    fn blocks_read_back_as_they_were_written() {
        for text in ["aws_vpc.main", "data.aws_ami.node", "module.a.module.b.aws_vpc.main", "module.a.data.x.y"] {
            assert_eq!(parse_config_resource(text).unwrap().to_string(), text);
        }
        for text in ["aws_vpc", "aws_vpc.a.b", "module.a", "data.x", "", "aws_vpc."] {
            assert_eq!(parse_config_resource(text), None, "{text:?}");
        }
    }
}
