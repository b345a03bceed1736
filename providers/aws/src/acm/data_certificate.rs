//! `aws_acm_certificate`: looks up a certificate.

use aws_sdk_acm::types::{CertificateStatus, CertificateSummary, Filters, KeyAlgorithm, Tag};
use plumb_engine::Schema;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{DataSource, Id, Result};
use serde::{Deserialize, Serialize};

use crate::client::Aws;
use crate::wire::words::words;
use crate::wire::{Absent, Context, Tags, each, pages, tags, told};

const ACTION: &str = "reading aws_acm_certificate (ListCertificates)";
const GONE: &[&str] = &["ResourceNotFoundException"];

/// Looks up a certificate by its domain name, its tags, or both; exactly one must match, unless `most_recent` is set.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    /// Domain name, as the certificate has it: `example.com`, `*.example.com`.
    pub domain: Option<String>,
    /// Tags that it has.
    #[attr(optional, computed)]
    pub tags: Tags,
    /// States, of which it has one; `ISSUED` when left out.
    pub statuses: Vec<String>,
    /// Kinds, of which it is one: `AMAZON_ISSUED`, `IMPORTED`, `PRIVATE`.
    pub types: Vec<String>,
    /// Kinds of keys, of which it has one; `RSA_1024` and `RSA_2048` when left out, as AWS does.
    #[attr(set)]
    pub key_types: Vec<String>,
    /// Whether the newest is taken when several match.
    #[attr(default = false)]
    pub most_recent: bool,
    /// ARN of the certificate.
    #[attr(computed)]
    pub arn: Option<String>,
    /// The certificate in PEM form, once it is issued.
    #[attr(computed)]
    pub certificate: Option<String>,
    /// The certificates of those who signed it, in PEM form.
    #[attr(computed)]
    pub certificate_chain: Option<String>,
    /// State: `ISSUED`, `PENDING_VALIDATION` and others.
    #[attr(computed)]
    pub status: Option<String>,
}

impl DataSource for Certificate {
    type Client = Aws;
    const TYPE: &'static str = "aws_acm_certificate";

    async fn read(self, aws: &Aws) -> Result<(Id, Self)> {
        if self.domain.is_none() && self.tags.is_empty() {
            return Err(ProviderError::refused(ACTION, "neither `domain` nor `tags` says which certificate is meant")
                .help("Set at least one of them."));
        }
        let found = self.matching(aws).await?;
        let (certificate, tags) = self.one(found)?;
        let arn = told(certificate.certificate_arn, ACTION)?;
        let issued = certificate.status == Some(CertificateStatus::Issued);
        let (body, chain) = if issued { content(aws, &arn).await? } else { (None, None) };
        let seen = Self {
            arn: Some(arn.clone()),
            certificate: Some(body.unwrap_or_default()),
            certificate_chain: Some(chain.unwrap_or_default()),
            status: certificate.status.map(|it| it.as_str().to_owned()),
            tags,
            ..self
        };
        Ok((arn, seen))
    }
}

impl Certificate {
    /// Certificates that match, with their tags.
    async fn matching(&self, aws: &Aws) -> Result<Vec<(CertificateSummary, Tags)>> {
        let keys: Option<Vec<KeyAlgorithm>> = words(&self.key_types);
        let call = aws
            .acm
            .list_certificates()
            .set_certificate_statuses(words(&self.statuses).or(Some(vec![CertificateStatus::Issued])))
            .set_includes(keys.map(|it| Filters::builder().set_key_types(Some(it)).build()));
        let all: Vec<CertificateSummary> = pages!(call, ACTION)?;
        let wanted = all.into_iter().filter(|it| {
            let kind = it.r#type.as_ref().map(|it| it.as_str().to_owned());
            let of_kind = self.types.is_empty() || kind.is_some_and(|it| self.types.contains(&it));
            of_kind && (self.domain.is_none() || it.domain_name == self.domain)
        });
        let found = each(wanted.collect::<Vec<_>>(), |it| async move {
            let arn = it.certificate_arn.clone().unwrap_or_default();
            Ok(tags_of(aws, &arn).await?.map(|tags| (it, tags)))
        });
        let has_tags = |tags: &Tags| self.tags.iter().all(|(key, value)| tags.get(key) == Some(value));
        Ok(found.await?.into_iter().flatten().filter(|(_, tags)| has_tags(tags)).collect())
    }

    fn one(&self, mut found: Vec<(CertificateSummary, Tags)>) -> Result<(CertificateSummary, Tags)> {
        if found.len() > 1 && !self.most_recent {
            return Err(ProviderError::refused(ACTION, format!("{} certificates match", found.len()))
                .help("Add arguments until one is left, or set `most_recent = true`."));
        }
        found.sort_by_key(|(it, _)| it.not_before.or(it.created_at).map(|it| it.secs()));
        found.pop().ok_or_else(|| {
            ProviderError::refused(ACTION, "no certificate matches the arguments").help(
                "Check the domain name, the region and the account. Only issued certificates with RSA keys of 2048 \
                 bits are looked at, unless `statuses` and `key_types` say otherwise.",
            )
        })
    }
}

/// Tags of a certificate; `None` where it is gone meanwhile.
async fn tags_of(aws: &Aws, arn: &str) -> Result<Option<Tags>> {
    let answer = aws.acm.list_tags_for_certificate().certificate_arn(arn).send().await;
    let answer = answer.absent("reading aws_acm_certificate (ListTagsForCertificate)", GONE)?;
    let pair = |it: Tag| (Some(it.key), it.value);
    Ok(answer.map(|it| tags::observed(it.tags.unwrap_or_default().into_iter().map(pair))))
}

async fn content(aws: &Aws, arn: &str) -> Result<(Option<String>, Option<String>)> {
    let answer = aws.acm.get_certificate().certificate_arn(arn).send().await;
    let answer = answer.context("reading aws_acm_certificate (GetCertificate)")?;
    Ok((answer.certificate, answer.certificate_chain))
}

#[cfg(test)]
mod tests {
    use aws_sdk_acm::primitives::DateTime;

    use super::*;

    #[test]
    fn the_newest_where_it_is_asked_for() {
        let at = |secs| {
            let summary = CertificateSummary::builder().certificate_arn(format!("arn:{secs}"));
            (summary.not_before(DateTime::from_secs(secs)).build(), Tags::new())
        };
        let newest = Certificate { most_recent: true, ..Certificate::default() };
        let (found, _) = newest.one(vec![at(2), at(3), at(1)]).unwrap();
        assert_eq!(found.certificate_arn(), Some("arn:3"));
        let only = Certificate::default();
        assert!(only.one(vec![at(2), at(3)]).unwrap_err().message.contains("2 certificates match"));
        assert!(only.one(Vec::new()).is_err());
    }
}
