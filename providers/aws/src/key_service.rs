//! Keys of AWS KMS that wrap the key of a state: small texts encrypted and decrypted, and no key ever given away.

use std::sync::Arc;

use aws_sdk_kms::primitives::Blob;
use plumb_aws_delivery::{Config, connect};

use crate::client::{Aws, Options};
use crate::wire::error::chain;

/// What the key is used for: KMS writes it into its log, and does not decrypt without it.
const CONTEXT: (&str, &str) = ("purpose", "plumb state");

/// Encrypts a data key under the key with an id, alias or ARN.
///
/// # Errors
/// AWS cannot be reached or refuses, in words.
pub async fn encrypt(id: &str, key: &[u8]) -> Result<Vec<u8>, String> {
    let aws = client(id).await?;
    let call = aws.kms.encrypt().key_id(id).plaintext(Blob::new(key)).encryption_context(CONTEXT.0, CONTEXT.1);
    let answer = call.send().await.map_err(|error| chain(&error))?;
    answer.ciphertext_blob.map(Blob::into_inner).ok_or_else(|| "the answer holds no text".to_owned())
}

/// Decrypts what [`encrypt`] has encrypted.
///
/// # Errors
/// AWS cannot be reached or refuses, in words.
pub async fn decrypt(id: &str, wrapped: &[u8]) -> Result<Vec<u8>, String> {
    let aws = client(id).await?;
    let call = aws.kms.decrypt().key_id(id).ciphertext_blob(Blob::new(wrapped));
    let answer = call.encryption_context(CONTEXT.0, CONTEXT.1).send().await.map_err(|error| chain(&error))?;
    answer.plaintext.map(Blob::into_inner).ok_or_else(|| "the answer holds no key".to_owned())
}

/// A client with the SDK's own chain of credentials, in the region of an ARN where the id is one.
async fn client(id: &str) -> Result<Arc<Aws>, String> {
    let region = id.strip_prefix("arn:").and_then(|it| it.split(':').nth(2)).filter(|it| !it.is_empty());
    let config = Config { region: region.map(str::to_owned), ..Config::default() };
    let connected = connect(&config).await.map_err(|found| {
        let texts: Vec<String> = found.iter().map(|it| format!("{}: {}", it.summary, it.detail)).collect();
        texts.join("; ")
    })?;
    Ok(Aws::new(connected, Options::default()))
}
