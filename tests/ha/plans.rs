//! What plan, drift and apply make of what run time has changed.

use libtest_mimic::{Failed, Trial};
use serde_json::Value as Json;

use super::site::Site;
use crate::proxy::Faults;

/// The suite.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("ha::a_torn_group_is_an_error_until_it_is_repaired", torn),
        Trial::test("ha::an_apply_writes_nothing_for_an_older_epoch", older_epoch),
        Trial::test("ha::the_active_server_leaves_after_a_move", leaves),
        Trial::test("ha::a_new_table_is_allowed_before_it_has_the_row", new_table),
        Trial::test("ha::plain_resources_belong_to_the_group", plain),
        Trial::test("ha::what_is_wrong_is_refused_before_anything_is_written", refused),
        Trial::test("ha::a_stopped_group_is_no_drift", stopped),
        Trial::test("ha::exclusive_groups_stay_apart", exclusive),
    ]
}

/// A row with each member is an error in plans, and a repair brings it to the owner.
fn torn() -> Result<(), Failed> {
    let site = Site::applied("361000000001")?;
    let (cluster, _) = site.definition()?;
    let table = one_table(&site)?;
    site.point(Some(&table), &cluster.servers[1].eni_id)?;
    let plan = site.plumb("plan -detailed-exitcode").expect(1)?;
    plan.has("Failover group is at several servers")?
        .has("plumb ha repair failover1")?
        .has(&format!("vip/{table}: server2"))?;
    site.plumb("apply -auto-approve").expect(1)?;
    site.plumb("ha status").expect(2)?.has("SPLIT")?;
    site.plumb("ha repair failover1").expect(0)?.has("1 route 10.1.0.20/32")?.has("1 write in")?;
    site.is_on("server1", 2)?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    // A row that is gone is a difference of configuration, made again for whoever is active.
    site.plumb("ha move failover1").expect(0)?;
    site.ec2("DeleteRoute", &[("RouteTableId", &table), ("DestinationCidrBlock", "10.1.0.20%2F32")])?;
    site.plumb("plan -detailed-exitcode").expect(2)?.has("1 to change")?;
    site.plumb("apply -auto-approve").expect(0)?;
    site.is_on("server2", 3)?;
    Ok(())
}

fn one_table(site: &Site) -> Result<String, String> {
    let held = site.held()?;
    held.keys().find_map(|it| it.strip_prefix("vip/")).map(str::to_owned).ok_or_else(|| "there is no row".to_owned())
}

/// A plan that was made before a failover changes nothing after it.
fn older_epoch() -> Result<(), Failed> {
    let mut site = Site::applied("361000000002")?;
    site.space.env("TF_VAR_ttl", "30");
    site.plumb("plan -detailed-exitcode -out=old.tfplan").expect(2)?.has("1 to change")?;
    site.plumb("ha move failover1").expect(0)?;
    let (run, proxy) = site.through(Faults::default(), "apply old.tfplan");
    run.expect(1)?.has("Runtime changed since the plan")?;
    let wrote = proxy.calls().into_iter().find(|it| it.service == "route53" && it.action.starts_with("POST"));
    if let Some(call) = wrote {
        return Err(format!("the record was written: {call}").into());
    }
    site.is_on("server2", 2)?;
    // A new plan knows better, and the record keeps the active server's address.
    site.plumb("apply -auto-approve").expect(0)?.has("1 changed")?;
    site.is_on("server2", 2)?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    Ok(())
}

/// The group moves first, and only then its former server goes.
fn leaves() -> Result<(), Failed> {
    let mut site = Site::applied("361000000003")?;
    site.space.env("TF_VAR_members", "[\"server2\"]");
    let plan = site.plumb("plan -detailed-exitcode -out=leave.tfplan").expect(2)?;
    plan.has("Planned move of a failover group")?.has("\"server1\" -> \"server2\"")?;
    let (run, proxy) = site.through(Faults::default(), "apply leave.tfplan");
    run.expect(0)?.has("2 destroyed")?;
    let calls = proxy.calls();
    let first =
        |action: &str| calls.iter().find(|it| it.action == action).map(|it| it.number).ok_or(format!("no {action}"));
    if first("ReplaceRoute")? > first("TerminateInstances")? {
        return Err("the server went before the group".into());
    }
    site.is_on("server2", 2)?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    // The last one does not leave by accident.
    site.space.env("TF_VAR_members", "[\"server1\"]");
    site.plumb("plan").expect(1)?.has("No server to move to")?;
    Ok(())
}

/// The policy of the servers covers a table before the table has the row, which leads to the active server.
fn new_table() -> Result<(), Failed> {
    let mut site = Site::small("361000000004")?;
    site.space.env("TF_VAR_tables", "[\"public\"]");
    site.plumb("apply -auto-approve").expect(0)?;
    site.plumb("ha move failover1").expect(0)?;
    site.space.env("TF_VAR_tables", "[\"public\", \"private-a\"]");
    let (run, proxy) = site.through(Faults::default(), "apply -auto-approve");
    run.expect(0)?.has("1 added, 2 changed")?;
    let calls = proxy.calls();
    let last =
        |action: &str| calls.iter().rfind(|it| it.action == action).map(|it| it.number).ok_or(format!("no {action}"));
    if last("PutRolePolicy")? > last("CreateRoute")? {
        return Err("the row was there before the permission".into());
    }
    site.is_on("server2", 2)?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    Ok(())
}

/// Plain resources that were there before the group are adopted, follow it, and are seen by others as they are.
fn plain() -> Result<(), Failed> {
    let mut site = Site::small("361000000005")?;
    site.space.env("TF_VAR_plain", "true").env("TF_VAR_group", "false");
    site.plumb("apply -auto-approve").expect(0)?;
    site.space.env("TF_VAR_group", "true");
    let plan = site.plumb("plan -detailed-exitcode -out=adopt.tfplan").expect(2)?;
    plan.has("1 to add, 0 to change, 0 to destroy")?;
    site.plumb("apply adopt.tfplan").expect(0)?;
    site.is_on("server1", 1)?;
    site.plumb("ha move failover1").expect(0)?;
    let plan = site.plumb("plan -detailed-exitcode").expect(0)?;
    let plan = plan.has("aws_route.vip[\"public\"]: network_interface_id server1 → server2 (epoch 2)")?;
    plan.has("aws_eip_association.service[0]: network_interface_id server1 → server2 (epoch 2)")?
        .has("aws_route53_record.service[0]: records server1 → server2 (epoch 2)")?
        .has("No changes.")?;
    // A stranger's row goes back to the active server, whatever the configuration has.
    let stranger = site.json("output -json stranger")?.as_str().unwrap_or_default().to_owned();
    site.point(Some(&one_table(&site)?), &stranger)?;
    site.plumb("apply -auto-approve").expect(0)?;
    site.is_on("server2", 2)?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    site.plumb("destroy -auto-approve").expect(0)?.has("Destroy complete!")?;
    Ok(())
}

/// Nothing is written for a group that could not work.
fn refused() -> Result<(), Failed> {
    let mut site = Site::small("361000000006")?;
    let file = site.space.path().join("small/main.tf");
    let text = std::fs::read_to_string(&file)?;
    let with = |site: &mut Site, from: &str, to: &str| -> Result<_, Failed> {
        std::fs::write(&file, text.replace(from, to))?;
        Ok(site.through(Faults::default(), "apply -auto-approve"))
    };
    let cases = [
        ("\"10.1.0.20\"", "\"10.0.5.20\"", "The VIP address 10.0.5.20 belongs to a VPC subnet (code 7)"),
        ("\"srv.hz1.local.\"", "\"SRV.hz1.local.\"", "srv.hz1.local."),
        ("\"srv.hz1.local.\"", "\"srv.hz1.local\"", "srv.hz1.local."),
        ("\"srv.hz1.local.\"", "\"srv.other.local.\"", "srv.hz1.local."),
        ("aws_network_interface.server[server.key].id", "\"eni-0\"", "eni-0"),
        ("aws_network_interface.server[server.key].id", "\"\"", "eni"),
    ];
    for (from, to, said) in cases {
        let (run, proxy) = with(&mut site, from, to)?;
        run.expect(1)?.has(said)?;
        let reads = ["Describe", "Get", "List"];
        let wrote = proxy.calls().into_iter().find(|it| !reads.iter().any(|read| it.action.starts_with(read)));
        if let Some(call) = wrote.filter(|it| it.service != "sts") {
            return Err(format!("{to}: something was written: {call}").into());
        }
    }
    // A second address of the network comes later: the next plan refuses the group.
    std::fs::write(&file, &text)?;
    site.plumb("apply -auto-approve").expect(0)?;
    site.space.env("TF_VAR_check_interfaces", "true");
    site.plumb("plan").expect(1)?.has("Source/destination check is on")?;
    site.space.without("TF_VAR_check_interfaces");
    let vpc = site.definition()?.1.resources.iter().find_map(|it| match &it.kind {
        plumb_provider_ha::group::ResourceKind::VirtualIp(it) => Some(it.vpc_id.clone()),
        _ => None,
    });
    let vpc = vpc.ok_or("the group has no virtual address")?;
    site.ec2("AssociateVpcCidrBlock", &[("VpcId", &vpc), ("CidrBlock", "10.1.0.0%2F16")])?;
    site.plumb("plan").expect(1)?.has("The VIP address 10.1.0.20 belongs to a VPC subnet (code 7)")?;
    Ok(())
}

/// A stopped group has no association and no record, and nobody misses them.
fn stopped() -> Result<(), Failed> {
    let mut site = Site::small("361000000007")?;
    site.space.env("TF_VAR_delete_record", "true");
    site.plumb("apply -auto-approve").expect(0)?;
    // Somebody has changed the time to live: what is deleted is what is there.
    site.change_record("UPSERT", "10.0.110.10", 17)?;
    site.plumb("ha stop failover1").expect(0)?.has("no record")?;
    let held = site.held()?;
    if (held["eip"].as_str(), held["dns"].as_str()) != ("nobody", "nobody") {
        return Err(format!("it still has them: {held:?}").into());
    }
    site.plumb("plan -detailed-exitcode").expect(0)?;
    site.plumb("drift").expect(0)?;
    site.plumb("ha start failover1").expect(0)?;
    site.is_on("server1", 3)?;
    // Without deletion the name still resolves, which is said.
    site.space.env("TF_VAR_delete_record", "false");
    site.plumb("apply -auto-approve").expect(0)?;
    site.plumb("ha stop failover1").expect(0)?;
    site.plumb("ha status").expect(0)?.has("still leads to its last server: vip, dns")?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    site.plumb("destroy -auto-approve").expect(0)?.has("Destroy complete!")?;
    Ok(())
}

/// Two groups that exclude each other are moved to one server by nobody.
fn exclusive() -> Result<(), Failed> {
    let mut site = Site::small("361000000008")?;
    let second = r#"
resource "aws_eip" "other" {
  domain = "vpc"
}

resource "ha_group" "other" {
  name    = "failover2"
  cluster = ha_cluster.this
  startup = ["server2", "server1"]

  elastic_ip {
    name          = "eip"
    allocation_id = aws_eip.other.allocation_id
  }
}
"#;
    site.space.write("small/other.tf", second);
    site.space.env("TF_VAR_exclusive", "full");
    site.plumb("apply -auto-approve").expect(0)?;
    site.plumb("ha move failover1").expect(1)?.has("server2 has another group")?;
    site.plumb("ha move failover2 --to server1").expect(1)?.has("server1 has another group")?;
    site.plumb("ha stop failover2").expect(0)?;
    site.plumb("ha move failover1").expect(0)?.has("moved: server1 → server2")?;
    site.plumb("ha start failover2").expect(0)?.has("started on server1")?;
    let all = site.json("ha status -json")?;
    let at = |name: &str| {
        let it = all.as_array().into_iter().flatten().find(|it| it["group"] == name).cloned().unwrap_or(Json::Null);
        it["verdict"]["server"].as_str().unwrap_or_default().to_owned()
    };
    if (at("failover1").as_str(), at("failover2").as_str()) == ("server2", "server1") {
        Ok(())
    } else {
        Err(format!("they are elsewhere: {all}").into())
    }
}
