//! `aws_vpc_dhcp_options`: what instances learn of the network when they start.

use aws_sdk_ec2::types::{self, NewDhcpConfiguration, ResourceType};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, arn, by_intent, filter, has_intent, observed_tags, retag, tags_on_create};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, ids, pages, patiently, told};

const GONE: &[&str] = &["InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsID.NotFound"];

/// What instances of a VPC learn of the network when they start. Options do not change: others are made.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct VpcDhcpOptions {
    /// Domain that is added to names without one.
    #[attr(force_new)]
    pub domain_name: Option<String>,
    /// Addresses of name servers, at most 4, or `AmazonProvidedDNS`.
    #[attr(force_new)]
    pub domain_name_servers: Vec<String>,
    /// Addresses of time servers, at most 4.
    #[attr(force_new)]
    pub ntp_servers: Vec<String>,
    /// Addresses of NetBIOS name servers, at most 4.
    #[attr(force_new)]
    pub netbios_name_servers: Vec<String>,
    /// NetBIOS node type: 1, 2, 4 or 8; AWS recommends 2.
    #[attr(force_new)]
    pub netbios_node_type: Option<String>,
    /// Seconds after which instances renew their IPv6 lease: 140 to 2147483647.
    #[attr(force_new)]
    pub ipv6_address_preferred_lease_time: Option<String>,
    /// ARN of the options.
    #[attr(computed)]
    pub arn: Option<String>,
    /// Account that owns the options.
    #[attr(computed)]
    pub owner_id: Option<String>,
    /// Tags of the options.
    pub tags: Tags,
    /// Tags of the options, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for VpcDhcpOptions {
    type Client = Aws;
    const TYPE: &'static str = "aws_vpc_dhcp_options";
    const RECOGNITION: Recognition = Recognition::Tag;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("netbios_node_type", &["1", "2", "4", "8"]);
        let names = [
            "domain_name",
            "domain_name_servers",
            "ntp_servers",
            "netbios_name_servers",
            "netbios_node_type",
            "ipv6_address_preferred_lease_time",
        ];
        if names.iter().all(|name| check.is_set(name) == Some(false)) {
            check.error("domain_name", "is missing, and so is every other option. Set at least one.");
        }
        check.found()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let action = "creating aws_vpc_dhcp_options (CreateDhcpOptions)";
        let call = aws
            .ec2
            .create_dhcp_options()
            .set_dhcp_configurations(Some(self.configurations()))
            .tag_specifications(tags_on_create(ResourceType::DhcpOptions, &self.tags_all, creation.key));
        let made = told(call.send().await.context(action)?.dhcp_options, action)?;
        let made = told(Self::observe(aws, made), action)?;
        creation.made(&made.id);
        Ok(Made::ready(made.id, made.state))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let call = aws.ec2.describe_dhcp_options().filters(filter("dhcp-options-id", ids(objects)));
        let found = pages!(call, "reading aws_vpc_dhcp_options (DescribeDhcpOptions)")?;
        Ok(found.into_iter().filter_map(|it| Self::observe(aws, it)).collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        retag(aws, id, &prior.tags_all, &self.tags_all).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.ec2.delete_dhcp_options().dhcp_options_id(id).send();
        let done = patiently(Self::TIMEOUTS.delete, &["DependencyViolation"], call).await;
        done.absent("deleting aws_vpc_dhcp_options (DeleteDhcpOptions)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, key: &IntentKey) -> Result<Option<Id>> {
        let call = aws.ec2.describe_dhcp_options().filters(by_intent(key));
        let found = pages!(call, "finding aws_vpc_dhcp_options (DescribeDhcpOptions)")?;
        Ok(found.into_iter().filter(|it| has_intent(it.tags(), key)).find_map(|it| it.dhcp_options_id))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        let found = pages!(aws.ec2.describe_dhcp_options(), "listing aws_vpc_dhcp_options (DescribeDhcpOptions)")?;
        Ok(found.into_iter().filter_map(|it| it.dhcp_options_id).collect())
    }
}

impl VpcDhcpOptions {
    fn configurations(&self) -> Vec<NewDhcpConfiguration> {
        let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
        let options = [
            ("domain-name", one(&self.domain_name)),
            ("domain-name-servers", self.domain_name_servers.clone()),
            ("ntp-servers", self.ntp_servers.clone()),
            ("netbios-name-servers", self.netbios_name_servers.clone()),
            ("netbios-node-type", one(&self.netbios_node_type)),
            ("ipv6-address-preferred-lease-time", one(&self.ipv6_address_preferred_lease_time)),
        ];
        let set = options.into_iter().filter(|(_, values)| !values.is_empty());
        set.map(|(key, values)| NewDhcpConfiguration::builder().key(key).set_values(Some(values)).build()).collect()
    }

    fn observe(aws: &Aws, options: types::DhcpOptions) -> Option<Observed<Self>> {
        let id = options.dhcp_options_id?;
        let mut state = Self {
            arn: options.owner_id.as_deref().map(|owner| arn(aws, owner, &format!("dhcp-options/{id}"))),
            owner_id: options.owner_id,
            tags_all: observed_tags(options.tags),
            ..Self::default()
        };
        for option in options.dhcp_configurations.unwrap_or_default() {
            let values: Vec<String> = option.values.unwrap_or_default().into_iter().filter_map(|it| it.value).collect();
            let first = values.first().cloned();
            match option.key.as_deref() {
                Some("domain-name") => state.domain_name = first,
                Some("domain-name-servers") => state.domain_name_servers = values,
                Some("ntp-servers") => state.ntp_servers = values,
                Some("netbios-name-servers") => state.netbios_name_servers = values,
                Some("netbios-node-type") => state.netbios_node_type = first,
                Some("ipv6-address-preferred-lease-time") => state.ipv6_address_preferred_lease_time = first,
                _ => {}
            }
        }
        Some(Observed::ready(id, state))
    }
}
