//! The key that a user gives, and the form in which a data key is kept under it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_engine::store::StoreError;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{DataKey, sealed};

/// Memory that the derivation of a key from a passphrase takes, in KiB: with [`PASSES`] what OWASP recommends for
/// Argon2id. Files say what they were made with, so both can grow.
const MEMORY: u32 = 19_456;

/// How often the derivation goes over its memory.
const PASSES: u32 = 2;

/// The most that a file may ask for, in KiB and passes: a changed file must not stop the machine.
const MOST: (u32, u32) = (1 << 20, 64);

/// A service that keeps keys and uses them without giving them away, such as AWS KMS.
pub trait KeyService: Send + Sync {
    /// Encrypts a data key under the service's key.
    ///
    /// # Errors
    /// The service's refusal, in words.
    fn wrap(&self, id: &str, key: &[u8]) -> Result<Vec<u8>, String>;

    /// Decrypts what [`KeyService::wrap`] has encrypted.
    ///
    /// # Errors
    /// The service's refusal, in words.
    fn unwrap(&self, id: &str, wrapped: &[u8]) -> Result<Vec<u8>, String>;
}

/// The key that a user gives. Clones share what was derived from it, which takes time.
#[derive(Clone)]
pub struct StateKey(Arc<Inner>);

struct Inner {
    source: Source,
    derived: Mutex<BTreeMap<String, DataKey>>,
}

enum Source {
    Passphrase(Zeroizing<String>),
    Service { id: String, service: Box<dyn KeyService> },
}

/// A data key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Wrapped {
    /// Under a passphrase: sealed by the key that Argon2id makes of it.
    Passphrase {
        /// Drawn for this file, in base64.
        salt: String,
        /// Memory in KiB.
        memory: u32,
        /// Passes over the memory.
        passes: u32,
        /// The sealed data key, in base64.
        key: String,
    },
    /// By a service.
    Service {
        /// Id of the service's key.
        id: String,
        /// The encrypted data key, in base64.
        key: String,
    },
}

impl StateKey {
    /// A passphrase.
    pub fn passphrase(text: impl Into<String>) -> Self {
        Self::from(Source::Passphrase(Zeroizing::new(text.into())))
    }

    /// A key of a service.
    pub fn service(id: impl Into<String>, service: Box<dyn KeyService>) -> Self {
        Self::from(Source::Service { id: id.into(), service })
    }

    fn from(source: Source) -> Self {
        Self(Arc::new(Inner { source, derived: Mutex::default() }))
    }

    /// Draws a data key, and wraps it.
    pub(crate) fn wrap_new(&self) -> Result<(DataKey, Wrapped), StoreError> {
        let data = DataKey::draw();
        let wrapped = match &self.0.source {
            Source::Passphrase(text) => {
                let salt: [u8; 16] = rand::random();
                let key = derive(text, &salt, (MEMORY, PASSES))?.seal("data key", &*data.0);
                Wrapped::Passphrase { salt: STANDARD.encode(salt), memory: MEMORY, passes: PASSES, key }
            }
            Source::Service { id, service } => {
                let key = service.wrap(id, &*data.0).map_err(|error| refused(id, &error))?;
                Wrapped::Service { id: id.clone(), key: STANDARD.encode(key) }
            }
        };
        self.remember(&wrapped, &data);
        Ok((data, wrapped))
    }

    /// The data key that was wrapped.
    pub(crate) fn unwrap(&self, wrapped: &Wrapped) -> Result<DataKey, StoreError> {
        if let Some(known) = self.derived().get(&name(wrapped)) {
            return Ok(known.clone());
        }
        let damaged = || sealed("what is stored of the key is damaged");
        let bytes = match (&self.0.source, wrapped) {
            (Source::Passphrase(text), Wrapped::Passphrase { salt, memory, passes, key }) => {
                let salt = STANDARD.decode(salt).map_err(|_| damaged())?;
                let another = || sealed("they are sealed with another key than the one in PLUMB_STATE_KEY");
                derive(text, &salt, (*memory, *passes))?.open("data key", key).ok_or_else(another)?
            }
            (Source::Service { service, .. }, Wrapped::Service { id, key }) => {
                let key = STANDARD.decode(key).map_err(|_| damaged())?;
                Zeroizing::new(service.unwrap(id, &key).map_err(|error| refused(id, &error))?)
            }
            (Source::Passphrase(_), Wrapped::Service { id, .. }) => {
                let reason =
                    format!("they are sealed with the key {id} of a key service, and PLUMB_STATE_KEY is a passphrase");
                return Err(sealed(reason));
            }
            (Source::Service { .. }, Wrapped::Passphrase { .. }) => {
                return Err(sealed(
                    "they are sealed with a passphrase, and PLUMB_STATE_KEY names a key of a key service",
                ));
            }
        };
        let data = DataKey::from_bytes(&bytes).ok_or_else(damaged)?;
        self.remember(wrapped, &data);
        Ok(data)
    }

    fn remember(&self, wrapped: &Wrapped, data: &DataKey) {
        self.derived().insert(name(wrapped), data.clone());
    }

    fn derived(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, DataKey>> {
        self.0.derived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(wrapped: &Wrapped) -> String {
    serde_json::to_string(wrapped).expect("texts and numbers are JSON")
}

fn refused(id: &str, error: &str) -> StoreError {
    sealed(format!("the key service refuses its key {id}: {}", error.trim_end_matches('.')))
}

fn derive(passphrase: &str, salt: &[u8], (memory, passes): (u32, u32)) -> Result<DataKey, StoreError> {
    let unfit = |error: argon2::Error| sealed(format!("what is stored of the key is damaged: {error}"));
    let params = Params::new(memory.min(MOST.0), passes.min(MOST.1), 1, Some(32)).map_err(unfit)?;
    let mut key = Zeroizing::new([0; 32]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.as_bytes(), salt, &mut *key).map_err(unfit)?;
    Ok(DataKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Reversing;

    impl KeyService for Reversing {
        fn wrap(&self, _: &str, key: &[u8]) -> Result<Vec<u8>, String> {
            Ok(key.iter().rev().copied().collect())
        }

        fn unwrap(&self, id: &str, wrapped: &[u8]) -> Result<Vec<u8>, String> {
            if id == "gone" { Err("no such key".into()) } else { self.wrap(id, wrapped) }
        }
    }

    #[test]
    fn a_service_keeps_the_data_key() {
        let (data, wrapped) = StateKey::service("k", Box::new(Reversing)).wrap_new().unwrap();
        let again = StateKey::service("other", Box::new(Reversing)).unwrap(&wrapped).unwrap();
        assert_eq!(*data.0, *again.0, "the file names the key, and not the user");
        let Wrapped::Service { key, .. } = wrapped else { panic!("a service wraps for itself") };
        let gone = Wrapped::Service { id: "gone".into(), key };
        let refusal = StateKey::service("k", Box::new(Reversing)).unwrap(&gone).map(drop).unwrap_err();
        assert!(refusal.to_string().contains("no such key"));
        assert!(StateKey::passphrase("p").unwrap(&gone).is_err());
    }
}
