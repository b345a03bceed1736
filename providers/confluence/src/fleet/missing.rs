//! The fleet of a build without AWS: it says so.

use async_trait::async_trait;
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;

use super::{Backup, BackupSource, Fleet, Group, Sizes, Target, Template};

/// No machines can be reached.
pub struct Missing;

fn refuse<T>() -> Result<T> {
    Err(ProviderError::refused("asking AWS", "this plumb was built without the calls to AWS")
        .help("Use a build with the feature \"aws\", which is the default."))
}

#[async_trait]
impl Fleet for Missing {
    async fn find_group(&self, _name: &str) -> Result<Option<Group>> {
        refuse()
    }

    async fn resize(&self, _name: &str, _sizes: Sizes) -> Result<()> {
        refuse()
    }

    async fn use_template(&self, _name: &str, _template: &Template) -> Result<()> {
        refuse()
    }

    async fn hold(&self, _name: &str) -> Result<()> {
        refuse()
    }

    async fn release(&self, _name: &str) -> Result<()> {
        refuse()
    }

    async fn targets(&self, _target_group: &str) -> Result<Vec<Target>> {
        refuse()
    }

    async fn register(&self, _target_group: &str, _instance: &str, _port: i64) -> Result<()> {
        refuse()
    }

    async fn deregister(&self, _target_group: &str, _instance: &str, _port: i64) -> Result<()> {
        refuse()
    }

    async fn stop(&self, _instance: &str) -> Result<()> {
        refuse()
    }

    async fn replace(&self, _group: &str, _instance: &str) -> Result<()> {
        refuse()
    }

    async fn backup(&self, _source: &BackupSource, _label: &str) -> Result<Backup> {
        refuse()
    }

    async fn secret(&self, _id: &str) -> Result<String> {
        refuse()
    }

    fn calls(&self) -> u64 {
        0
    }
}
