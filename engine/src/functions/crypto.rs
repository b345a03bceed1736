//! Hashes, identifiers and decryption.

use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Encrypt, RsaPrivateKey};
use sha2::Digest;
use uuid::Uuid;

use super::encoding::{from_base64, to_base64};
use super::{Context, Function, FunctionError, Outcome, Parameter, number, quote, string, text, whole};
use crate::value::{Type, Value};

const STR: Parameter = Parameter::new("str", "The string to hash.", string);

macro_rules! string_hash {
    ($name:literal, $what:literal, $digest:ident::<$hash:ty>) => {
        Function::new($name, concat!("The ", $what, " of a string."), &[STR], string, |_, args| {
            Ok($digest::<$hash>(text(args, 0).as_bytes()).into())
        })
    };
}

pub(super) static BASE64SHA256: Function =
    string_hash!("base64sha256", "SHA-256 in Base64", digest_base64::<sha2::Sha256>);
pub(super) static BASE64SHA512: Function =
    string_hash!("base64sha512", "SHA-512 in Base64", digest_base64::<sha2::Sha512>);
pub(super) static MD5: Function = string_hash!("md5", "MD5 in hexadecimal", digest_hex::<md5::Md5>);
pub(super) static SHA1: Function = string_hash!("sha1", "SHA-1 in hexadecimal", digest_hex::<sha1::Sha1>);
pub(super) static SHA256: Function = string_hash!("sha256", "SHA-256 in hexadecimal", digest_hex::<sha2::Sha256>);
pub(super) static SHA512: Function = string_hash!("sha512", "SHA-512 in hexadecimal", digest_hex::<sha2::Sha512>);

pub(super) static BCRYPT: Function =
    Function::new("bcrypt", "A bcrypt hash of a string with a random salt.", &[STR], string, bcrypt)
        .variadic(Parameter::new("cost", "The cost of the hash; 10 where it is left out.", number));

pub(super) static RSADECRYPT: Function = Function::new(
    "rsadecrypt",
    "The text that was encrypted with the public part of an RSA key (PKCS #1 v1.5).",
    &[
        Parameter::new("ciphertext", "The encrypted text in Base64.", string),
        Parameter::new("privatekey", "The private key in PEM, without a passphrase.", string),
    ],
    string,
    rsadecrypt,
);

pub(super) static UUID: Function =
    Function::new("uuid", "A new random UUID; unknown while planning.", &[], string, |ctx: &Context<'_>, _| {
        Ok(if ctx.random { Uuid::new_v4().to_string().into() } else { Value::unknown(Type::String) })
    });

pub(super) static UUIDV5: Function = Function::new(
    "uuidv5",
    "The UUID that belongs to a name within a namespace.",
    &[
        Parameter::new("namespace", "dns, url, oid, x500, or the UUID of another namespace.", string),
        Parameter::new("name", "The name.", string),
    ],
    string,
    |_, args| {
        let namespace = match text(args, 0) {
            "dns" => Uuid::NAMESPACE_DNS,
            "url" => Uuid::NAMESPACE_URL,
            "oid" => Uuid::NAMESPACE_OID,
            "x500" => Uuid::NAMESPACE_X500,
            other => Uuid::parse_str(other).map_err(|_| {
                let message = format!("{} is neither dns, url, oid, x500 nor a UUID", quote(other));
                FunctionError::argument(0, message)
            })?,
        };
        Ok(Uuid::new_v5(&namespace, text(args, 1).as_bytes()).to_string().into())
    },
);

/// A hash in hexadecimal.
pub(super) fn digest_hex<D: Digest>(bytes: &[u8]) -> String {
    D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash in Base64.
pub(super) fn digest_base64<D: Digest>(bytes: &[u8]) -> String {
    to_base64(D::digest(bytes))
}

fn bcrypt(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let cost = match args.len() {
        1 => 10,
        2 => whole(args, 1)?,
        _ => return Err(FunctionError::failed("bcrypt() takes no more than two arguments")),
    };
    let password = text(args, 0);
    if password.len() > 72 {
        return Err(FunctionError::failed("the string to hash is longer than 72 bytes"));
    }
    // A cost that is too low to be of use means the default.
    let cost = if cost < 4 { 10 } else { cost };
    let cost = u32::try_from(cost).ok().filter(|it| *it <= 31);
    let cost = cost.ok_or_else(|| FunctionError::failed("the cost must be between 4 and 31"))?;
    if !ctx.random {
        return Ok(Value::unknown(Type::String));
    }
    let hash = ::bcrypt::hash_with_result(password, cost).map_err(|error| FunctionError::failed(error.to_string()))?;
    Ok(hash.format_for_version(::bcrypt::Version::TwoA).into())
}

fn rsadecrypt(_: &Context<'_>, args: &[Value]) -> Outcome {
    let ciphertext = from_base64(text(args, 0)).ok_or_else(|| {
        let message = format!("failed to decode input {}: cipher text must be base64-encoded", quote(text(args, 0)));
        FunctionError::argument(0, message)
    })?;
    let key =
        private_key(text(args, 1)).map_err(|why| FunctionError::argument(1, format!("invalid private key: {why}")))?;
    let failed = || FunctionError::failed("failed to decrypt: the text was not encrypted for this key");
    let plain = key.decrypt(Pkcs1v15Encrypt, &ciphertext).map_err(|_| failed())?;
    Ok(String::from_utf8_lossy(&plain).into_owned().into())
}

/// An RSA key in any of the forms in which tools write one.
fn private_key(pem: &str) -> Result<RsaPrivateKey, String> {
    let Some((_, body)) = pem.split_once("-----BEGIN ") else { return Err("no key found".into()) };
    let block = format!("-----BEGIN {body}");
    let (kind, _) = body.split_once("-----").ok_or("no key found")?;
    if block.contains("ENCRYPTED") {
        return Err("keys that are protected with a passphrase are not supported".into());
    }
    match kind {
        "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_pem(block.trim()).map_err(|error| error.to_string()),
        "PRIVATE KEY" => RsaPrivateKey::from_pkcs8_pem(block.trim()).map_err(|error| error.to_string()),
        "OPENSSH PRIVATE KEY" => openssh_key(&block).ok_or_else(|| "this is no RSA key without a passphrase".into()),
        other => Err(format!("keys of the kind {} are not supported", quote(other))),
    }
}

/// Reads the one key of OpenSSH's own format.
fn openssh_key(block: &str) -> Option<RsaPrivateKey> {
    let lines = block.lines().skip(1).take_while(|it| !it.starts_with("-----"));
    let bytes = from_base64(&lines.map(str::trim).collect::<String>())?;
    let mut rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (cipher, derivation, _options) = (field(&mut rest)?, field(&mut rest)?, field(&mut rest)?);
    if cipher != b"none" || derivation != b"none" {
        return None;
    }
    rest = rest.strip_prefix(&1u32.to_be_bytes())?;
    let (_public, mut private) = (field(&mut rest)?, field(&mut rest)?);
    // Two equal numbers that tell a right passphrase.
    private = private.get(8..)?;
    if field(&mut private)? != b"ssh-rsa" {
        return None;
    }
    let mut number = || field(&mut private).map(rsa::BigUint::from_bytes_be);
    let (modulus, public, exponent, _coefficient) = (number()?, number()?, number()?, number()?);
    let primes = vec![number()?, number()?];
    RsaPrivateKey::from_components(modulus, public, exponent, primes).ok()
}

/// Takes bytes that follow their length.
fn field<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length) as usize;
    let field = after.get(..length)?;
    *rest = &after[length..];
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, invoke};
    use super::*;

    #[test]
    fn hashes() {
        check("md5", &[("[true]", "\"b326b5062b2f0e69046810717534cb09\"")]);
        check("sha1", &[("[\"hello world\"]", "\"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed\"")]);
        check("sha256", &[("[\"日本語\"]", "\"77710aedc74ecfa33685e33a6c7df5cc83004da1bdcef7fb280f5c2b2e97e0a5\"")]);
        check("base64sha256", &[("[\"hello world\"]", "\"uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=\"")]);
        check(
            "base64sha512",
            &[(
                "[false]",
                "\"cZ+mfu9JxLKiuD8MYr3diMEGqq234hrgV8iAK3AONvgf4/FEgS2LBdZtxmPZCLJWReFTJiz21FeqNOaEr54yjQ==\"",
            )],
        );
        let sha512 = invoke("sha512", &["".into()]).unwrap();
        assert!(sha512.as_str().unwrap().starts_with("cf83e1357eefb8bdf154"));
    }

    #[test]
    fn passwords() {
        let hash = invoke("bcrypt", &["password".into(), 4i64.into()]).unwrap();
        let hash = hash.as_str().unwrap();
        assert!(hash.starts_with("$2a$04$") && hash.len() == 60, "{hash}");
        assert!(::bcrypt::verify("password", hash).unwrap());
        check("bcrypt", &[("[\"a\",4,5]", "!no more than two"), ("[\"a\",32]", "!between 4 and 31")]);
        let long = Value::from("x".repeat(73));
        assert!(invoke("bcrypt", &[long, 4i64.into()]).unwrap_err().message.contains("72 bytes"));
    }

    #[test]
    fn identifiers() {
        check("uuidv5", &[("[\"dns\",\"www.terraform.io\"]", "\"a5008fae-b28c-5ba5-96cd-82b4c53552d6\"")]);
        for form in [
            "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
            "6ba7b8109dad11d180b400c04fd430c8",
            "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ] {
            check("uuidv5", &[(&format!("[\"{form}\",\"x\"]"), "\"05b16a01-46c6-56dd-bd6e-c6dfb4a1427a\"")]);
        }
        check("uuidv5", &[("[\"nope\",\"x\"]", "!neither dns")]);
        assert_ne!(invoke("uuid", &[]).unwrap(), invoke("uuid", &[]).unwrap());
    }

    #[test]
    fn keys_that_cannot_be_used() {
        check("rsadecrypt", &[("[\"!!\",\"x\"]", "!base64-encoded"), ("[\"AAAA\",\"x\"]", "!no key found")]);
        check("rsadecrypt", &[("[\"AAAA\",\"-----BEGIN EC PRIVATE KEY-----\"]", "!not supported")]);
    }
}
