//! The least that the agents of a cluster must be allowed, as an IAM policy.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::group::{Arbiter, Cluster};

/// What a policy is made from.
#[derive(Clone, Debug)]
pub struct PolicyInput<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Partition of the ARNs: `aws`.
    pub partition: &'a str,
    /// Region of the ARNs.
    pub region: &'a str,
    /// Account of the ARNs.
    pub account: &'a str,
    /// Route tables that have the row of a virtual address.
    pub route_tables: BTreeSet<String>,
    /// Elastic IP allocations.
    pub allocations: BTreeSet<String>,
    /// Interfaces besides those of the servers.
    pub interfaces: BTreeSet<String>,
    /// Records: hosted zone and name.
    pub records: BTreeSet<(String, String)>,
    /// Whether availability zones are watched.
    pub zones: bool,
}

/// The policy document.
pub fn policy(input: &PolicyInput<'_>) -> Json {
    let statements = [
        describe(input),
        routes(input),
        addresses(input),
        records(input),
        reads_of_records(input),
        forced_stop(input),
        arbiter(input),
        missing_leases(input),
    ];
    json!({ "Version": "2012-10-17", "Statement": statements.into_iter().flatten().collect::<Vec<_>>() })
}

/// Calls of EC2 that only read know no resources; the region narrows them.
fn describe(input: &PolicyInput<'_>) -> Option<Json> {
    let mut actions = BTreeSet::new();
    if !input.route_tables.is_empty() {
        actions.extend(["ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeVpcs"]);
    }
    if !input.allocations.is_empty() {
        actions.extend(["ec2:DescribeAddresses", "ec2:DescribeNetworkInterfaces"]);
    }
    if input.zones {
        actions.insert("ec2:DescribeAvailabilityZones");
    }
    if input.cluster.forced_stop.is_some() {
        actions.insert("ec2:DescribeInstances");
    }
    (!actions.is_empty()).then(|| {
        json!({
            "Sid": "ReadEc2",
            "Effect": "Allow",
            "Action": actions,
            "Resource": "*",
            "Condition": { "StringEquals": { "aws:RequestedRegion": input.region } },
        })
    })
}

fn routes(input: &PolicyInput<'_>) -> Option<Json> {
    let arns: Vec<String> = input.route_tables.iter().map(|it| ec2(input, "route-table", it)).collect();
    allow("MoveRoutes", &["ec2:ReplaceRoute"], arns)
}

fn addresses(input: &PolicyInput<'_>) -> Option<Json> {
    if input.allocations.is_empty() {
        return None;
    }
    let servers = &input.cluster.servers;
    let interfaces = servers.iter().map(|it| it.eni_id.clone()).chain(input.interfaces.iter().cloned());
    let interfaces: BTreeSet<String> = interfaces.filter(|it| !it.is_empty()).collect();
    let arns = input
        .allocations
        .iter()
        .map(|it| ec2(input, "elastic-ip", it))
        .chain(interfaces.iter().map(|it| ec2(input, "network-interface", it)))
        .chain(servers.iter().map(|it| ec2(input, "instance", &it.instance_id)));
    allow("MoveAddresses", &["ec2:AssociateAddress", "ec2:DisassociateAddress"], arns.collect())
}

/// A write may touch exactly these names; the condition key has them in lower case and without the dot at the end.
fn records(input: &PolicyInput<'_>) -> Option<Json> {
    let names: BTreeSet<String> =
        input.records.iter().map(|(_, name)| name.trim_end_matches('.').to_lowercase()).collect();
    let mut statement = allow("WriteRecords", &["route53:ChangeResourceRecordSets"], zones(input))?;
    statement["Condition"] = json!({
        "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
            "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
            "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
        },
    });
    Some(statement)
}

fn reads_of_records(input: &PolicyInput<'_>) -> Option<Json> {
    allow("ReadRecords", &["route53:ListResourceRecordSets"], zones(input))
}

fn forced_stop(input: &PolicyInput<'_>) -> Option<Json> {
    input.cluster.forced_stop.as_ref()?;
    let arns = input.cluster.servers.iter().map(|it| ec2(input, "instance", &it.instance_id));
    allow("StopServers", &["ec2:StopInstances"], arns.collect())
}

fn arbiter(input: &PolicyInput<'_>) -> Option<Json> {
    let PolicyInput { partition, region, account, .. } = input;
    match &input.cluster.arbiter {
        Arbiter::DynamoDb { table, .. } => {
            let arn = format!("arn:{partition}:dynamodb:{region}:{account}:table/{table}");
            allow("HoldLease", &["dynamodb:GetItem", "dynamodb:PutItem"], vec![arn])
        }
        Arbiter::S3 { bucket, prefix, .. } => {
            let arn = format!("arn:{partition}:s3:::{bucket}/{prefix}/*");
            allow("HoldLease", &["s3:GetObject", "s3:PutObject"], vec![arn])
        }
        Arbiter::None | Arbiter::Postgres { .. } => None,
    }
}

/// Without it, an object that is not there yet is answered like one that must not be read.
fn missing_leases(input: &PolicyInput<'_>) -> Option<Json> {
    let Arbiter::S3 { bucket, prefix, .. } = &input.cluster.arbiter else { return None };
    let arn = format!("arn:{}:s3:::{bucket}", input.partition);
    let mut statement = allow("FindLease", &["s3:ListBucket"], vec![arn])?;
    statement["Condition"] = json!({ "StringLike": { "s3:prefix": [format!("{prefix}/*")] } });
    Some(statement)
}

fn allow(sid: &str, actions: &[&str], resources: Vec<String>) -> Option<Json> {
    (!resources.is_empty()).then(|| json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources }))
}

fn ec2(input: &PolicyInput<'_>, kind: &str, id: &str) -> String {
    format!("arn:{}:ec2:{}:{}:{kind}/{id}", input.partition, input.region, input.account)
}

fn zones(input: &PolicyInput<'_>) -> Vec<String> {
    let zones: BTreeSet<&str> = input.records.iter().map(|(zone, _)| zone.trim_start_matches("/hostedzone/")).collect();
    zones.into_iter().map(|it| format!("arn:{}:route53:::hostedzone/{it}", input.partition)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::{ForcedStop, Server};

    fn cluster() -> Cluster {
        let zone = "ap-northeast-1a";
        let servers = vec![
            Server::new("server1", "i-1", "eni-1", zone, [10, 0, 110, 1].into()),
            Server::new("server2", "i-2", "eni-2", zone, [10, 0, 110, 2].into()),
        ];
        Cluster::new("db", servers)
    }

    fn input(cluster: &Cluster) -> PolicyInput<'_> {
        PolicyInput {
            cluster,
            partition: "aws",
            region: "ap-northeast-1",
            account: "123456789012",
            route_tables: BTreeSet::new(),
            allocations: BTreeSet::new(),
            interfaces: BTreeSet::new(),
            records: BTreeSet::new(),
            zones: false,
        }
    }

    fn statement(policy: &Json, sid: &str) -> Option<Json> {
        policy["Statement"].as_array()?.iter().find(|it| it["Sid"] == sid).cloned()
    }

    #[test]
    fn a_virtual_address_needs_exactly_its_tables() {
        let cluster = cluster();
        let tables = ["rtb-1".to_owned(), "rtb-2".to_owned()].into();
        let policy = policy(&PolicyInput { route_tables: tables, ..input(&cluster) });
        let arn = |it: &str| format!("arn:aws:ec2:ap-northeast-1:123456789012:route-table/{it}");
        let moves = statement(&policy, "MoveRoutes").unwrap();
        assert_eq!(moves["Resource"], json!([arn("rtb-1"), arn("rtb-2")]));
        assert_eq!(moves["Action"], json!(["ec2:ReplaceRoute"]), "neither creates nor deletes rows");
        let reads = statement(&policy, "ReadEc2").unwrap();
        assert_eq!(
            reads["Action"],
            json!(["ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeVpcs"])
        );
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn an_elastic_address_needs_the_address_and_all_members() {
        let cluster = cluster();
        let policy = policy(&PolicyInput { allocations: ["eipalloc-1".to_owned()].into(), ..input(&cluster) });
        let moves = statement(&policy, "MoveAddresses").unwrap();
        let kinds: Vec<&str> = moves["Resource"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        for wanted in ["elastic-ip/eipalloc-1", "network-interface/eni-1", "network-interface/eni-2", "instance/i-2"] {
            assert!(kinds.iter().any(|it| it.ends_with(wanted)), "{wanted}");
        }
    }

    #[test]
    fn a_record_is_narrowed_to_its_name_type_and_two_actions() {
        let cluster = cluster();
        let records = [("Z1".to_owned(), "Srv.hz1.local.".to_owned())].into();
        let policy = policy(&PolicyInput { records, ..input(&cluster) });
        let condition = &statement(&policy, "WriteRecords").unwrap()["Condition"]["ForAllValues:StringEquals"];
        assert_eq!(condition["route53:ChangeResourceRecordSetsNormalizedRecordNames"], json!(["srv.hz1.local"]));
        assert_eq!(condition["route53:ChangeResourceRecordSetsActions"], json!(["UPSERT", "DELETE"]));
        assert_eq!(statement(&policy, "ReadRecords").unwrap()["Resource"], json!(["arn:aws:route53:::hostedzone/Z1"]));
    }

    #[test]
    fn stops_and_leases_are_allowed_only_where_they_are_used() {
        let mut cluster = cluster();
        assert_eq!(policy(&input(&cluster))["Statement"], json!([]));
        cluster.forced_stop = Some(ForcedStop::default());
        cluster.arbiter = Arbiter::DynamoDb { table: "leases".into(), lease: std::time::Duration::from_secs(30) };
        let policy = policy(&input(&cluster));
        assert_eq!(statement(&policy, "StopServers").unwrap()["Resource"].as_array().unwrap().len(), 2);
        let lease = statement(&policy, "HoldLease").unwrap();
        assert_eq!(lease["Resource"], json!(["arn:aws:dynamodb:ap-northeast-1:123456789012:table/leases"]));
        assert_eq!(statement(&policy, "ReadEc2").unwrap()["Action"], json!(["ec2:DescribeInstances"]));
    }
}
