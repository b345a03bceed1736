//! What an account on AWS does and the emulator does not: client tokens, pages, objects that are not known everywhere
//! yet or not ready yet, and deletes that are refused because something is in use.

use std::collections::BTreeSet;
use std::time::Instant;

use super::http::{Request, Response, forward};
use super::{Shared, answer, lock};

/// EC2 lists that AWS gives in pages.
const PAGED: [&str; 14] = [
    "DescribeVpcs",
    "DescribeSubnets",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSecurityGroupRules",
    "DescribeInternetGateways",
    "DescribeNatGateways",
    "DescribeNetworkInterfaces",
    "DescribeNetworkAcls",
    "DescribeVolumes",
    "DescribeLaunchTemplates",
    "DescribeVpcEndpoints",
    "DescribeDhcpOptions",
    "DescribeInstances",
];

/// States of objects that are ready, with what they are before.
const HELD: [(&str, &str, &str); 5] = [
    ("DescribeNatGateways", "<state>available</state>", "<state>pending</state>"),
    ("DescribeVpcs", "<state>available</state>", "<state>pending</state>"),
    ("DescribeDBInstances", "<DBInstanceStatus>available<", "<DBInstanceStatus>creating<"),
    ("DescribeLoadBalancers", "<Code>active</Code>", "<Code>provisioning</Code>"),
    ("GET /2015-02-01/file-systems", "\"LifeCycleState\": \"available\"", "\"LifeCycleState\": \"creating\""),
];

/// A question that finds users of an object: the action, and the filter that takes the object's id.
type Question = (&'static str, &'static str);

/// What uses an object: the delete, the argument with its id, and the questions that find users.
const USES: [(&str, &str, &[Question]); 2] = [
    ("DeleteSubnet", "SubnetId", &[("DescribeInstances", "subnet-id"), ("DescribeNatGateways", "subnet-id")]),
    (
        "DeleteSecurityGroup",
        "GroupId",
        &[("DescribeInstances", "instance.group-id"), ("DescribeSecurityGroups", "ip-permission.group-id")],
    ),
];

/// An answer without asking the emulator.
pub fn behave(shared: &Shared, request: &Request) -> Option<Response> {
    let action = request.action();
    if let Some(page) = request.argument("NextToken").filter(|_| shared.faults.page.is_some()) {
        let rest = lock(&shared.pages).remove(&page);
        return rest.map(|rest| in_pages(shared, rest));
    }
    if shared.faults.tokens
        && let Some(token) = request.argument("ClientToken")
        && let Some((first, response)) = lock(&shared.tokens).get(&(action.clone(), token))
    {
        let again = *first == request.text();
        let mismatch = || {
            let text = "The client token was used with other parameters.";
            answer::error(request, 400, "IdempotentParameterMismatch", text)
        };
        return Some(if again { response.clone() } else { mismatch() });
    }
    if shared.faults.in_use
        && let Some(user) = user_of(shared, request, &action)
    {
        let text = format!("The object has a dependent object ({user}) and cannot be deleted.");
        return Some(answer::error(request, 400, "DependencyViolation", &text));
    }
    let hidden = named(request, &shared.hidden());
    let hidden = hidden.first().filter(|_| !action.starts_with("Delete"))?;
    let code = match (request.service().as_str(), hidden.split('-').next().unwrap_or_default()) {
        ("iam", _) => "NoSuchEntity".to_owned(),
        ("ec2", kind) if !request.text().contains("Filter.1.Name") => code_of(kind).to_owned(),
        _ => return None,
    };
    Some(answer::error(request, if code == "NoSuchEntity" { 404 } else { 400 }, &code, &format!("{hidden} not found")))
}

/// The answer of the emulator as AWS would have given it.
pub fn after(shared: &Shared, request: &Request, response: Response) -> Response {
    let action = request.action();
    if response.status >= 400 {
        return response;
    }
    let reads = ["Describe", "List", "Get"].iter().any(|it| action.starts_with(it));
    if !reads {
        note(shared, request, &response, &action);
        if let Some(token) = request.argument("ClientToken").filter(|_| shared.faults.tokens) {
            lock(&shared.tokens).insert((action, token), (request.text(), response.clone()));
        }
        return response;
    }
    let mut response = held(shared, &action, response);
    if request.service() != "ec2" || !PAGED.contains(&action.as_str()) {
        return response;
    }
    let hidden = shared.hidden();
    let Some(mut rest) = answer::items(&response.text()) else { return response };
    rest.items.retain(|item| !hidden.iter().any(|id| item.contains(id.as_str())));
    response.body = match shared.faults.page {
        Some(_) => return in_pages(shared, rest),
        None => rest.page(&rest.items, None).into_bytes(),
    };
    response
}

fn in_pages(shared: &Shared, mut rest: answer::Rest) -> Response {
    let size = shared.faults.page.unwrap_or(usize::MAX).min(rest.items.len());
    let later = rest.items.split_off(size);
    let items = std::mem::replace(&mut rest.items, later);
    let mut pages = lock(&shared.pages);
    let token = (!rest.items.is_empty()).then(|| format!("page-{}-{}", shared.since.elapsed().as_nanos(), pages.len()));
    let body = rest.page(&items, token.as_deref());
    if let Some(token) = token {
        pages.insert(token, rest);
    }
    let headers = vec![("content-type".to_owned(), "text/xml".to_owned())];
    Response { status: 200, headers, body: body.into_bytes() }
}

/// Remembers what a call has made.
fn note(shared: &Shared, request: &Request, response: &Response, action: &str) {
    let makes = ["Create", "Run", "Allocate"].iter().any(|it| action.starts_with(it));
    let mut ids: BTreeSet<String> = match request.service().as_str() {
        "ec2" if makes => ec2_ids(&response.text()),
        "iam" if makes => ["RoleName", "InstanceProfileName"].iter().filter_map(|it| request.argument(it)).collect(),
        "rds" if makes => request.argument("DBInstanceIdentifier").into_iter().collect(),
        _ => BTreeSet::new(),
    };
    ids.retain(|id| {
        action == "CreateInstanceProfile" || action == "CreateRole" || !request.text().contains(id.as_str())
    });
    let mut made = lock(&shared.made);
    for id in ids {
        made.entry(id).or_insert_with(Instant::now);
    }
}

/// Ids such as `vpc-0123456789abcdef0` in an answer.
fn ec2_ids(text: &str) -> BTreeSet<String> {
    let words = text.split(['<', '>']);
    let is_id = |word: &&str| {
        word.rsplit_once('-').is_some_and(|(kind, number)| {
            kind.bytes().all(|it| it.is_ascii_lowercase() || it == b'-')
                && !kind.is_empty()
                && (8..=17).contains(&number.len())
                && number.bytes().all(|it| it.is_ascii_hexdigit())
        })
    };
    words.filter(is_id).map(str::to_owned).collect()
}

fn named(request: &Request, ids: &BTreeSet<String>) -> Vec<String> {
    let text = format!("{} {}", request.path, request.text());
    ids.iter().filter(|id| text.contains(id.as_str())).cloned().collect()
}

/// What EC2 says of an unknown id.
fn code_of(kind: &str) -> &'static str {
    match kind {
        "vpc" => "InvalidVpcID.NotFound",
        "subnet" => "InvalidSubnetID.NotFound",
        "sg" => "InvalidGroup.NotFound",
        "sgr" => "InvalidSecurityGroupRuleId.NotFound",
        "igw" => "InvalidInternetGatewayID.NotFound",
        "rtb" => "InvalidRouteTableID.NotFound",
        "rtbassoc" => "InvalidAssociationID.NotFound",
        "nat" => "NatGatewayNotFound",
        "eipalloc" => "InvalidAllocationID.NotFound",
        "eni" => "InvalidNetworkInterfaceID.NotFound",
        "i" => "InvalidInstanceID.NotFound",
        "lt" => "InvalidLaunchTemplateId.NotFound",
        "vol" => "InvalidVolume.NotFound",
        "vpce" => "InvalidVpcEndpointId.NotFound",
        _ => "InvalidID.NotFound",
    }
}

/// Shows new objects as being made.
fn held(shared: &Shared, action: &str, mut response: Response) -> Response {
    let Some(time) = shared.faults.hold else { return response };
    let Some((_, ready, before)) = HELD.iter().find(|(it, ..)| action.starts_with(it)) else { return response };
    let text = response.text();
    if shared.made_within(time).iter().any(|id| text.contains(id.as_str())) {
        response.body = text.replace(ready, before).into_bytes();
    }
    response
}

/// Something that uses what a call deletes.
fn user_of(shared: &Shared, request: &Request, action: &str) -> Option<String> {
    let (_, argument, questions) = USES.iter().find(|(it, ..)| *it == action)?;
    let id = request.argument(argument)?;
    questions.iter().find_map(|(question, filter)| {
        let body = format!("Action={question}&Version=2016-11-15&Filter.1.Name={filter}&Filter.1.Value.1={id}");
        let answer = forward(&shared.upstream, &Request { body: body.into_bytes(), ..request.clone() })?;
        let rest = answer::items(&answer.text())?;
        let live = rest.items.into_iter().find(|it| {
            let gone = ["<name>terminated</name>", "<name>shutting-down</name>", "<state>deleted</state>"];
            let own = it.contains(&format!("<groupId>{id}</groupId><groupName>"));
            let itself = own && *question == "DescribeSecurityGroups";
            !itself && !gone.iter().any(|word| it.contains(word))
        })?;
        ec2_ids(&live).into_iter().find(|it| *it != id)
    })
}

impl Shared {
    /// Ids that are not found yet.
    fn hidden(&self) -> BTreeSet<String> {
        self.faults.hide.map(|time| self.made_within(time)).unwrap_or_default()
    }
}
