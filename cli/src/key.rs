//! The key of the state, which `PLUMB_STATE_KEY` names: a passphrase, or a key of AWS KMS.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use plumb_engine::diagnostic::Diagnostic;
use plumb_state::seal::StateKey;

/// The variable with the present key.
pub const VARIABLE: &str = "PLUMB_STATE_KEY";

/// The variable with the key that `state rekey` seals with.
pub const NEXT_VARIABLE: &str = "PLUMB_STATE_KEY_NEW";

/// How a key of AWS KMS is told from a passphrase, besides by being an ARN.
const KMS: &str = "awskms:";

/// The process's key: states and plan files are opened in many places, and it is the same for all of them.
static PRESENT: OnceLock<Option<StateKey>> = OnceLock::new();

/// Reads the present key from the environment, once.
///
/// # Errors
/// It names a key of a service that this build does not have.
pub fn start(environment: &BTreeMap<String, String>) -> Result<(), Diagnostic> {
    let key = named(environment, VARIABLE)?;
    PRESENT.get_or_init(|| key);
    Ok(())
}

/// The present key.
pub fn present() -> Option<StateKey> {
    PRESENT.get().cloned().flatten()
}

/// The key that a variable names; `None` when it is not set or empty.
///
/// # Errors
/// As [`start`].
pub fn named(environment: &BTreeMap<String, String>, variable: &str) -> Result<Option<StateKey>, Diagnostic> {
    let Some(text) = environment.get(variable).filter(|it| !it.is_empty()) else { return Ok(None) };
    let id = text.strip_prefix(KMS).or_else(|| Some(text.as_str()).filter(|it| is_kms_arn(it)));
    match id {
        None => Ok(Some(StateKey::passphrase(text))),
        Some(id) => service(id, variable).map(Some),
    }
}

fn is_kms_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').nth(2) == Some("kms")
}

#[cfg(feature = "aws")]
fn service(id: &str, _variable: &str) -> Result<StateKey, Diagnostic> {
    Ok(StateKey::service(id, Box::new(Kms)))
}

#[cfg(not(feature = "aws"))]
fn service(id: &str, variable: &str) -> Result<StateKey, Diagnostic> {
    let detail =
        format!("{variable} names the key {id} of AWS KMS, and this plumb was built without the AWS provider.");
    Err(Diagnostic::error("Key service not available", detail))
}

/// AWS KMS, through the provider that plumb has for everything else of AWS.
#[cfg(feature = "aws")]
struct Kms;

#[cfg(feature = "aws")]
impl plumb_state::seal::KeyService for Kms {
    fn wrap(&self, id: &str, key: &[u8]) -> Result<Vec<u8>, String> {
        wait(plumb_provider_aws::key_service::encrypt(id, key))
    }

    fn unwrap(&self, id: &str, wrapped: &[u8]) -> Result<Vec<u8>, String> {
        wait(plumb_provider_aws::key_service::decrypt(id, wrapped))
    }
}

/// Stores are not asynchronous, calls to AWS are.
#[cfg(feature = "aws")]
fn wait<T>(call: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_kms_are_told_from_passphrases() {
        assert!(is_kms_arn("arn:aws:kms:eu-central-1:123456789012:key/1234abcd"));
        assert!(is_kms_arn("arn:aws-cn:kms:cn-north-1:123456789012:alias/state"));
        assert!(!is_kms_arn("arn:aws:s3:::kms") && !is_kms_arn("arn of the passphrase"));
        let named = |text: &str| named(&BTreeMap::from([("V".to_owned(), text.to_owned())]), "V");
        assert!(named("").unwrap().is_none());
        assert!(named("a passphrase").unwrap().is_some());
        #[cfg(not(feature = "aws"))]
        assert!(named("awskms:alias/state").map(drop).unwrap_err().detail.contains("alias/state"));
    }
}
