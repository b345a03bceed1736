//! User data: text or Base64 in configurations, Base64 in calls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Instance;

/// The Base64 of user data; what is Base64 already stays as it is.
pub(super) fn encoded(text: &str) -> String {
    if STANDARD.decode(text).is_ok() { text.to_owned() } else { STANDARD.encode(text) }
}

/// Two texts that are sent as the same user data.
pub(super) fn same(a: &str, b: &str) -> bool {
    encoded(a) == encoded(b)
}

impl Instance {
    /// What a call sends.
    pub(super) fn sent_user_data(&self) -> Option<String> {
        let text = self.user_data.as_deref().filter(|it| !it.is_empty()).map(encoded);
        text.or_else(|| self.user_data_base64.clone().filter(|it| !it.is_empty()))
    }

    /// Sets the attribute that the user data belongs to: the one that is in use, else the text, where it is text.
    pub(super) fn observe_user_data(&mut self, told: Option<String>) {
        let told = told.filter(|it| !it.is_empty());
        if self.sent_user_data() == told {
            return;
        }
        let text = told.as_deref().and_then(|it| String::from_utf8(STANDARD.decode(it).ok()?).ok());
        match (self.user_data_base64.is_some(), text) {
            (false, Some(text)) => self.user_data = Some(text),
            _ => {
                self.user_data = None;
                self.user_data_base64 = told;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_sent_as_it_is() {
        assert_eq!(encoded("#!/bin/sh"), "IyEvYmluL3No");
        assert_eq!(encoded("IyEvYmluL3No"), "IyEvYmluL3No");
        assert!(same("#!/bin/sh", "IyEvYmluL3No"));
        assert!(!same("#!/bin/sh", "#!/bin/bash"));
    }

    #[test]
    fn the_attribute_in_use_is_kept() {
        let mut text = Instance { user_data: Some("#!/bin/sh".into()), ..Instance::default() };
        text.observe_user_data(Some("IyEvYmluL3No".into()));
        assert_eq!(text.user_data.as_deref(), Some("#!/bin/sh"));
        text.observe_user_data(Some("IyEvYmluL2Jhc2g=".into()));
        assert_eq!(text.user_data.as_deref(), Some("#!/bin/bash"));
        text.observe_user_data(None);
        assert_eq!(text.user_data, None);
        let mut encoded = Instance { user_data_base64: Some("AAEC".into()), ..Instance::default() };
        encoded.observe_user_data(Some("/w==".into()));
        assert_eq!((encoded.user_data, encoded.user_data_base64.as_deref()), (None, Some("/w==")));
    }
}
