//! `random_id`: random bytes in several spellings.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dashu_int::UBig;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Result};
use plumb_engine::provider::{PlannedChange, ProviderError};
use plumb_engine::value::Value;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::keepers::{self, Keepers};
use super::{number, too_small};
use crate::local::{Local, creating, importing};

/// Random bytes from a cryptographic generator, as a unique part of other objects' names. Sixteen of them are as
/// unique as a UUID.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub(super) struct RandomId {
    /// Any values; a change of one makes a new id.
    pub keepers: Keepers,
    /// How many bytes; at least 1.
    #[attr(force_new)]
    pub byte_length: i64,
    /// Text in front of each spelling but `id`.
    #[attr(force_new)]
    pub prefix: Option<String>,
    /// The bytes in base64 with `-` and `_`, without padding.
    #[attr(computed)]
    pub b64_url: Option<String>,
    /// The bytes in base64 with `+` and `/`, padded.
    #[attr(computed)]
    pub b64_std: Option<String>,
    /// The bytes in lower-case hexadecimal digits, two for each.
    #[attr(computed)]
    pub hex: Option<String>,
    /// The bytes as one decimal number, the most significant first.
    #[attr(computed)]
    pub dec: Option<String>,
}

impl RandomId {
    fn of(keepers: Keepers, prefix: Option<String>, bytes: &[u8]) -> (Id, Self) {
        let id = URL_SAFE_NO_PAD.encode(bytes);
        let spelling = |text: &str| Some(format!("{}{text}", prefix.as_deref().unwrap_or_default()));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let object = Self {
            keepers,
            byte_length: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            b64_url: spelling(&id),
            b64_std: spelling(&STANDARD.encode(bytes)),
            hex: spelling(&hex),
            dec: spelling(&UBig::from_be_bytes(bytes).to_string()),
            prefix,
        };
        (id, object)
    }
}

impl Local for RandomId {
    const TYPE: &'static str = "random_id";

    fn validate(config: &Value) -> Diagnostics {
        number(config, "byte_length")
            .filter(|it| *it < 1)
            .map(|it| too_small("byte_length", 1, it))
            .into_iter()
            .collect()
    }

    fn plan(change: &mut PlannedChange) -> Diagnostics {
        keepers::plan(change);
        Diagnostics::new()
    }

    fn make(&self) -> Result<(Id, Self)> {
        let length = usize::try_from(self.byte_length)
            .map_err(|_| ProviderError::refused(creating::<Self>(), "the number of bytes is negative"))?;
        let mut bytes = vec![0; length];
        rand::rng().fill_bytes(&mut bytes);
        Ok(Self::of(self.keepers.clone(), self.prefix.clone(), &bytes))
    }

    /// `b64_url`, or `prefix,b64_url`.
    fn import(id: &str) -> Result<(Id, Self)> {
        let (prefix, digits) = id.rsplit_once(',').map_or((None, id), |(prefix, digits)| (Some(prefix), digits));
        let bytes = URL_SAFE_NO_PAD.decode(digits).map_err(|error| {
            ProviderError::refused(importing::<Self>(), format!("{digits:?} is no base64 text: {error}"))
                .help("The import id is the attribute \"b64_url\" without its prefix, or PREFIX,B64_URL.")
        })?;
        let prefix = prefix.filter(|it| !it.is_empty()).map(ToOwned::to_owned);
        Ok(Self::of(Some(std::collections::BTreeMap::new()), prefix, &bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_are_of_the_same_bytes() {
        let (id, object) = RandomId::of(None, Some("p-".into()), &[0, 255, 254, 16]);
        assert_eq!(id, "AP_-EA");
        assert_eq!(object.b64_url.as_deref(), Some("p-AP_-EA"));
        assert_eq!(object.b64_std.as_deref(), Some("p-AP/+EA=="));
        assert_eq!(object.hex.as_deref(), Some("p-00fffe10"));
        assert_eq!(object.dec.as_deref(), Some("p-16776720"));
    }

    #[test]
    fn an_import_restores_what_was_made() {
        for (prefix, import) in [(None, ""), (Some("a,b"), "a,b,")] {
            let planned = RandomId::of(Some([].into()), prefix.map(Into::into), &[0; 16]).1;
            let (id, object) = planned.make().unwrap();
            assert_eq!(object.byte_length, 16);
            assert_eq!(RandomId::import(&format!("{import}{id}")).unwrap(), (id, object));
        }
        assert!(RandomId::import("***").unwrap_err().help.is_some());
    }

    #[test]
    fn at_least_one_byte_is_asked_for() {
        let errors = |length: i64| RandomId::validate(&Value::object([("byte_length", Value::from(length))])).len();
        assert_eq!((errors(0), errors(1)), (1, 0));
    }
}
