//! `ha status`: where groups are active and how they are.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use plumb_provider_ha::agent::report::AgentReport;
use plumb_provider_ha::arbiter::Arbiter;
use plumb_provider_ha::connect::Region;
use plumb_provider_ha::errors::Language;
use plumb_provider_ha::group::Cluster;
use plumb_provider_ha::status::{GroupStatus, Known, look_at};
use serde_json::{Value as Json, json};

use super::{arbiter, ask, described, history, language, unplaced};
use crate::args::HaStatusArgs;
use crate::render::{Paint, ha, ha_agent};
use crate::session::{Exit, Failure, Session};
use crate::ui::Ui;

/// Puts the cursor to the first line of a terminal and clears it.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// A group from here, and as the agent of this server has it.
struct Seen {
    group: GroupStatus,
    agent: Option<Arc<AgentReport>>,
}

impl Seen {
    fn is_well(&self) -> bool {
        self.group.is_well() && self.agent.as_ref().is_none_or(|it| it.is_well(&self.group.group))
    }

    fn text(&self, language: Language, paint: Paint) -> String {
        let agent = self.agent.as_ref().map(|it| ha_agent::report(it, &self.group.group, paint));
        ha::status(&self.group, language, paint) + &agent.unwrap_or_default()
    }

    fn to_json(&self, language: Language) -> Json {
        let mut document = self.group.to_json(language);
        document["well"] = self.is_well().into();
        document["agent"] = self.agent.as_ref().map_or(Json::Null, |it| {
            let group = it.groups.get(&self.group.group);
            json!({ "server": it.server, "cut_off": it.cut_off, "servers": it.servers, "group": group })
        });
        document
    }
}

/// Runs the command.
pub async fn run(args: &HaStatusArgs, session: &Session, ui: &Ui) -> Result<Exit, Failure> {
    if !args.watch {
        return show(args, session, ui, "").await;
    }
    let before = if ui.paint().is_on() { CLEAR } else { "" };
    loop {
        let exit = show(args, session, ui, before).await?;
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(exit),
            () = tokio::time::sleep(Duration::from_secs(args.interval.max(1))) => {}
        }
    }
}

async fn show(args: &HaStatusArgs, session: &Session, ui: &Ui, before: &str) -> Result<Exit, Failure> {
    let language = language(args.common.lang.as_deref(), session)?;
    let all = look(args, session).await?;
    if args.common.json {
        let documents: Vec<Json> = all.iter().map(|it| it.to_json(language)).collect();
        if args.watch { ui.json_line(&Json::Array(documents)) } else { ui.document(&Json::Array(documents)) }
    } else {
        let texts: Vec<String> = all.iter().map(|it| it.text(language, ui.paint())).collect();
        let none = "The state has no failover groups.\n".to_owned();
        ui.out(&(before.to_owned() + &if texts.is_empty() { none } else { texts.join("\n") }));
    }
    Ok(if all.iter().all(Seen::is_well) { Exit::Success } else { Exit::Changes })
}

/// What all groups of a cluster are looked at with.
struct Reached {
    aws: Region,
    arbiter: Option<Arc<dyn Arbiter>>,
    agent: Option<Arc<AgentReport>>,
}

impl Reached {
    async fn of(cluster: &Cluster, session: &Session) -> Result<Self, Failure> {
        Ok(Self {
            aws: Region::of(cluster).await.map_err(unplaced)?,
            arbiter: arbiter(cluster, session).await?,
            agent: ask::report(&cluster.name, session).await.map(Arc::new),
        })
    }
}

async fn look(args: &HaStatusArgs, session: &Session) -> Result<Vec<Seen>, Failure> {
    let log = history::log(session)?;
    let mut clusters = BTreeMap::new();
    let mut all = Vec::new();
    for it in described::groups(&args.common.state, args.group.as_deref())? {
        let reached = match clusters.entry(it.cluster.name.clone()) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(none) => none.insert(Reached::of(&it.cluster, session).await?),
        };
        let known = Known { arbiter: reached.arbiter.as_deref(), log: &log, applied: it.applied.as_ref() };
        let group = look_at(&it.cluster, &it.group, &*reached.aws.within(&it.group), known).await;
        all.push(Seen { group, agent: reached.agent.clone() });
    }
    Ok(all)
}
