//! `aws_security_group`: a firewall around network interfaces.

pub mod rule;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ec2::types::{self, ResourceType};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use self::rule::{Home, Rule, permissions, rules};
use super::permissions::{
    Detail, Direction, GROUP_GONE, Permission, Permissions, Source, Traffic, of_group, remove_rules, replace, rules_of,
};
use super::{
    FILTER_VALUES, arn, by_intent, filter, has_intent, observed_tags, permission_checks, retag, tags_on_create,
};
use crate::client::Aws;
use crate::wire::arn::parse;
use crate::wire::name::SUFFIX;
use crate::wire::{Absent, Check, Context, Tags, code, ids, name, pages, patiently, prefix, told};

/// Longest name.
const NAME: usize = 255;

/// How many groups one page of an answer holds.
const PAGE: i32 = 1000;

/// A firewall around network interfaces: what it does not allow is refused, answers are always allowed.
///
/// Rules are declared either in its `ingress` and `egress` blocks or, better, one by one as
/// `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule`; never both for the same group. AWS
/// gives a new group a rule that allows all egress: it is removed, so that only declared rules are there.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityGroup {
    /// Name, unique in the VPC, at most 255 characters, not beginning with `sg-`. One is made up when neither it nor
    /// `name_prefix` is set.
    #[attr(force_new, optional, computed, conflicts_with("name_prefix"))]
    pub name: Option<String>,
    /// What a made-up name begins with.
    #[attr(force_new, optional, computed, conflicts_with("name"))]
    pub name_prefix: Option<String>,
    /// What the group is for, at most 255 characters. AWS cannot change it: a note that may change belongs in a tag.
    #[attr(force_new, default = "Managed by Terraform")]
    pub description: String,
    /// VPC of the group; the default VPC when left out.
    #[attr(force_new, optional, computed)]
    pub vpc_id: Option<String>,
    /// Rules for traffic to the members. When set, rules that others add are removed; `[]` allows none.
    #[attr(set, optional, computed, block_syntax)]
    pub ingress: Vec<Rule>,
    /// Rules for traffic from the members. When set, rules that others add are removed; `[]` allows none.
    #[attr(set, optional, computed, block_syntax)]
    pub egress: Vec<Rule>,
    /// Whether all rules are removed before the group is deleted, for groups that refer to each other.
    #[attr(default = false)]
    pub revoke_rules_on_delete: bool,
    /// ARN of the group.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Account that owns the group.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Tags of the group.
    pub tags: Tags,
    /// Tags of the group, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for SecurityGroup {
    type Client = Aws;
    const TYPE: &'static str = "aws_security_group";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(600),
        update: Duration::from_secs(600),
        delete: Duration::from_secs(900),
    };
    const BATCH: usize = FILTER_VALUES;
    const POLL: Duration = Duration::from_secs(1);
    const UNREADABLE: &'static [&'static str] = &["revoke_rules_on_delete"];

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        for name in ["name", "name_prefix", "description"] {
            permission_checks::text(&mut check, name);
        }
        check.length("name_prefix", NAME - SUFFIX);
        for name in ["name", "name_prefix"] {
            if check.text(name).is_some_and(|it| it.starts_with("sg-")) {
                check.error(name, "begins with \"sg-\", which AWS keeps for ids. Choose another name.");
            }
        }
        if check.text("description") == Some("") {
            check
                .error("description", "is empty, which AWS does not take. Leave it out, or say what the group is for.");
        }
        let mut found = check.found();
        for name in ["ingress", "egress"] {
            let blocks = config.get(name).and_then(Value::as_slice).unwrap_or_default();
            found.extend(blocks.iter().flat_map(rule::validate));
        }
        found
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let name = name(self.name.as_deref(), self.name_prefix.as_deref(), creation.key, NAME);
        let (id, told_arn) = self.send(aws, &name, creation).await?;
        creation.made(&id);
        let home = Home { group: &id, owner: "" };
        let default = default_egress(self.has_ipv6(aws).await?);
        let (ingress, egress) = (permissions(&self.ingress, home), permissions(&self.egress, home));
        let doing = "creating aws_security_group";
        replace(aws, (&id, Direction::Egress), &default, &egress, doing).await?;
        replace(aws, (&id, Direction::Ingress), &Permissions::new(), &ingress, doing).await?;
        if self.vpc_id.is_none() || (ingress.is_empty() && egress == default) {
            // Only a read tells the default VPC; and where no call has named the group yet, it may not be visible.
            return Ok(Made::id(id));
        }
        let owner = match told_arn.as_deref().and_then(parse) {
            Some(arn) => arn.account.to_owned(),
            None => aws.account().await?.to_owned(),
        };
        let arn = told_arn.unwrap_or_else(|| arn(aws, &owner, &format!("security-group/{id}")));
        let made = Self { name: Some(name), arn: Some(arn), owner_id: Some(owner), ..self.clone() };
        Ok(Made::ready(id, made))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_security_groups().filters(filter("group-id", ids(objects))).max_results(PAGE);
        let found: Vec<_> = pages!(call, "reading aws_security_group (DescribeSecurityGroups)")?;
        let priors: BTreeMap<&str, &Self> =
            objects.iter().filter_map(|it| Some((it.id.as_str(), it.state.as_ref()?))).collect();
        let seen = found.into_iter().filter_map(|it| {
            let prior = priors.get(it.group_id.as_deref()?).copied();
            Self::observe(aws, it, prior)
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        let home = Home { group: id, owner: prior.owner_id.as_deref().unwrap_or_default() };
        let doing = "changing aws_security_group";
        for (direction, prior, now) in
            [(Direction::Ingress, &prior.ingress, &self.ingress), (Direction::Egress, &prior.egress, &self.egress)]
        {
            replace(aws, (id, direction), &permissions(prior, home), &permissions(now, home), doing).await?;
        }
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let doing = "deleting aws_security_group";
        if self.revoke_rules_on_delete {
            remove_all(aws, id, doing).await?;
        }
        let call = || aws.ec2.delete_security_group().group_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, &["DependencyViolation", "InvalidGroup.InUse"], call).await;
        done.absent(&format!("{doing} (DeleteSecurityGroup)"), GROUP_GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_security_groups().filters(by_intent(key));
        let found: Vec<types::SecurityGroup> = pages!(call, "finding aws_security_group (DescribeSecurityGroups)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.group_id))
    }

    /// What AWS allows a new group by itself looks like a rule of somebody's as soon as the create is over.
    async fn complete(&self, aws: &Aws, id: &str) -> Result<bool> {
        let home = Home { group: id, owner: "" };
        let default = default_egress(self.has_ipv6(aws).await?);
        let wanted = permissions(&self.egress, home);
        replace(aws, (id, Direction::Egress), &default, &wanted, "completing aws_security_group").await?;
        Ok(true)
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let call = aws.ec2.describe_security_groups().max_results(PAGE);
        let found: Vec<types::SecurityGroup> = pages!(call, "listing aws_security_group (DescribeSecurityGroups)")?;
        Ok(found.into_iter().filter_map(|it| it.group_id).collect())
    }
}

impl SecurityGroup {
    /// Id and ARN of the new group. A repetition whose first answer was lost finds the name taken by its own group.
    async fn send(&self, aws: &Aws, name: &str, creation: &Creation<'_>) -> Result<(Id, Option<String>)> {
        let action = "creating aws_security_group (CreateSecurityGroup)";
        let call = aws.ec2.create_security_group().group_name(name).description(&self.description);
        let call = call.set_vpc_id(self.vpc_id.clone()).tag_specifications(tags_on_create(
            ResourceType::SecurityGroup,
            &self.tags_all,
            creation.key,
        ));
        let answer = call.send().await;
        if answer.as_ref().is_err_and(|it| code(it) == Some("InvalidGroup.Duplicate"))
            && let Some(id) = self.find(aws, creation.key).await?
        {
            return Ok((id, None));
        }
        let made = answer.context(action)?;
        Ok((told(made.group_id, action)?, made.security_group_arn))
    }

    /// Whether AWS may have allowed the new group all egress over IPv6, too: it does in a VPC with an IPv6 network.
    async fn has_ipv6(&self, aws: &Aws) -> Result<bool> {
        let Some(vpc) = self.vpc_id.clone() else { return Ok(true) };
        let ask = || async {
            let call = aws.ec2.describe_vpcs().filters(filter("vpc-id", [&vpc]));
            let found: Vec<types::Vpc> = pages!(call, "creating aws_security_group (DescribeVpcs)")?;
            Ok(found.iter().any(|it| !it.ipv6_cidr_block_association_set().is_empty()))
        };
        aws.ipv6_vpcs.get(&vpc, ask).await
    }

    fn observe(aws: &Aws, group: types::SecurityGroup, prior: Option<&Self>) -> Option<Observed<Self>> {
        let id = group.group_id?;
        let owner = group.owner_id.clone().unwrap_or_default();
        let home = Home { group: &id, owner: &owner };
        let (ingress, egress) = prior.map(|it| (&*it.ingress, &*it.egress)).unwrap_or_default();
        let made_from = || group.group_name.as_deref().and_then(prefix);
        let state = Self {
            name_prefix: prior.map_or_else(made_from, |it| it.name_prefix.clone()),
            name: group.group_name,
            description: group.description.unwrap_or_default(),
            vpc_id: group.vpc_id,
            ingress: rules(&of_group(group.ip_permissions), ingress, home),
            egress: rules(&of_group(group.ip_permissions_egress), egress, home),
            arn: group.security_group_arn.or_else(|| Some(arn(aws, &owner, &format!("security-group/{id}")))),
            owner_id: group.owner_id,
            tags_all: observed_tags(group.tags),
            ..Self::default()
        };
        Some(Observed::ready(id, state))
    }
}

/// What AWS allows the members of a new group.
fn default_egress(ipv6: bool) -> Permissions {
    let all = [Some(Source::ipv4("0.0.0.0/0")), ipv6.then(|| Source::ipv6("::/0"))];
    let all = all.into_iter().flatten();
    all.map(|source| (Permission { traffic: Traffic::new("-1", None, None), source }, Detail::default())).collect()
}

/// Removes all rules of a group as they are now: services add some of their own.
async fn remove_all(aws: &Aws, id: &str, doing: &str) -> Result<()> {
    let found = rules_of(aws, [id.to_owned()].into(), doing).await?;
    let (egress, ingress): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.is_egress == Some(true));
    for (direction, rules) in [(Direction::Ingress, ingress), (Direction::Egress, egress)] {
        let ids = rules.into_iter().filter_map(|it| it.security_group_rule_id).collect();
        remove_rules(aws, (id, direction), ids, doing).await?;
    }
    Ok(())
}
