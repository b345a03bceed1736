//! The three topologies from apply to destroy: moved, tampered with, repaired, stopped, started.

use libtest_mimic::{Failed, Trial};
use plumb_provider_ha::group::ResourceKind;

use super::site::{Site, between};

/// One per topology.
pub fn trials() -> Vec<Trial> {
    let of = |name: &'static str, account: &'static str| {
        Trial::test(format!("ha::life_of_{}", name.replace('-', "_")), move || life(name, account))
    };
    vec![of("ha-vip", "360000000001"), of("ha-eip", "360000000002"), of("ha-dns", "360000000003")]
}

fn life(name: &str, account: &str) -> Result<(), Failed> {
    let site = Site::example(name, account)?;
    let applied = site.plumb("apply -auto-approve").expect(0)?.has("Apply complete!")?;
    if !applied.text().contains(", ha ") {
        return Err(format!("the calls of groups are not counted\n{}", applied.text()).into());
    }
    site.plumb("plan -detailed-exitcode").expect(0)?.has("No changes.")?;
    site.is_on("server1", 1)?;
    site.plumb("ha status").expect(0)?.has(&format!("{name}/failover1  ACTIVE on server1  (epoch 1"))?;
    moves(&site)?;
    stranger(&site)?;
    torn(&site)?;
    stops(&site)?;
    site.plumb("destroy -auto-approve").expect(0)?.has("Destroy complete!")?;
    let left = site.plumb("state list").expect(0)?.stdout;
    if left.is_empty() { Ok(()) } else { Err(format!("the destroy left:\n{left}").into()) }
}

/// To the second server: a plan tells of it, and has nothing to do.
fn moves(site: &Site) -> Result<(), Failed> {
    site.plumb("ha move failover1").expect(1)?.has("213:")?.has("--aws-only")?;
    site.is_on("server1", 1)?;
    let moved = site.plumb("ha move failover1 --aws-only -reason patches").expect(0)?;
    moved.has("moved: server1 → server2  (epoch 2)")?.has("Left alone on the servers: md, service")?;
    site.is_on("server2", 2)?;
    let plan = site.plumb("plan -detailed-exitcode").expect(0)?;
    plan.has("ha_group.failover1: active server1 → server2 (epoch 2)")?.has("No changes.")?;
    site.plumb("plan -runtime-exitcode").expect(3)?;
    site.plumb("drift").expect(0)?.has("No drift.")?;
    site.plumb("ha status").expect(0)?.has("ACTIVE on server2  (epoch 2")?.has("patches")?;
    let again = site.plumb("ha move failover1 --to server2 --aws-only").expect(0)?;
    again.has("is on server2 already (epoch 2); nothing was written.")?;
    Ok(())
}

/// Something that is no member's takes a part: drift, which an apply repairs to the active server and so does a repair.
fn stranger(site: &Site) -> Result<(), Failed> {
    let wrong = tamper(site)?;
    site.plumb("ha status").expect(2)?.has(&wrong.verdict)?;
    let plan = site.plumb("plan -detailed-exitcode");
    if wrong.is_drift {
        plan.expect(2)?.has("will be updated in-place")?.has("-> \"server2\"")?;
        let drift = site.plumb("drift").expect(2)?.has(&wrong.what)?;
        if drift.text().contains("active_server: ") {
            return Err(format!("a failover is told as drift\n{}", drift.text()).into());
        }
        site.plumb("apply -auto-approve").expect(0)?.has("0 added, 1 changed, 0 destroyed")?;
    } else {
        plan.expect(0)?.has("Part of a failover group is missing")?;
        site.plumb("ha repair failover1").expect(0)?.has("repaired: all of it is on server2")?;
    }
    let (_, epoch) = site.agreed()?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    tamper(site)?;
    let repaired = site.plumb("ha repair failover1").expect(0)?;
    repaired.has(&format!("repaired: all of it is on server2  (epoch {})", epoch + 1))?;
    site.is_on("server2", epoch + 1)?;
    site.plumb("plan -detailed-exitcode").expect(0)?;
    Ok(())
}

/// What was done by hand, and what is said of it.
struct Wrong {
    what: String,
    verdict: String,
    is_drift: bool,
}

fn tamper(site: &Site) -> Result<Wrong, Failed> {
    let (cluster, group) = site.definition()?;
    for it in &group.resources {
        match &it.kind {
            ResourceKind::VirtualIp(vip) => {
                let tables = site.routes(&vip.vpc_id, &format!("{}/32", vip.ip))?;
                let stranger = interface(site, &cluster.servers[0].eni_id)?;
                site.point(tables.keys().next().map(String::as_str), &stranger)?;
                return Ok(Wrong { what: stranger, verdict: "FOREIGN".to_owned(), is_drift: true });
            }
            ResourceKind::ElasticIp(eip) => {
                let text = site.ec2("DescribeAddresses", &[("AllocationId.1", &eip.allocation_id)])?;
                let association = between(&text, "<associationId>").ok_or("it has no association")?.to_owned();
                site.ec2("DisassociateAddress", &[("AssociationId", &association)])?;
                return Ok(Wrong { what: "nobody".to_owned(), verdict: "SPLIT".to_owned(), is_drift: false });
            }
            ResourceKind::DnsRecord(_) => {
                site.change_record("UPSERT", "192.0.2.7", 60)?;
                return Ok(Wrong { what: "192.0.2.7".to_owned(), verdict: "FOREIGN".to_owned(), is_drift: true });
            }
            ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => {}
        }
    }
    Err("the group has nothing on AWS".into())
}

/// A new interface beside a server's.
fn interface(site: &Site, beside: &str) -> Result<String, Failed> {
    let text = site.ec2("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", beside)])?;
    let subnet = between(&text, "<subnetId>").ok_or("it is in no subnet")?.to_owned();
    let text = site.ec2("CreateNetworkInterface", &[("SubnetId", &subnet)])?;
    Ok(between(&text, "<networkInterfaceId>").ok_or("it has no id")?.to_owned())
}

/// All of it is moved by hand and nobody says so: a warning, no change, and the way out.
fn torn(site: &Site) -> Result<(), Failed> {
    let (cluster, group) = site.definition()?;
    let first = &cluster.servers[0];
    for it in &group.resources {
        match &it.kind {
            ResourceKind::VirtualIp(_) => site.point(None, &first.eni_id)?,
            ResourceKind::ElasticIp(eip) => {
                let to = [("NetworkInterfaceId", first.eni_id.as_str()), ("AllowReassociation", "true")];
                site.ec2("AssociateAddress", &[&[("AllocationId", eip.allocation_id.as_str())], &to[..]].concat())?;
            }
            ResourceKind::DnsRecord(_) => site.change_record("UPSERT", &first.interconnect.to_string(), 60)?,
            ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => {}
        }
    }
    site.plumb("plan -detailed-exitcode").expect(0)?.has("Move is not confirmed")?.has("No changes.")?;
    site.plumb("ha status").expect(2)?.has("UNCONFIRMED on server1 (recorded: server2)")?;
    site.plumb("ha move failover1 --aws-only").expect(1)?.has("recorded on server2")?;
    let epoch = site.journal()?.last().map_or(0, |it| it.transition.epoch);
    site.plumb("ha repair failover1").expect(0)?.has("on server2")?;
    site.is_on("server2", epoch + 1)?;
    Ok(())
}

/// Down and up again, and off to the destroy.
fn stops(site: &Site) -> Result<(), Failed> {
    let (_, epoch) = site.agreed()?;
    site.plumb("ha stop failover1 --aws-only").expect(0)?.has("stopped, was on server2")?;
    site.plumb("ha status").expect(0)?.has("STOPPED")?;
    let plan = site.plumb("plan -detailed-exitcode").expect(0)?;
    plan.has(&format!("→ none (epoch {})", epoch + 1))?;
    site.plumb("ha start failover1 --to server2 --aws-only").expect(0)?.has("started on server2")?;
    site.is_on("server2", epoch + 2)?;
    let history = site.plumb("ha history failover1 -steps").expect(0)?;
    history.has("move server1 → server2  epoch 2  done  (patches")?.has("made by an apply")?;
    Ok(())
}
