//! Upgrades of a site that the modules have made on the emulator: both ways, killed in between, taken back.

mod cloud;
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the stand-in of the provider's own tests, of which these need a part"
)]
#[path = "../../providers/confluence/tests/standin/http.rs"]
mod http;
mod site;
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the stand-in of the provider's own tests, of which these need a part"
)]
#[path = "../../providers/confluence/tests/standin/world.rs"]
mod world;

use std::sync::atomic::Ordering;

use libtest_mimic::{Failed, Trial};

use self::site::{Site, Standin};
use crate::space::Run;

/// The suite.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("upgrades::all_nodes_stopped", stop_all),
        Trial::test("upgrades::node_by_node", rolling),
        Trial::test("upgrades::drift_by_design_is_none", by_design),
    ]
}

const PLAN: [&str; 2] = ["plan", "-detailed-exitcode"];
const CLUSTER: &str = "module.confluence.confluence_cluster.this[0]";
const GROUP: &str = "module.confluence.module.confluence_nodes.aws_autoscaling_group.this";

/// A site whose nodes run 9.2.1, after its setup.
fn site(account: &str, variables: &[(&str, &str)]) -> Result<Site, Failed> {
    let site = Site::new(account, variables)?;
    // The wizard waits for a person: neither the create nor any plan waits with it.
    site.standin.world.state().first_run = true;
    site.run(&["apply", "-auto-approve"]).expect(0)?.has("Apply complete!")?;
    site.nothing_to_do()?;
    site.run(&["confluence", "status"]).expect(0)?.has("State:   FIRST_RUN")?;
    site.standin.world.state().first_run = false;
    site.nothing_to_do()?;
    site.runs("9.2.1", 2)?;
    Ok(site)
}

/// The plan changes the cluster in steps, and the group not at all.
fn plans_steps(run: Run, steps: &str) -> Result<Run, Failed> {
    let run = run.expect(2)?.has(&format!("# {CLUSTER} will be updated in-place"))?;
    let run = run.has(steps)?;
    if run.text().contains(&format!("# {GROUP}")) {
        return Err(format!("the group is changed, too\n{}", run.text()).into());
    }
    Ok(run)
}

fn ends(site: Site) -> Result<(), Failed> {
    site.run(&["destroy", "-auto-approve"]).expect(0)?.has("Destroy complete!")?;
    let left = site.run(&["state", "list"]).expect(0)?.stdout;
    if left.is_empty() { Ok(()) } else { Err(format!("the destroy left:\n{left}").into()) }
}

/// Aurora, and Synchrony on nodes of its own: the apply dies while the first node of the new version loads.
fn stop_all() -> Result<(), Failed> {
    let variables = [("db_engine", "aurora-postgresql"), ("collaborative_editing_mode", "synchrony-separate-nodes")];
    let mut site = site("370000000001", &variables)?;
    site.space.env("TF_VAR_confluence_version", "9.2.3");
    plans_steps(site.run(&PLAN), "with all nodes stopped: 10, about")?.has("back up the database")?;
    site.standin.hangs.store(true, Ordering::SeqCst);
    let lone = |it: &Standin| it.nodes().len() == 1 && it.world.running() == ["9.2.3"];
    site.apply_until(lone)?;
    // The steps that are left go where their object goes.
    site.run_after_death(&["state", "mv", CLUSTER, "confluence_cluster.elsewhere"]).expect(0)?;
    site.run(&["state", "mv", "confluence_cluster.elsewhere", CLUSTER]).expect(0)?;
    let status = site.run(&["confluence", "status"]).expect(0)?;
    status.has("Upgrade: upgrade to 9.2.3 with all nodes stopped; 6 of 10 steps are done")?;
    site.run_after_death(&["confluence", "upgrade", "cancel"]).expect(1)?.has("Upgrade cannot be taken back")?;
    plans_steps(site.run(&PLAN), "with all nodes stopped: 4 of 10 are left")?;
    site.standin.go_on();
    let resumed = site.run_after_death(&["confluence", "upgrade", "resume", "-auto-approve"]).expect(0)?;
    resumed.has("Apply complete!")?;
    site.runs("9.2.3", 2)?;
    site.nothing_to_do()?;
    ends(site)
}

/// RDS: taken back before the first node, begun again, dead in the middle of the first, and finished.
fn rolling() -> Result<(), Failed> {
    let variables = [("upgrade_strategy", "rolling"), ("collaborative_editing_mode", "synchrony-separate-nodes")];
    let mut site = site("370000000002", &variables)?;
    site.space.env("TF_VAR_confluence_version", "9.2.3");
    plans_steps(site.run(&PLAN), "node by node: 18, about")?.has("turn upgrade mode on")?;
    let [first, second] = site.standin.nodes().try_into().map_err(|it| format!("{it:?} are not two nodes"))?;
    // The first to go is the only one that serves: it stays until there is another.
    let cloud = &site.standin.cloud;
    cloud.deregister("confluence-confluence", &second);
    site.apply_until(|it| it.cloud.group("confluence-confluence").is_ok_and(|it| it.version == "2"))?;
    site.run(&["confluence", "status"]).expect(0)?.has("State:   READY_TO_UPGRADE")?;
    site.run_after_death(&["confluence", "upgrade", "cancel"]).expect(0)?.has("STABLE")?;
    if cloud.group("confluence-confluence")?.version != "1" {
        return Err("the group has kept the new template".into());
    }
    cloud.register("confluence-confluence", &second);
    site.runs("9.2.1", 2)?;
    // Begun again: the new node of the first machine hangs, and the run dies.
    site.standin.hangs.store(true, Ordering::SeqCst);
    let joining = |it: &Standin| !it.nodes().contains(&first) && it.world.running() == ["9.2.1", "9.2.3"];
    site.apply_until(joining)?;
    site.run(&["confluence", "status"]).expect(0)?.has("State:   MIXED")?.has("STARTING")?;
    site.run_after_death(&["confluence", "upgrade", "cancel"]).expect(1)?.has("Upgrade cannot be taken back")?;
    plans_steps(site.run(&PLAN), "node by node: 10 of 18 are left")?;
    site.standin.go_on();
    site.run_after_death(&["confluence", "upgrade", "resume", "-auto-approve"]).expect(0)?.has("Apply complete!")?;
    site.runs("9.2.3", 2)?;
    site.nothing_to_do()?;
    site.run(&["confluence", "status"]).expect(0)?.has("State:   STABLE")?;
    ends(site)
}

/// What runs by itself moves, and no plan turns it back; what a person changes by hand is found.
fn by_design() -> Result<(), Failed> {
    let mut site = site("370000000003", &[])?;
    let cloud = &site.standin.cloud;
    let scaling = ("autoscaling", "2011-01-01");
    let name = "confluence-confluence";
    let sent = |it: Option<String>, what: &str| it.map(drop).ok_or_else(|| format!("the emulator refused {what}"));
    // Scaling, a node that tags its group, and a first node that pins the playbooks.
    let size = [("Action", "SetDesiredCapacity"), ("AutoScalingGroupName", name), ("DesiredCapacity", "3")];
    sent(cloud.ask(scaling, &size), "a size")?;
    let tag = [
        ("Action", "CreateOrUpdateTags"),
        ("Tags.member.1.ResourceId", name),
        ("Tags.member.1.ResourceType", "auto-scaling-group"),
        ("Tags.member.1.Key", "atl:deployment:commit-id"),
        ("Tags.member.1.Value", "0123abc"),
        ("Tags.member.1.PropagateAtLaunch", "true"),
    ];
    sent(cloud.ask(scaling, &tag), "a tag")?;
    let tag =
        [("Action", "CreateTags"), ("ResourceId.1", &first(&site)?), ("Tag.1.Key", "atl:x"), ("Tag.1.Value", "1")];
    sent(cloud.ask(("ec2", "2016-11-15"), &tag), "a tag of a node")?;
    sent(cloud.put_parameter("/confluence/pinned-ansible-sha", "0123abc"), "a pin")?;
    site.nothing_to_do()?;
    site.runs("9.2.1", 3)?;
    // Three nodes stay three when the limits change around them.
    site.space.env("TF_VAR_cluster_node_max", "4");
    let plan = site.run(&PLAN).expect(2)?.has("0 to add, 1 to change, 0 to destroy")?;
    plan.has(CLUSTER)?;
    site.run(&["apply", "-auto-approve"]).expect(0)?;
    site.runs("9.2.1", 3)?;
    site.nothing_to_do()?;
    // Other user data: nodes keep theirs, and the plan says so; asked to, it replaces them.
    site.space.env("TF_VAR_cluster_node_volume_size", "60");
    site.run(&PLAN).expect(2)?.has("Nodes keep their old template")?;
    site.space.env("TF_VAR_replace_nodes", "rolling");
    site.run(&PLAN).expect(2)?.has("Steps to replace the nodes")?;
    site.run(&["apply", "-auto-approve"]).expect(0)?;
    site.runs("9.2.1", 3)?;
    site.nothing_to_do()?;
    // A person's change is neither.
    let size = [("Action", "UpdateAutoScalingGroup"), ("AutoScalingGroupName", name), ("MaxSize", "9")];
    sent(site.standin.cloud.ask(scaling, &size), "a limit")?;
    site.run(&["drift"]).expect(2)?.has(GROUP)?;
    site.run(&["apply", "-auto-approve"]).expect(0)?.has("0 added, 1 changed, 0 destroyed")?;
    site.nothing_to_do()?;
    ends(site)
}

fn first(site: &Site) -> Result<String, Failed> {
    Ok(site.standin.nodes().first().cloned().ok_or("there is no node")?)
}
