//! The few questions that the stand-in has for the emulator, in the form that every emulator and AWS take.

use std::collections::BTreeMap;
use std::net::IpAddr;

use libtest_mimic::Failed;

use crate::proxy::http::{Request, forward};

/// An account on the emulator.
pub struct Cloud {
    upstream: String,
    key: String,
    token: String,
}

/// A machine.
#[derive(Clone)]
pub struct Machine {
    pub state: String,
    pub address: IpAddr,
}

/// An Auto Scaling group.
pub struct Group {
    pub min: String,
    pub max: String,
    pub instances: Vec<String>,
    /// How many of its processes do not run.
    pub suspended: usize,
    /// Version of its launch template.
    pub version: String,
}

impl Machine {
    /// Whether there is nothing left of it.
    pub fn is_gone(&self) -> bool {
        matches!(self.state.as_str(), "terminated" | "shutting-down")
    }
}

impl Cloud {
    /// The account of these credentials.
    pub fn new(upstream: &str, credentials: &BTreeMap<String, String>) -> Self {
        let part = |name: &str| credentials.get(name).cloned().unwrap_or_default();
        let upstream = upstream.trim_start_matches("http://").to_owned();
        Self { upstream, key: part("AWS_ACCESS_KEY_ID"), token: part("AWS_SESSION_TOKEN") }
    }

    /// An Auto Scaling group.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn group(&self, name: &str) -> Result<Group, Failed> {
        let arguments = [("Action", "DescribeAutoScalingGroups"), ("AutoScalingGroupNames.member.1", name)];
        let answer = self.ask(("autoscaling", "2011-01-01"), &arguments).ok_or("the emulator does not answer")?;
        let one = |tag: &str| between(&answer, tag).first().cloned().unwrap_or_default();
        if one("AutoScalingGroupName").is_empty() {
            return Err(format!("no group {name}").into());
        }
        // The group's own comes before those of its machines.
        let template = answer.split_once("<LaunchTemplate>").map_or("", |(_, rest)| rest);
        Ok(Group {
            min: one("MinSize"),
            max: one("MaxSize"),
            instances: between(&answer, "InstanceId"),
            suspended: between(&answer, "ProcessName").len(),
            version: between(template, "Version").first().cloned().unwrap_or_default(),
        })
    }

    /// All machines of the account by id; `None` while the emulator does not answer.
    pub fn machines(&self) -> Option<BTreeMap<String, Machine>> {
        let answer = self.ask(("ec2", "2016-11-15"), &[("Action", "DescribeInstances")])?;
        let parts = answer.split("<instanceId>").skip(1);
        let all = parts.filter_map(|part| {
            let (id, rest) = part.split_once('<')?;
            let state = rest.split_once("<instanceState>").and_then(|(_, it)| between(it, "name").first().cloned())?;
            let address = between(rest, "privateIpAddress").first()?.parse().ok()?;
            Some((id.to_owned(), Machine { state, address }))
        });
        Some(all.collect())
    }

    /// The version of Confluence that the user data of a machine name.
    pub fn version(&self, id: &str) -> Option<String> {
        let arguments = [("Action", "DescribeInstanceAttribute"), ("InstanceId", id), ("Attribute", "userData")];
        let answer = self.ask(("ec2", "2016-11-15"), &arguments)?;
        let text = decoded(between(&answer, "value").first()?);
        let (_, rest) = text.split_once("ATL_PRODUCT_VERSION='")?;
        rest.split_once('\'').map(|(version, _)| version.to_owned())
    }

    /// Ids of the targets of a target group.
    pub fn targets(&self, name: &str) -> Vec<String> {
        let answer = self.target_group("DescribeTargetHealth", name, &[]);
        between(&answer.unwrap_or_default(), "Id")
    }

    /// Takes a target out of a target group.
    pub fn deregister(&self, name: &str, id: &str) {
        self.target_group("DeregisterTargets", name, &[("Targets.member.1.Id", id)]);
    }

    /// Adds a target to a target group.
    pub fn register(&self, name: &str, id: &str) {
        self.target_group("RegisterTargets", name, &[("Targets.member.1.Id", id)]);
    }

    fn target_group(&self, action: &str, name: &str, more: &[(&str, &str)]) -> Option<String> {
        let service = ("elasticloadbalancing", "2015-12-01");
        let found = self.ask(service, &[("Action", "DescribeTargetGroups"), ("Names.member.1", name)])?;
        let arn = between(&found, "TargetGroupArn").first()?.clone();
        self.ask(service, &[&[("Action", action), ("TargetGroupArn", &arn)], more].concat())
    }

    /// The answer to a call of a service; `None` when it was refused or lost.
    pub fn ask(&self, (service, version): (&str, &str), arguments: &[(&str, &str)]) -> Option<String> {
        let mut body = format!("Version={version}");
        for (name, value) in arguments {
            body += &format!("&{name}={}", value.replace(':', "%3A").replace('/', "%2F"));
        }
        self.send(service, &[("content-type", "application/x-www-form-urlencoded")], body)
    }

    /// Sets a parameter of Systems Manager, as a node does.
    pub fn put_parameter(&self, name: &str, value: &str) -> Option<String> {
        let body = serde_json::json!({ "Name": name, "Value": value, "Type": "String", "Overwrite": true });
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AmazonSSM.PutParameter")];
        self.send("ssm", &headers, body.to_string())
    }

    fn send(&self, service: &str, headers: &[(&str, &str)], body: String) -> Option<String> {
        let scope = format!("{}/20260101/us-east-1/{service}/aws4_request", self.key);
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let own = [("authorization", signature.as_str()), ("host", service), ("x-amz-security-token", &self.token)];
        let headers = own.iter().chain(headers).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (method, path) = ("POST".to_owned(), "/".to_owned());
        let request = Request { method, path, headers: headers.collect(), body: body.into_bytes() };
        let answer = forward(&self.upstream, &request)?;
        (answer.status == 200).then(|| answer.text())
    }
}

/// The texts of all elements of a name.
fn between(xml: &str, tag: &str) -> Vec<String> {
    let parts = xml.split(&format!("<{tag}>")).skip(1).map(str::to_owned).collect::<Vec<_>>();
    parts.iter().filter_map(|it| it.split_once("</").map(|(text, _)| text.trim().to_owned())).collect()
}

/// Base64 as text.
fn decoded(text: &str) -> String {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for value in text.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
