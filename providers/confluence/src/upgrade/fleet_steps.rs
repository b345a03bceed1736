//! Steps that both ways of upgrading share: backups, templates, verification.

use plumb_engine::provider::typed::Result;
use plumb_engine::provider::{PlannedStep, ProviderError};

use super::run::Run;
use super::wait::Look;
use crate::cluster::Limit;
use crate::fleet::{Backup, BackupSource, Template};
use crate::rest::{ClusterState, NodeState, Stage};

impl Run<'_> {
    /// Backs something up. A backup of the same hour and the same upgrade is taken for the one that was begun.
    pub async fn backup(&self, step: &PlannedStep, source: Option<BackupSource>) -> Result<()> {
        let Some(source) = source else {
            let message = "the resource no longer says what is to be backed up";
            return Err(ProviderError::refused(format!("{} ({})", step.title, step.target), message)
                .help("Put the block database or file_system back, and go on."));
        };
        let label = label(&self.cluster.version, jiff::Timestamp::now());
        let (label, source, gate) = (&label, &source, &self.gate(step));
        let look = move || async move {
            match self.fleet.backup(source, label).await? {
                Backup::Done(name) => Ok(Look::Holds(name)),
                Backup::Running(how_far) => Ok(Look::NotYet(how_far)),
                Backup::Failed(reason) => {
                    let help = "Nothing was changed yet. Remove the reason, or leave out the block to upgrade without a backup.";
                    Err(gate.closed("Backup failed", reason, help))
                }
            }
        };
        let name = self.until((step, Limit::Backup), look).await?;
        self.stepping.note(step, &format!("the backup is {name}"));
        Ok(())
    }

    /// Gives each group its new template.
    pub async fn template(&self) -> Result<()> {
        for block in self.cluster.groups() {
            let Some(template) = block.template() else { continue };
            let present = self.fleet.group(&block.name).await?.template;
            if !same(present.as_ref(), &template) {
                self.fleet.use_template(&block.name, &template).await?;
            }
        }
        Ok(())
    }

    /// The new version answers, its upgrade tasks are done, and no node runs another.
    pub async fn verify(&self, step: &PlannedStep) -> Result<()> {
        let gate = self.gate(step);
        if self.confluence.stage(&self.cluster.health_path).await == Ok(Stage::FirstRun) {
            self.stepping.note(step, "the site tells its version when its setup wizard is done");
            return Ok(());
        }
        let running = self.confluence.version().await;
        let running = running.map_err(|error| error.during("asking for the version that runs"))?;
        if running != self.cluster.version {
            return Err(gate.wrong_version(&self.cluster.base_url, &running));
        }
        if !self.confluence.has_login() {
            return Ok(());
        }
        // What has no such page has no upgrade tasks to tell of.
        let Ok(overview) = self.confluence.overview().await else { return Ok(()) };
        if matches!(overview.state, ClusterState::UpgradeTasksFailed | ClusterState::RunningUpgradeTasks) {
            let help = "See the upgrade tasks in the log of the node. No other node is started before they are done.";
            return Err(gate.closed("Upgrade tasks not done", format!("the cluster is {}", overview.state), help));
        }
        let alive = overview.nodes.iter().filter(|it| it.state != NodeState::Offline && !it.version.is_empty());
        match alive.into_iter().find(|it| it.version != self.cluster.version) {
            Some(node) => Err(gate.wrong_version(super::gates::name_of(node), &node.version)),
            None => Ok(()),
        }
    }
}

/// Whether a group has a template already. The latest version is another one every time.
fn same(present: Option<&Template>, wanted: &Template) -> bool {
    !wanted.version.starts_with('$') && present == Some(wanted)
}

/// The name of a backup: letters, digits and hyphens, as every service takes them.
fn label(version: &str, now: jiff::Timestamp) -> String {
    let hour = now.strftime("%Y%m%d%H");
    let version: String = version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("plumb-before-{version}-{hour}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_the_same_for_an_hour() {
        let at = |text: &str| label("9.2.3", text.parse().unwrap());
        assert_eq!(at("2026-11-21T08:59:59Z"), "plumb-before-9-2-3-2026112108");
        assert_ne!(at("2026-11-21T09:00:00Z"), at("2026-11-21T08:59:59Z"));
    }

    #[test]
    fn the_latest_version_is_set_every_time() {
        let template = |version: &str| Template { id: "lt-1".into(), version: version.into() };
        assert!(same(Some(&template("3")), &template("3")));
        assert!(!same(Some(&template("$Latest")), &template("$Latest")));
        assert!(!same(None, &template("3")));
    }
}
