//! `aws_kms_alias`: a name of a key.

use aws_sdk_kms::types::AliasListEntry;
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{GONE, VISIBLE};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, ids, name, pages, patiently, plan, until_found};

const PREFIX: &str = "alias/";

/// A name by which a KMS key is found; it can be moved to another key.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Alias {
    /// Name, which begins with `alias/`; made up when left out.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a name that is made up begins with; begins with `alias/` itself.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// Id or ARN of the key.
    #[attr(same = same_key)]
    pub target_key_id: String,
    /// ARN of the alias.
    #[attr(computed)]
    pub arn: Option<String>,
    /// ARN of the key.
    #[attr(computed)]
    pub target_key_arn: Option<String>,
}

impl Resource for Alias {
    type Client = Aws;
    const TYPE: &'static str = "aws_kms_alias";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const UNREADABLE: &'static [&'static str] = &["name_prefix"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        for argument in ["name", "name_prefix"] {
            check.length(argument, 256);
            let Some(text) = check.text(argument) else { continue };
            if !text.starts_with(PREFIX) {
                check.error(argument, format!("is \"{text}\"; the name of an alias begins with \"{PREFIX}\"."));
            } else if text.starts_with("alias/aws/") {
                check.error(argument, "begins with \"alias/aws/\", which is AWS's own. Choose another name.");
            }
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["target_key_id"], &["target_key_arn"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = self.chosen(creation.key);
        let call = || aws.kms.create_alias().alias_name(&name).target_key_id(&self.target_key_id).send();
        patiently(VISIBLE, GONE, call).await.context("creating aws_kms_alias (CreateAlias)")?;
        Ok(Made::id(name))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let wanted = ids(objects);
        let found = aliases(aws).await?.into_iter().filter_map(|it| {
            let name = it.alias_name.filter(|it| wanted.contains(it))?;
            let arn = it.alias_arn.unwrap_or_default();
            let key = it.target_key_id?;
            let key_arn = arn.strip_suffix(&name).map(|it| format!("{it}key/{key}"));
            let state = Self {
                name: Some(name.clone()),
                name_prefix: None,
                target_key_id: key,
                arn: Some(arn),
                target_key_arn: key_arn,
            };
            Some(Observed::ready(name, state))
        });
        Ok(found.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.target_key_id == prior.target_key_id {
            return Ok(());
        }
        let call = aws.kms.update_alias().alias_name(id).target_key_id(&self.target_key_id).send();
        call.await.context("changing aws_kms_alias (UpdateAlias)")?;
        let shown = until_found(VISIBLE, async || {
            let found = aliases(aws).await?.into_iter().find(|it| it.alias_name.as_deref() == Some(id));
            let key = found.and_then(|it| it.target_key_id);
            Ok(key.filter(|it| same_key(it, &self.target_key_id)))
        });
        shown.await.map(drop)
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let done = aws.kms.delete_alias().alias_name(id).send().await;
        done.absent("deleting aws_kms_alias (DeleteAlias)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let name = self.chosen(key);
        let found = aliases(aws).await?.into_iter().find(|it| it.alias_name.as_ref() == Some(&name));
        let ours = found.and_then(|it| it.target_key_id).is_some_and(|it| same_key(&it, &self.target_key_id));
        Ok(ours.then_some(name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let own = aliases(aws).await?.into_iter().filter_map(|it| it.alias_name);
        Ok(own.filter(|it| !it.starts_with("alias/aws/")).collect())
    }
}

impl Alias {
    fn chosen(&self, key: &IntentKey) -> String {
        let prefix = self.name_prefix.as_deref().filter(|it| !it.is_empty()).unwrap_or("alias/plumb-");
        name(self.name.as_deref(), Some(prefix), key, 256)
    }
}

/// All aliases of the region: one call tells a hundred, and there is no call for one.
async fn aliases(aws: &Aws) -> Result<Vec<AliasListEntry>> {
    pages!(aws.kms.list_aliases().limit(100), "reading aws_kms_alias (ListAliases)")
}

/// Two names of one key: its id and its ARN.
fn same_key(a: &str, b: &str) -> bool {
    let id = |text: &str| text.rsplit_once(":key/").map_or(text, |(_, id)| id).to_owned();
    id(a) == id(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_two_names() {
        assert!(same_key("arn:aws:kms:us-east-1:123456789012:key/1234", "1234"));
        assert!(!same_key("arn:aws:kms:us-east-1:123456789012:key/1234", "123"));
    }
}
