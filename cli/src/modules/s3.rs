//! Modules in S3 buckets: signed requests, with keys from the address, the environment or a profile.

use std::collections::BTreeMap;
use std::time::SystemTime;
#[cfg(any(test, not(feature = "aws")))]
use std::{fs, path::PathBuf};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;

/// Finds the keys that requests to AWS are signed with.
pub trait FindKeys {
    /// The keys, those of `profile` where one is named; `None` where there are none, and requests go unsigned.
    ///
    /// # Errors
    /// They are somewhere and cannot be had.
    fn find(&self, profile: Option<&str>) -> Result<Option<Credentials>, String>;
}

/// The keys that the AWS provider would use: the SDK's own chain.
#[cfg(feature = "aws")]
pub fn keys(_environment: &BTreeMap<String, String>) -> impl FindKeys {
    SdkChain
}

/// The keys that can be found without the SDK.
#[cfg(not(feature = "aws"))]
pub fn keys(environment: &BTreeMap<String, String>) -> impl FindKeys {
    EnvironmentAndProfiles(environment)
}

#[cfg(feature = "aws")]
struct SdkChain;

#[cfg(feature = "aws")]
impl FindKeys for SdkChain {
    /// Waits for the answer in a command that otherwise waits for nothing.
    fn find(&self, profile: Option<&str>) -> Result<Option<Credentials>, String> {
        let found = plumb_provider_aws::default_credentials(profile);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(found))
    }
}

/// Keys of the environment, else of the shared credentials file.
#[cfg(any(test, not(feature = "aws")))]
pub struct EnvironmentAndProfiles<'a>(pub &'a BTreeMap<String, String>);

#[cfg(any(test, not(feature = "aws")))]
impl FindKeys for EnvironmentAndProfiles<'_> {
    fn find(&self, profile: Option<&str>) -> Result<Option<Credentials>, String> {
        let variable = |name: &str| self.0.get(name).filter(|it| !it.is_empty()).cloned();
        if profile.is_none()
            && let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
        {
            return Ok(Some(Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment")));
        }
        let named = profile.map(str::to_owned).or_else(|| variable("AWS_PROFILE"));
        let home = || variable("HOME").map(|it| PathBuf::from(it).join(".aws/credentials"));
        let path = variable("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from).or_else(home);
        let text = path.as_ref().and_then(|it| fs::read_to_string(it).ok()).unwrap_or_default();
        let found = section(&text, named.as_deref().unwrap_or("default"));
        let key = |name: &str| found.get(name).cloned();
        match (key("aws_access_key_id"), key("aws_secret_access_key"), named) {
            (Some(id), Some(secret), _) => {
                Ok(Some(Credentials::new(id, secret, key("aws_session_token"), None, "profile")))
            }
            (_, _, Some(name)) => Err(format!("the profile {name:?} has no access key in the shared credentials file")),
            _ => Ok(None),
        }
    }
}

/// The settings of a section of an INI file.
#[cfg(any(test, not(feature = "aws")))]
fn section(text: &str, name: &str) -> BTreeMap<String, String> {
    let mut inside = false;
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            inside = header.trim() == name;
        } else if let (true, Some((key, value))) = (inside, line.split_once('=')) {
            found.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    found
}

/// A request for an object.
#[derive(Debug)]
pub struct Request {
    /// Address.
    pub url: String,
    /// Headers, the signature among them.
    pub headers: Vec<(String, String)>,
}

/// The request for the object of an address, `url` having the bucket in its path.
///
/// # Errors
/// The address is none of S3, or its keys cannot be had.
pub fn request(url: &str, query: &BTreeMap<String, String>, keys: &dyn FindKeys) -> Result<Request, String> {
    let (_, rest) = url.split_once("://").ok_or_else(|| format!("{url:?} is no address of S3"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.contains('/') {
        return Err(format!("{url:?} does not name a bucket and an object: https://s3.amazonaws.com/BUCKET/KEY"));
    }
    let region = query.get("region").cloned().unwrap_or_else(|| region_of(host));
    let version = query.get("version").map(|it| format!("?versionId={it}")).unwrap_or_default();
    let url = format!("{url}{version}");
    let given = query.get("aws_access_key_id").zip(query.get("aws_access_key_secret"));
    let found = match given {
        Some((id, secret)) => {
            Some(Credentials::new(id, secret, query.get("aws_access_token").cloned(), None, "address"))
        }
        None => keys.find(query.get("aws_profile").map(String::as_str))?,
    };
    let headers = match found {
        Some(credentials) => signed(&url, host, &region, credentials, SystemTime::now())?,
        None => Vec::new(),
    };
    Ok(Request { url, headers })
}

/// The region that a host of S3 names: `s3-eu-west-1.amazonaws.com`, `bucket.s3.eu-west-1.amazonaws.com`.
fn region_of(host: &str) -> String {
    let name = host.strip_suffix(".amazonaws.com").unwrap_or("s3");
    let name = name.rsplit_once(".s3").map_or(name.strip_prefix("s3").unwrap_or(""), |(_, region)| region);
    let region = name.trim_start_matches(['-', '.']);
    if region.is_empty() { "us-east-1".to_owned() } else { region.to_owned() }
}

fn signed(
    url: &str,
    host: &str,
    region: &str,
    credentials: Credentials,
    time: SystemTime,
) -> Result<Vec<(String, String)>, String> {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = credentials.into();
    let wrong = |error: &dyn std::fmt::Display| format!("the request to S3 cannot be signed: {error}");
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(time)
        .settings(settings)
        .build()
        .map_err(|error| wrong(&error))?
        .into();
    let headers = [("host", host)].into_iter();
    let request = SignableRequest::new("GET", url, headers, SignableBody::Bytes(&[])).map_err(|error| wrong(&error))?;
    let (instructions, _) = sign(request, &parameters).map_err(|error| wrong(&error))?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn regions_of_hosts() {
        for (host, region) in [
            ("s3.amazonaws.com", "us-east-1"),
            ("s3-eu-west-1.amazonaws.com", "eu-west-1"),
            ("b.s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ("127.0.0.1:9000", "us-east-1"),
        ] {
            assert_eq!(region_of(host), region, "{host}");
        }
    }

    #[test]
    fn requests_are_signed_as_aws_documents_it() {
        let keys =
            Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, "test");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let host = "examplebucket.s3.amazonaws.com";
        let url = format!("https://{host}/?lifecycle");
        let headers: BTreeMap<String, String> =
            signed(&url, host, "us-east-1", keys, time).unwrap().into_iter().collect();
        let signature = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
        assert!(headers["authorization"].ends_with(&format!("Signature={signature}")), "{headers:?}");
    }

    #[test]
    fn keys_of_the_environment_and_of_profiles() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("credentials");
        let text = "[default]\naws_access_key_id = one\naws_secret_access_key=x\n[two]\naws_access_key_id=two\n\
                    aws_secret_access_key=y\naws_session_token=z\n[three]\n";
        fs::write(&file, text).unwrap();
        let mut environment = BTreeMap::from([("AWS_SHARED_CREDENTIALS_FILE".to_owned(), file.display().to_string())]);
        let id = |environment: &BTreeMap<String, String>, profile: Option<&str>| {
            let found = EnvironmentAndProfiles(environment).find(profile);
            found.map(|it| it.map(|it| it.access_key_id().to_owned()))
        };
        assert_eq!(id(&environment, None), Ok(Some("one".into())));
        assert_eq!(id(&environment, Some("two")), Ok(Some("two".into())));
        assert!(id(&environment, Some("three")).unwrap_err().contains("three"));
        environment.insert("AWS_ACCESS_KEY_ID".into(), "env".into());
        environment.insert("AWS_SECRET_ACCESS_KEY".into(), "s".into());
        assert_eq!(id(&environment, None), Ok(Some("env".into())));
        assert_eq!(id(&BTreeMap::new(), None), Ok(None));
    }
}
