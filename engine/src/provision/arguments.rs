//! The arguments of provisioners and connections.

use std::sync::LazyLock;

use crate::schema::{Attribute, Block};
use crate::value::Type;

/// All types of provisioners.
pub const KINDS: [&str; 3] = ["file", "local-exec", "remote-exec"];

/// The arguments of a type of provisioner; `None` when there is none of this name.
pub fn arguments(kind: &str) -> Option<&'static Block> {
    static FILE: LazyLock<Block> = LazyLock::new(|| {
        block(vec![
            ("content", Attribute::optional(Type::String)),
            ("destination", Attribute::required(Type::String)),
            ("source", Attribute::optional(Type::String)),
        ])
    });
    static LOCAL_EXEC: LazyLock<Block> = LazyLock::new(|| {
        block(vec![
            ("command", Attribute::required(Type::String)),
            ("environment", Attribute::optional(Type::map(Type::String))),
            ("interpreter", Attribute::optional(Type::list(Type::String))),
            ("quiet", Attribute::optional(Type::Bool)),
            ("working_dir", Attribute::optional(Type::String)),
        ])
    });
    static REMOTE_EXEC: LazyLock<Block> = LazyLock::new(|| {
        block(vec![
            ("inline", Attribute::optional(Type::list(Type::String))),
            ("script", Attribute::optional(Type::String)),
            ("scripts", Attribute::optional(Type::list(Type::String))),
        ])
    });
    match kind {
        "file" => Some(&FILE),
        "local-exec" => Some(&LOCAL_EXEC),
        "remote-exec" => Some(&REMOTE_EXEC),
        _ => None,
    }
}

/// The arguments of a `connection` block.
pub fn connection() -> &'static Block {
    static CONNECTION: LazyLock<Block> = LazyLock::new(|| {
        let texts = [
            "agent_identity",
            "bastion_certificate",
            "bastion_host",
            "bastion_host_key",
            "bastion_password",
            "bastion_private_key",
            "bastion_user",
            "cacert",
            "certificate",
            "host_key",
            "password",
            "private_key",
            "proxy_host",
            "proxy_scheme",
            "proxy_user_name",
            "proxy_user_password",
            "script_path",
            "target_platform",
            "timeout",
            "type",
            "user",
        ];
        let mut all: Vec<_> = texts.into_iter().map(|name| (name, Attribute::optional(Type::String))).collect();
        let ports = ["bastion_port", "port", "proxy_port"];
        all.extend(ports.into_iter().map(|name| (name, Attribute::optional(Type::Number))));
        let flags = ["agent", "https", "insecure", "use_ntlm"];
        all.extend(flags.into_iter().map(|name| (name, Attribute::optional(Type::Bool))));
        all.push(("host", Attribute::required(Type::String)));
        block(all)
    });
    &CONNECTION
}

fn block(attributes: Vec<(&'static str, Attribute)>) -> Block {
    Block { attributes: attributes.into_iter().map(|(name, it)| (name.into(), it)).collect(), ..Block::default() }
}
