//! Names of objects whose configuration leaves the name to us.

use plumb_engine::provider::IntentKey;

/// What a name begins with when there is not even a prefix.
const PREFIX: &str = "plumb-";

/// How many hexadecimal digits follow a prefix, as Terraform's provider makes them, too.
pub const SUFFIX: usize = 26;

/// The name of the object that a create under `key` makes: as configured, or the prefix with a suffix of `key`, so
/// that a repetition chooses the same; never longer than `most` characters.
pub fn name(name: Option<&str>, prefix: Option<&str>, key: &IntentKey, most: usize) -> String {
    if let Some(name) = name.filter(|it| !it.is_empty()) {
        return name.to_owned();
    }
    let prefix = prefix.filter(|it| !it.is_empty()).unwrap_or(PREFIX);
    let suffix: String = key.as_str().chars().filter(|it| *it != '-').take(SUFFIX).collect();
    format!("{prefix}{suffix}").chars().take(most).collect()
}

/// The prefix from which a name seems to have been made; `None` for one that a person chose. For imports, of which
/// nobody knows any more.
pub fn prefix(name: &str) -> Option<String> {
    let (prefix, suffix) = name.split_at_checked(name.len().checked_sub(SUFFIX)?)?;
    let made = suffix.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
    (made && !prefix.is_empty()).then(|| prefix.to_owned())
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
        assert_eq!(prefix(&made).as_deref(), Some("web-"));
        assert_eq!(prefix("web-20240102030405000000000001").as_deref(), Some("web-"));
        assert_eq!((prefix("web"), prefix("the-name-that-somebody-has-chosen")), (None, None));
    }
}
