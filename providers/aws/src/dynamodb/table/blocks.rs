//! Blocks of `aws_dynamodb_table`, to the SDK's types and back.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndex, GlobalSecondaryIndexDescription, KeySchemaElement, KeyType,
    LocalSecondaryIndex, LocalSecondaryIndexDescription, OnDemandThroughput as SdkOnDemand, Projection, ProjectionType,
    ProvisionedThroughput, ScalarAttributeType, SseSpecification, SseType,
};
use plumb_engine::Schema;
use serde::{Deserialize, Serialize};

use crate::wire::some;

/// An attribute that is part of a key.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyAttribute {
    /// Name of the attribute.
    pub name: String,
    /// Its type: `S` for texts, `N` for numbers, `B` for bytes.
    pub r#type: String,
}

/// An index with a key of its own, over the whole table.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct GlobalIndex {
    /// Name of the index.
    pub name: String,
    /// Attribute that is the index's partition key.
    pub hash_key: String,
    /// Attribute that is the index's sort key.
    pub range_key: Option<String>,
    /// Attributes that the index holds: `ALL`, `KEYS_ONLY`, or `INCLUDE` for those of `non_key_attributes`.
    pub projection_type: String,
    /// Attributes that the index holds besides keys.
    #[attr(set)]
    pub non_key_attributes: Vec<String>,
    /// Reads per second, for billing mode `PROVISIONED`.
    pub read_capacity: Option<i64>,
    /// Writes per second, for billing mode `PROVISIONED`.
    pub write_capacity: Option<i64>,
    /// Most that is read and written on demand.
    #[block(list, max = 1)]
    pub on_demand_throughput: Vec<OnDemandThroughput>,
}

/// An index with another sort key, for items of the same partition key. It can only be made with the table.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalIndex {
    /// Name of the index.
    #[attr(force_new)]
    pub name: String,
    /// Attribute that is the index's sort key.
    #[attr(force_new)]
    pub range_key: String,
    /// Attributes that the index holds: `ALL`, `KEYS_ONLY`, or `INCLUDE` for those of `non_key_attributes`.
    #[attr(force_new)]
    pub projection_type: String,
    /// Attributes that the index holds besides keys.
    #[attr(force_new)]
    pub non_key_attributes: Vec<String>,
}

/// Most that is read and written in billing mode `PAY_PER_REQUEST`; -1 for no limit.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct OnDemandThroughput {
    /// Most reads per second.
    #[attr(optional, computed)]
    pub max_read_request_units: Option<i64>,
    /// Most writes per second.
    #[attr(optional, computed)]
    pub max_write_request_units: Option<i64>,
}

/// When items expire.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Ttl {
    /// Attribute with the time of expiry, in seconds since 1970.
    pub attribute_name: Option<String>,
    /// Whether items expire.
    #[attr(default = false)]
    pub enabled: bool,
}

/// Continuous backups.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct PointInTimeRecovery {
    /// Whether the table can be restored to any second of the past days.
    pub enabled: bool,
    /// How many days; 35 when left out.
    #[attr(optional, computed)]
    pub recovery_period_in_days: Option<i64>,
}

/// Encryption with a key of KMS, instead of one that DynamoDB owns.
#[derive(Clone, Debug, Default, PartialEq, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSideEncryption {
    /// Whether a key of KMS is used.
    pub enabled: bool,
    /// The key; the account's key for DynamoDB when left out.
    #[attr(optional, computed)]
    pub kms_key_arn: Option<String>,
}

impl KeyAttribute {
    pub(super) fn definition(&self) -> AttributeDefinition {
        let definition = AttributeDefinition::builder().attribute_name(&self.name);
        let kind = ScalarAttributeType::from(self.r#type.as_str());
        definition.attribute_type(kind).build().expect("name and type are set")
    }

    pub(super) fn observe(definition: AttributeDefinition) -> Self {
        Self { name: definition.attribute_name, r#type: definition.attribute_type.as_str().to_owned() }
    }
}

impl GlobalIndex {
    pub(super) fn index(&self, on_demand: bool) -> GlobalSecondaryIndex {
        GlobalSecondaryIndex::builder()
            .index_name(&self.name)
            .set_key_schema(Some(self.keys()))
            .projection(self.projection())
            .set_provisioned_throughput((!on_demand).then(|| self.throughput()))
            .set_on_demand_throughput(self.on_demand_throughput.first().map(OnDemandThroughput::sdk))
            .build()
            .expect("an index has a name and keys")
    }

    pub(super) fn keys(&self) -> Vec<KeySchemaElement> {
        keys(&self.hash_key, self.range_key.as_deref())
    }

    pub(super) fn projection(&self) -> Projection {
        projection(&self.projection_type, &self.non_key_attributes)
    }

    pub(super) fn throughput(&self) -> ProvisionedThroughput {
        throughput(self.read_capacity, self.write_capacity)
    }

    /// Whether both are about the same items and attributes; an index that is not cannot be changed, only replaced.
    pub(super) fn has_shape_of(&self, other: &Self) -> bool {
        let sorted = |it: &Self| {
            let mut names = it.non_key_attributes.clone();
            names.sort();
            names
        };
        (self.keys(), &self.projection_type, sorted(self)) == (other.keys(), &other.projection_type, sorted(other))
    }

    /// What is shown; capacities that mean nothing stay as `prior` has them.
    pub(super) fn observe(index: GlobalSecondaryIndexDescription, prior: Option<&Self>) -> Option<Self> {
        let (hash_key, range_key) = named_keys(index.key_schema.unwrap_or_default());
        let (projection_type, non_key_attributes) = observed_projection(index.projection);
        let provisioned = index.provisioned_throughput;
        let number = |it: Option<i64>, prior: Option<i64>| it.filter(|it| *it > 0).or(prior.filter(|it| *it == 0));
        let limits = index.on_demand_throughput.map(OnDemandThroughput::observe);
        Some(Self {
            name: index.index_name?,
            hash_key,
            range_key,
            projection_type,
            non_key_attributes,
            read_capacity: number(
                provisioned.as_ref().and_then(|it| it.read_capacity_units),
                prior.and_then(|it| it.read_capacity),
            ),
            write_capacity: number(
                provisioned.as_ref().and_then(|it| it.write_capacity_units),
                prior.and_then(|it| it.write_capacity),
            ),
            on_demand_throughput: limits.filter(OnDemandThroughput::limits).into_iter().collect(),
        })
    }
}

impl LocalIndex {
    pub(super) fn index(&self, hash_key: &str) -> LocalSecondaryIndex {
        LocalSecondaryIndex::builder()
            .index_name(&self.name)
            .set_key_schema(Some(keys(hash_key, Some(&self.range_key))))
            .projection(projection(&self.projection_type, &self.non_key_attributes))
            .build()
            .expect("an index has a name and keys")
    }

    pub(super) fn observe(index: LocalSecondaryIndexDescription) -> Option<Self> {
        let (_, range_key) = named_keys(index.key_schema.unwrap_or_default());
        let (projection_type, non_key_attributes) = observed_projection(index.projection);
        Some(Self { name: index.index_name?, range_key: range_key?, projection_type, non_key_attributes })
    }
}

impl OnDemandThroughput {
    pub(super) fn sdk(&self) -> SdkOnDemand {
        SdkOnDemand::builder()
            .set_max_read_request_units(self.max_read_request_units)
            .set_max_write_request_units(self.max_write_request_units)
            .build()
    }

    pub(super) fn observe(found: SdkOnDemand) -> Self {
        Self {
            max_read_request_units: found.max_read_request_units,
            max_write_request_units: found.max_write_request_units,
        }
    }

    pub(super) fn limits(&self) -> bool {
        [self.max_read_request_units, self.max_write_request_units].into_iter().flatten().any(|it| it > 0)
    }
}

impl ServerSideEncryption {
    pub(super) fn specification(&self) -> SseSpecification {
        let key = self.kms_key_arn.clone().filter(|it| self.enabled && !it.is_empty());
        let kind = self.enabled.then_some(SseType::Kms);
        SseSpecification::builder().enabled(self.enabled).set_sse_type(kind).set_kms_master_key_id(key).build()
    }
}

/// Keys of a table or index.
pub(super) fn keys(hash: &str, range: Option<&str>) -> Vec<KeySchemaElement> {
    let key = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and type are set")
    };
    let range = range.filter(|it| !it.is_empty()).map(|it| key(it, KeyType::Range));
    [key(hash, KeyType::Hash)].into_iter().chain(range).collect()
}

/// Partition and sort key of an answer.
pub(super) fn named_keys(found: Vec<KeySchemaElement>) -> (String, Option<String>) {
    let (hash, range): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.key_type == KeyType::Hash);
    let name = |keys: Vec<KeySchemaElement>| keys.into_iter().next().map(|it| it.attribute_name);
    (name(hash).unwrap_or_default(), name(range))
}

/// Reads and writes per second as calls take them.
pub(super) fn throughput(read: Option<i64>, write: Option<i64>) -> ProvisionedThroughput {
    let builder = ProvisionedThroughput::builder().read_capacity_units(read.unwrap_or(1).max(1));
    builder.write_capacity_units(write.unwrap_or(1).max(1)).build().expect("both are set")
}

fn projection(kind: &str, attributes: &[String]) -> Projection {
    let builder = Projection::builder().projection_type(ProjectionType::from(kind));
    builder.set_non_key_attributes(some(attributes)).build()
}

fn observed_projection(found: Option<Projection>) -> (String, Vec<String>) {
    let kind = found.as_ref().and_then(|it| it.projection_type.as_ref()).map(|it| it.as_str().to_owned());
    (kind.unwrap_or_default(), found.and_then(|it| it.non_key_attributes).unwrap_or_default())
}
