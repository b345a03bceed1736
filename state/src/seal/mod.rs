//! Sealing: sensitive values at rest under a key of the state, which is itself kept under a passphrase or by a key service.

mod key;
mod parts;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use plumb_engine::store::StoreError;
use zeroize::Zeroizing;

pub use key::{KeyService, StateKey, Wrapped};
pub(crate) use parts::{hide_parts, open_parts, seal_parts};

/// Length of a nonce: long enough to be drawn at random for every value.
const NONCE: usize = 24;

/// The key that seals values.
#[derive(Clone)]
pub(crate) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new key.
    pub fn draw() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// Seals bytes for one place; they cannot be opened at another.
    pub fn seal(&self, place: &str, plain: &[u8]) -> String {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.expect("only texts of many gigabytes cannot be sealed");
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// Opens what [`DataKey::seal`] has sealed for the same place; `None` when it is anything else.
    pub fn open(&self, place: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_checked(NONCE)?;
        let payload = Payload { msg: text, aad: place.as_bytes() };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// Values cannot be opened, for this reason.
pub(crate) fn sealed(reason: impl Into<String>) -> StoreError {
    StoreError::Sealed { reason: reason.into() }
}

/// Seals a whole document, such as a plan file, under a key of its own.
///
/// # Errors
/// The key service does not answer.
pub fn seal_document(key: &StateKey, text: &str) -> Result<(Wrapped, String), StoreError> {
    let (data, wrapped) = key.wrap_new()?;
    let sealed = data.seal("document", text.as_bytes());
    Ok((wrapped, sealed))
}

/// Opens what [`seal_document`] has sealed.
///
/// # Errors
/// [`StoreError::Sealed`] when the key is another one, or the document was changed.
pub fn open_document(key: &StateKey, wrapped: &Wrapped, text: &str) -> Result<String, StoreError> {
    let opened = key.unwrap(wrapped)?.open("document", text);
    let damaged = || sealed("the document was changed after it was sealed");
    String::from_utf8(opened.ok_or_else(damaged)?.to_vec()).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_open_at_their_place_only() {
        let key = DataKey::draw();
        let sealed = key.seal("row a", b"secret");
        assert_eq!(key.open("row a", &sealed).unwrap().as_slice(), b"secret");
        assert!(key.open("row b", &sealed).is_none());
        assert!(DataKey::draw().open("row a", &sealed).is_none());
        assert!(key.open("row a", &sealed[..8]).is_none() && key.open("row a", "?").is_none());
        assert_ne!(key.seal("row a", b"secret"), sealed, "every nonce is a new one");
    }

    #[test]
    fn a_document_needs_its_passphrase() {
        let (wrapped, text) = seal_document(&StateKey::passphrase("one"), "{\"a\":1}").unwrap();
        let wrapped: Wrapped = serde_json::from_str(&serde_json::to_string(&wrapped).unwrap()).unwrap();
        assert_eq!(open_document(&StateKey::passphrase("one"), &wrapped, &text).unwrap(), "{\"a\":1}");
        let wrong = open_document(&StateKey::passphrase("two"), &wrapped, &text).unwrap_err();
        assert!(wrong.to_string().contains("another key"), "{wrong}");
    }
}
