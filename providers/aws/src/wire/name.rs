//! Names of objects whose configuration leaves the name to us.

use plumb_engine::provider::IntentKey;

/// What a name begins with when there is not even a prefix.
const PREFIX: &str = "plumb-";

/// The name of the object that a create under `key` makes: as configured, or the prefix with a suffix of `key`, so
/// that a repetition chooses the same; never longer than `most` characters.
pub fn name(name: Option<&str>, prefix: Option<&str>, key: &IntentKey, most: usize) -> String {
    if let Some(name) = name.filter(|it| !it.is_empty()) {
        return name.to_owned();
    }
    let prefix = prefix.filter(|it| !it.is_empty()).unwrap_or(PREFIX);
    let suffix: String = key.as_str().chars().filter(|it| *it != '-').take(26).collect();
    format!("{prefix}{suffix}").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_for_the_same_key() {
        let key = IntentKey::new("lineage", "run", "aws_security_group.a");
        assert_eq!(name(Some("web"), None, &key, 255), "web");
        let made = name(None, Some("web-"), &key, 255);
        assert_eq!((made.len(), &made[..4]), (30, "web-"));
        assert_eq!(made, name(None, Some("web-"), &key, 255));
        assert_eq!(name(None, None, &key, 32).len(), 32);
    }
}
