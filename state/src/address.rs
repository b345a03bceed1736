//! Addresses and modes of resource blocks, from the text that they are stored as.

use plumb_engine::addr::{ConfigResource, Mode, ResourceAddr};

/// A resource block: `module.net.data.aws_ami.node`; `None` for other texts, such as one with the key of an instance.
pub(crate) fn parse_config_resource(text: &str) -> Option<ConfigResource> {
    let block = text.parse::<ResourceAddr>().ok()?.config();
    (block.to_string() == text).then_some(block)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_read_back_as_they_were_written() {
        for text in ["aws_vpc.main", "data.aws_ami.node", "module.a.module.b.aws_vpc.main", "module.a.data.x.y"] {
            assert_eq!(parse_config_resource(text).unwrap().to_string(), text);
        }
        for text in ["aws_vpc", "aws_vpc.a.b", "aws_vpc.a[0]", "module.a[0].aws_vpc.b", "module.a", "data.x", ""] {
            assert_eq!(parse_config_resource(text), None, "{text:?}");
        }
    }

    #[test]
    fn modes_read_back_as_they_were_written() {
        for mode in [Mode::Data, Mode::Managed, Mode::Ephemeral] {
            assert_eq!(parse_mode(mode_name(mode)), Some(mode));
        }
        assert_eq!(parse_mode("list"), None);
    }
}
