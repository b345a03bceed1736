//! EC2: networks, addresses and firewalls, and the idioms of its API.

pub mod data_ami;
pub mod data_availability_zones;
pub mod data_instance_type;
pub mod data_instance_type_offerings;
pub mod data_instances;
pub mod data_key_pair;
pub mod data_network_interface;
pub mod data_route_table;
pub mod data_route_tables;
pub mod data_security_group;
pub mod data_subnet;
pub mod data_subnets;
pub mod data_vpc;
pub mod ebs_volume;
pub mod eip;
pub mod eip_association;
pub mod flow_log;
pub mod instance;
pub mod internet_gateway;
pub mod key_pair;
pub mod launch_template;
pub mod lookup;
pub mod nat_gateway;
pub mod network_acl;
pub mod network_acl_association;
pub mod network_acl_rule;
pub mod network_interface;
pub mod network_interface_attachment;
mod permission_checks;
mod permissions;
pub mod requirements;
pub mod route;
pub mod route_table;
pub mod route_table_association;
mod routing;
pub mod security_group;
pub mod security_group_rule;
pub mod subnet;
pub mod template_reference;
pub mod volume_attachment;
pub mod vpc;
pub mod vpc_dhcp_options;
pub mod vpc_dhcp_options_association;
pub mod vpc_endpoint;
pub mod vpc_security_group_egress_rule;
pub mod vpc_security_group_ingress_rule;
mod vpc_security_group_rule;

use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tag, TagSpecification};
use plumb_engine::provider::IntentKey;
use plumb_engine::provider::typed::Result;

use crate::client::Aws;
use crate::wire::{Context, INTENT, Tags, tags};

/// How many values a filter takes.
pub const FILTER_VALUES: usize = 200;

/// How long something that was just made may be unknown to other calls.
pub const VISIBLE: std::time::Duration = std::time::Duration::from_secs(60);

/// A filter on values of which one must match.
pub fn filter<V: Into<String>>(name: &str, values: impl IntoIterator<Item = V>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

/// The filter that finds what a create under `key` made.
pub fn by_intent(key: &IntentKey) -> Filter {
    filter(&format!("tag:{INTENT}"), [key.as_str()])
}

/// Whether a create under `key` made the object of these tags. Asked of what [`by_intent`] found, so that an answer
/// that does not heed the filter never makes us take somebody else's object for ours.
pub fn has_intent(tags: &[Tag], key: &IntentKey) -> bool {
    tags.iter().any(|it| it.key() == Some(INTENT) && it.value() == Some(key.as_str()))
}

/// Tags of a create, with the tag by which [`by_intent`] finds its object.
pub fn tags_on_create(resource: ResourceType, tags: &Tags, key: &IntentKey) -> TagSpecification {
    let tags = tags::with_intent(tags, key);
    TagSpecification::builder().resource_type(resource).set_tags(Some(sdk_tags(&tags))).build()
}

/// Tags of a create that is found again by its token; `None` where there are none.
pub fn tagged(resource: ResourceType, tags: &Tags) -> Option<TagSpecification> {
    let specification = TagSpecification::builder().resource_type(resource).set_tags(Some(sdk_tags(tags)));
    (!tags.is_empty()).then(|| specification.build())
}

/// Tags as an answer tells them.
pub fn observed_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags::observed(tags.unwrap_or_default().into_iter().map(|it| (it.key, it.value)))
}

/// Turns the tags `prior` of an object into `now`, with at most one call each for what is set and what is removed.
///
/// # Errors
/// A call is refused.
pub async fn retag(aws: &Aws, id: &str, prior: &Tags, now: &Tags) -> Result<()> {
    let diff = tags::diff(prior, now);
    if !diff.remove.is_empty() {
        let keys = diff.remove.iter().map(|key| Tag::builder().key(key).build()).collect();
        let call = aws.ec2.delete_tags().resources(id).set_tags(Some(keys)).send();
        call.await.context("removing tags (DeleteTags)")?;
    }
    if !diff.set.is_empty() {
        let call = aws.ec2.create_tags().resources(id).set_tags(Some(sdk_tags(&diff.set))).send();
        call.await.context("setting tags (CreateTags)")?;
    }
    Ok(())
}

/// ARN of an EC2 object: `subnet/subnet-1`.
pub fn arn(aws: &Aws, owner: &str, resource: &str) -> String {
    crate::wire::arn::arn(aws.partition.id, "ec2", &aws.region, owner, resource)
}

/// A switch as attribute calls take it.
pub fn switch(value: impl Into<Option<bool>>) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value.into().unwrap_or_default()).build()
}

/// Tags for a call.
pub fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
