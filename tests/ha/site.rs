//! A group in an account of its own: commands about it, AWS behind its back, and who has it.

use std::collections::BTreeMap;

use plumb_provider_ha::group::{Cluster, Group, ResourceKind};
use plumb_provider_ha::journal::{FileJournal, TransitionRecord, fold, recorded};
use serde_json::Value as Json;

use crate::faults::account_space;
use crate::proxy::{Ask, Faults, Proxy, ask};
use crate::space::{Run, Space, root};

const REGION: &str = "us-east-1";
const FORM: &str = "application/x-www-form-urlencoded";

/// A configuration with a group in an account of its own.
pub struct Site {
    /// Where plumb runs.
    pub space: Space,
    /// Where the emulator listens.
    pub upstream: String,
    dir: String,
    key: String,
}

impl Site {
    /// An example, not applied yet.
    ///
    /// # Errors
    /// The emulator cannot be started.
    pub fn example(name: &str, account: &str) -> Result<Self, String> {
        let (mut space, upstream) = account_space(account)?;
        space.copy(&root().join("examples"), "examples");
        space.env("TF_VAR_name", name);
        let run = space.plumb(&[&format!("-chdir=examples/{name}"), "init", "-no-color"]);
        run.expect(0)?;
        Ok(Self::at(space, upstream, &format!("examples/{name}")))
    }

    /// The small configuration, not applied yet.
    ///
    /// # Errors
    /// As [`Self::example`].
    pub fn small(account: &str) -> Result<Self, String> {
        let (space, upstream) = account_space(account)?;
        space.copy(&root().join("tests/suite/ha/small"), "small");
        Ok(Self::at(space, upstream, "small"))
    }

    /// The small configuration, applied.
    ///
    /// # Errors
    /// As [`Self::example`], or the apply failed.
    pub fn applied(account: &str) -> Result<Self, String> {
        let site = Self::small(account)?;
        site.plumb("apply -auto-approve").expect(0)?;
        Ok(site)
    }

    /// A configuration in a folder of a space.
    pub fn at(space: Space, upstream: String, dir: &str) -> Self {
        let key = space.environment().get("AWS_ACCESS_KEY_ID").cloned().unwrap_or_default();
        Self { space, upstream, dir: dir.to_owned(), key }
    }

    /// Runs plumb with the words of a line.
    pub fn plumb(&self, line: &str) -> Run {
        let chdir = format!("-chdir={}", self.dir);
        let words: Vec<&str> = line.split(' ').collect();
        self.space.plumb(&[&[chdir.as_str()], words.as_slice(), &["-no-color"]].concat())
    }

    /// The same with calls that go through a proxy with faults, and the calls.
    pub fn through(&mut self, faults: Faults, line: &str) -> (Run, Proxy) {
        let proxy = Proxy::start(&self.upstream, faults);
        self.space.env("AWS_ENDPOINT_URL", &proxy.endpoint());
        let run = self.plumb(line);
        let upstream = self.upstream.clone();
        self.space.env("AWS_ENDPOINT_URL", &upstream);
        (run, proxy)
    }

    /// What a command prints as JSON.
    ///
    /// # Errors
    /// It prints none.
    pub fn json(&self, line: &str) -> Result<Json, String> {
        let run = self.plumb(line);
        serde_json::from_str(&run.stdout).map_err(|error| format!("{error}\n{}", run.text()))
    }

    /// The cluster and its first group, as agents read them.
    ///
    /// # Errors
    /// The configuration is not applied.
    pub fn definition(&self) -> Result<(Cluster, Group), String> {
        let mut json = self.json("output -json definition")?;
        let read = |error: serde_json::Error| error.to_string();
        let cluster = serde_json::from_value(json["cluster"].take()).map_err(read)?;
        Ok((cluster, serde_json::from_value(json["groups"][0].take()).map_err(read)?))
    }

    /// The answer of EC2 to an action.
    ///
    /// # Errors
    /// It is refused, or there is none.
    pub fn ec2(&self, action: &str, arguments: &[(&str, &str)]) -> Result<String, String> {
        let arguments: String = arguments.iter().map(|(name, value)| format!("&{name}={value}")).collect();
        let body = format!("Action={action}&Version=2016-11-15{arguments}");
        let asked =
            Ask { service: "ec2", region: REGION, method: "POST", path: "/", kind: FORM, target: None, body: &body };
        let answer = ask(&self.upstream, &self.key, &asked).ok_or("EC2 does not answer")?;
        if answer.contains("<Errors>") { Err(answer) } else { Ok(answer) }
    }

    /// Where the row of an address leads to, by table.
    ///
    /// # Errors
    /// EC2 does not answer.
    pub fn routes(&self, vpc: &str, destination: &str) -> Result<BTreeMap<String, String>, String> {
        let text = self.ec2("DescribeRouteTables", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)])?;
        let mut found = BTreeMap::new();
        for table in text.split("<routeTableId>").skip(1) {
            let id = table.split('<').next().unwrap_or_default();
            let row = table.split_once(&format!("<destinationCidrBlock>{destination}<"));
            let Some(row) = row.and_then(|(_, rest)| rest.split("</item>").next()) else { continue };
            found.insert(id.to_owned(), between(row, "<networkInterfaceId>").unwrap_or("nothing").to_owned());
        }
        Ok(found)
    }

    /// Who has what of the group on AWS: the name of a member, or what else it is. A row's key is the resource's name, `/`
    /// and the table.
    ///
    /// # Errors
    /// AWS does not answer.
    pub fn held(&self) -> Result<BTreeMap<String, String>, String> {
        let (cluster, group) = self.definition()?;
        let of_eni = |eni: &str| match cluster.servers.iter().find(|it| it.eni_id == eni) {
            Some(server) => server.name.clone(),
            None => eni.to_owned(),
        };
        let mut held = BTreeMap::new();
        for it in &group.resources {
            match &it.kind {
                ResourceKind::VirtualIp(vip) => {
                    for (table, eni) in self.routes(&vip.vpc_id, &format!("{}/32", vip.ip))? {
                        held.insert(format!("{}/{table}", it.name), of_eni(&eni));
                    }
                }
                ResourceKind::ElasticIp(eip) => {
                    let text = self.ec2("DescribeAddresses", &[("AllocationId.1", &eip.allocation_id)])?;
                    let eni = between(&text, "<networkInterfaceId>").unwrap_or_default();
                    held.insert(it.name.clone(), if eni.is_empty() { "nobody".to_owned() } else { of_eni(eni) });
                }
                ResourceKind::DnsRecord(dns) => {
                    let ip = self.record(&dns.zone_id, &dns.name)?;
                    let server = cluster.servers.iter().find(|it| Some(it.interconnect.to_string()) == ip);
                    let name = server.map(|it| it.name.clone()).or(ip).unwrap_or_else(|| "nobody".to_owned());
                    held.insert(it.name.clone(), name);
                }
                ResourceKind::MirrorDisk(_) | ResourceKind::Exec(_) => {}
            }
        }
        Ok(held)
    }

    /// The address in a record; `None` where there is no record.
    ///
    /// # Errors
    /// Route 53 does not answer.
    pub fn record(&self, zone: &str, name: &str) -> Result<Option<String>, String> {
        let text = self.route53("GET", &format!("/2013-04-01/hostedzone/{zone}/rrset"), "")?;
        let sets = text.split("<ResourceRecordSet>").skip(1);
        let set = sets.into_iter().find(|it| it.contains(&format!("<Name>{name}<")) && it.contains("<Type>A<"));
        Ok(set.and_then(|it| between(it, "<Value>")).map(str::to_owned))
    }

    /// Changes the record of the group behind its back.
    ///
    /// # Errors
    /// Route 53 refuses it.
    pub fn change_record(&self, action: &str, ip: &str, ttl: u32) -> Result<(), String> {
        let (_, group) = self.definition()?;
        let record = group.resources.iter().find_map(|it| match &it.kind {
            ResourceKind::DnsRecord(it) => Some(it),
            _ => None,
        });
        let record = record.ok_or("the group has no record")?;
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes>\
             <Change><Action>{action}</Action><ResourceRecordSet><Name>{}</Name><Type>A</Type><TTL>{ttl}</TTL>\
             <ResourceRecords><ResourceRecord><Value>{ip}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>\
             </Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>",
            record.name
        );
        let answer = self.route53("POST", &format!("/2013-04-01/hostedzone/{}/rrset/", record.zone_id), &body)?;
        if answer.contains("<ChangeInfo>") { Ok(()) } else { Err(answer) }
    }

    fn route53(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let asked =
            Ask { service: "route53", region: REGION, method, path, kind: "application/xml", target: None, body };
        ask(&self.upstream, &self.key, &asked).ok_or_else(|| "Route 53 does not answer".to_owned())
    }

    /// Points a row of the group's address at an interface, or all rows where no table is named.
    ///
    /// # Errors
    /// EC2 refuses it.
    pub fn point(&self, table: Option<&str>, eni: &str) -> Result<(), String> {
        let (_, group) = self.definition()?;
        for it in &group.resources {
            let ResourceKind::VirtualIp(vip) = &it.kind else { continue };
            let destination = format!("{}/32", vip.ip);
            let tables = self.routes(&vip.vpc_id, &destination)?;
            for id in tables.keys().filter(|id| table.is_none_or(|it| it == id.as_str())) {
                let destination = destination.replace('/', "%2F");
                let arguments = [
                    ("RouteTableId", id.as_str()),
                    ("DestinationCidrBlock", &destination),
                    ("NetworkInterfaceId", eni),
                ];
                self.ec2("ReplaceRoute", &arguments)?;
            }
        }
        Ok(())
    }

    /// The transitions of the journal.
    ///
    /// # Errors
    /// It is damaged.
    pub fn journal(&self) -> Result<Vec<TransitionRecord>, String> {
        let path = self.space.path().join(&self.dir).join("plumb-ha.journal");
        FileJournal::read(&path).map(|it| fold(&it)).map_err(|error| error.to_string())
    }

    /// The server that has the group by AWS, by the journal, by the lease and by `ha status`, with the epoch.
    ///
    /// # Errors
    /// They do not agree, or a transition is open.
    pub fn agreed(&self) -> Result<(String, u64), String> {
        let journal = self.journal()?;
        if let Some(open) = journal.iter().find(|it| it.is_open()) {
            return Err(format!("a transition is open: {open:?}"));
        }
        let (cluster, group) = self.definition()?;
        let recorded = recorded(&journal, &cluster.name, &group.name).ok_or("the journal knows of no owner")?;
        let server = recorded.server.ok_or("the group is stopped")?;
        let held = self.held()?;
        if let Some((what, other)) = held.iter().find(|(_, it)| **it != server) {
            return Err(format!("{what} is with {other}, and the journal has {server}: {held:?}"));
        }
        let status = self.json("ha status failover1 -json")?;
        let seen = (&status[0]["verdict"]["server"], &status[0]["well"]);
        if seen != (&Json::from(server.as_str()), &Json::from(true)) {
            return Err(format!("the status says something else than {server}: {status}"));
        }
        let lease = &status[0]["lease"];
        if !lease.is_null() && lease["holder"] != server {
            return Err(format!("the lease is another's: {lease}"));
        }
        let epoch = status[0]["epoch"].as_u64().unwrap_or_default();
        // A later epoch is of a process that died before it had done or recorded anything.
        if epoch < recorded.epoch { Err("the lease is older than the journal".to_owned()) } else { Ok((server, epoch)) }
    }

    /// Fails unless the group is with this server in this epoch, by every account.
    ///
    /// # Errors
    /// It is not.
    pub fn is_on(&self, server: &str, epoch: u64) -> Result<(), String> {
        let found = self.agreed()?;
        if found == (server.to_owned(), epoch) {
            Ok(())
        } else {
            Err(format!("it is with {found:?}, not {server} in {epoch}"))
        }
    }
}

/// The text after an opening tag.
pub fn between<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    text.split_once(tag).and_then(|(_, rest)| rest.split('<').next())
}
