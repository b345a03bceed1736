//! Names of objects: the one that is asked for, or one that is made up of a prefix and the create's key.

use plumb_engine::provider::IntentKey;

/// What made-up names begin with when nothing is asked for.
const PREFIX: &str = "plumb-";

/// How many characters of the key's digits a made-up name has.
const DIGITS: usize = 26;

/// The name of an object: `name`, or `prefix` with digits of the key, so that a repeated create has the same name.
/// At most `longest` characters.
pub fn chosen(name: Option<&str>, prefix: Option<&str>, key: &IntentKey, longest: usize) -> String {
    if let Some(name) = name.filter(|it| !it.is_empty()) {
        return name.to_owned();
    }
    let prefix = prefix.filter(|it| !it.is_empty()).unwrap_or(PREFIX);
    let digits = key.as_str().chars().filter(char::is_ascii_hexdigit).take(DIGITS);
    prefix.chars().chain(digits).take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_for_or_made_up() {
        let key = IntentKey::new("lineage", "run", "aws_iam_role.a");
        assert_eq!(chosen(Some("web"), None, &key, 64), "web");
        let made = chosen(None, Some("web-"), &key, 64);
        assert_eq!((&made[..4], made.len()), ("web-", 30));
        assert_eq!(made, chosen(None, Some("web-"), &key, 64));
        assert_ne!(made, chosen(None, Some("web-"), &IntentKey::new("lineage", "run", "aws_iam_role.b"), 64));
        assert!(chosen(None, None, &key, 20).starts_with(PREFIX));
        assert_eq!(chosen(None, None, &key, 20).len(), 20);
    }
}
