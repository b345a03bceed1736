//! `aws_dynamodb_table`: a table of items.

mod blocks;
mod change;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    BillingMode, PointInTimeRecoveryStatus, SseStatus, StreamSpecification, StreamViewType, TableClass,
    TableDescription, TableStatus, TimeToLiveStatus,
};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

pub use self::blocks::{
    GlobalIndex, KeyAttribute, LocalIndex, OnDemandThroughput, PointInTimeRecovery, ServerSideEncryption, Ttl,
};
use self::blocks::{keys, named_keys, throughput};
use super::{GONE, sdk_tags, tags_of};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, Tags, check, each, pages, patiently, plan, some};

const ON_DEMAND: &str = "PAY_PER_REQUEST";
/// An account makes and changes only so many tables at once.
const PATIENCE: Duration = Duration::from_secs(300);
const TOO_MANY: &[&str] = &["LimitExceededException"];

/// A table of items with a key. Replicas in other regions, restores and imports of data are not managed here.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {
    /// Name, unique in the region.
    #[attr(force_new)]
    pub name: String,
    /// Attribute that is the partition key; declared in an `attribute` block.
    #[attr(force_new)]
    pub hash_key: String,
    /// Attribute that is the sort key; declared in an `attribute` block.
    #[attr(force_new)]
    pub range_key: Option<String>,
    /// `PROVISIONED`, or `PAY_PER_REQUEST` to pay for what is used.
    #[attr(default = "PROVISIONED")]
    pub billing_mode: String,
    /// Reads per second, for billing mode `PROVISIONED`.
    #[attr(optional, computed)]
    pub read_capacity: Option<i64>,
    /// Writes per second, for billing mode `PROVISIONED`.
    #[attr(optional, computed)]
    pub write_capacity: Option<i64>,
    /// Attributes that keys of the table and its indexes are made of, and no others.
    #[block(set)]
    pub attribute: Vec<KeyAttribute>,
    /// Indexes with keys of their own. One whose keys or projection are changed is made anew.
    #[block(set)]
    pub global_secondary_index: Vec<GlobalIndex>,
    /// Indexes with other sort keys.
    #[block(set, force_new)]
    pub local_secondary_index: Vec<LocalIndex>,
    /// Most that is read and written in billing mode `PAY_PER_REQUEST`.
    #[block(list, max = 1, computed)]
    pub on_demand_throughput: Vec<OnDemandThroughput>,
    /// Whether changes of items can be read as a stream.
    #[attr(default = false)]
    pub stream_enabled: bool,
    /// What the stream tells: `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`.
    #[attr(optional, computed)]
    pub stream_view_type: Option<String>,
    /// When items expire. Read only while it is set and in an import, because it costs a call of its own.
    #[block(list, max = 1)]
    pub ttl: Vec<Ttl>,
    /// Continuous backups. Read only while they are set and in an import, because it costs a call of its own.
    #[block(list, max = 1, computed)]
    pub point_in_time_recovery: Vec<PointInTimeRecovery>,
    /// Encryption with a key of KMS.
    #[block(list, max = 1, computed)]
    pub server_side_encryption: Vec<ServerSideEncryption>,
    /// `STANDARD`, or `STANDARD_INFREQUENT_ACCESS` for what is kept rather than read.
    #[attr(default = "STANDARD")]
    pub table_class: String,
    /// Whether AWS refuses to delete the table.
    #[attr(default = false)]
    pub deletion_protection_enabled: bool,
    /// ARN of the table.
    #[attr(computed)]
    pub arn: Option<String>,
    /// ARN of the stream.
    #[attr(computed)]
    pub stream_arn: Option<String>,
    /// Time at which the stream was turned on.
    #[attr(computed)]
    pub stream_label: Option<String>,
    /// Tags of the table. They are read only while there are some and in an import, because it costs a call of its own.
    pub tags: Tags,
    /// Tags of the table, with the provider's default tags.
    #[attr(computed)]
    pub tags_all: Tags,
}

impl Resource for Table {
    type Client = Aws;
    const TYPE: &'static str = "aws_dynamodb_table";
    const RECOGNITION: Recognition = Recognition::NaturalName;
    const TIMEOUTS: Timeouts = Timeouts {
        create: Duration::from_secs(30 * 60),
        update: Duration::from_secs(60 * 60),
        delete: Duration::from_secs(10 * 60),
    };
    const POLL: Duration = Duration::from_secs(3);
    const WAIT_GONE: bool = true;

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.one_of("billing_mode", &["PROVISIONED", ON_DEMAND]);
        check.one_of("stream_view_type", &["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]);
        check.one_of("table_class", &["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
        let allowed = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
        if let Some(name) = check.text("name").filter(|it| !(3..=255).contains(&it.len()) || !it.chars().all(allowed)) {
            let detail = format!("is \"{name}\"; it takes 3 to 255 letters, digits and the characters \"_-.\".");
            check.error("name", detail);
        }
        if check.text("billing_mode") == Some("PROVISIONED") || check.is_set("billing_mode") == Some(false) {
            for name in ["read_capacity", "write_capacity"] {
                if check.is_set(name) == Some(false) {
                    let detail = "is missing: billing mode PROVISIONED needs it. Set it, or billing_mode = \
                                  \"PAY_PER_REQUEST\".";
                    check.error(name, detail);
                }
            }
        }
        if let Some((attributes, used)) = attributes(config) {
            for name in used.difference(&attributes) {
                check.error("attribute", format!("is missing for \"{name}\", which is part of a key. Add the block."));
            }
            for name in attributes.difference(&used) {
                let detail = format!(
                    "declares \"{name}\", which is part of no key. Remove the block: other attributes of items are not declared."
                );
                check.error("attribute", detail);
            }
        }
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(
            change,
            &["stream_enabled", "stream_view_type"],
            &["stream_arn", "stream_label", "stream_view_type"],
        );
        plan::follow(change, &["billing_mode"], &["read_capacity", "write_capacity", "on_demand_throughput"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let call = self.request(aws);
        let made = patiently(PATIENCE, TOO_MANY, || call.clone().send()).await;
        made.context("creating aws_dynamodb_table (CreateTable)")?;
        creation.made(&self.name);
        let none = Self::default();
        if self.ttl != none.ttl || self.point_in_time_recovery != none.point_in_time_recovery {
            change::until_active(aws, &self.name, creation.timeout).await?;
            self.set_ttl(aws, &none).await?;
            self.set_recovery(aws, &none).await?;
        }
        Ok(Made::id(self.name.clone()))
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = each(objects.to_vec(), |object| async move {
            let call = aws.dynamodb.describe_table().table_name(&object.id).send();
            let found = call.await.absent("reading aws_dynamodb_table (DescribeTable)", GONE)?;
            match found.and_then(|it| it.table) {
                Some(table) => Self::observe(aws, table, object.state).await,
                None => Ok(None),
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn update(&self, aws: &Aws, _id: &str, prior: &Self) -> Result<()> {
        self.change(aws, prior).await
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = || aws.dynamodb.delete_table().table_name(id).send();
        // A table that is being changed cannot be deleted yet.
        let busy = &["LimitExceededException", "ResourceInUseException"];
        let done = patiently(Self::TIMEOUTS.delete, busy, call).await;
        done.absent("deleting aws_dynamodb_table (DeleteTable)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = aws.dynamodb.describe_table().table_name(&self.name).send().await;
        let found = found.absent("finding aws_dynamodb_table (DescribeTable)", GONE)?.and_then(|it| it.table);
        Ok(found.filter(|it| it.table_status != Some(TableStatus::Deleting)).and_then(|it| it.table_name))
    }

    async fn list(aws: &Aws) -> Result<Vec<Id>> {
        pages!(aws.dynamodb.list_tables(), "listing aws_dynamodb_table (ListTables)")
    }
}

impl Table {
    fn is_on_demand(&self) -> bool {
        self.billing_mode == ON_DEMAND
    }

    fn request(&self, aws: &Aws) -> CreateTableFluentBuilder {
        let on_demand = self.is_on_demand();
        let definitions: Vec<_> = self.attribute.iter().map(KeyAttribute::definition).collect();
        let global: Vec<_> = self.global_secondary_index.iter().map(|it| it.index(on_demand)).collect();
        let local: Vec<_> = self.local_secondary_index.iter().map(|it| it.index(&self.hash_key)).collect();
        let encryption = self.server_side_encryption.first().filter(|it| it.enabled);
        aws.dynamodb
            .create_table()
            .table_name(&self.name)
            .set_attribute_definitions(Some(definitions))
            .set_key_schema(Some(keys(&self.hash_key, self.range_key.as_deref())))
            .billing_mode(BillingMode::from(self.billing_mode.as_str()))
            .set_provisioned_throughput((!on_demand).then(|| throughput(self.read_capacity, self.write_capacity)))
            .set_on_demand_throughput(self.on_demand_throughput.first().map(OnDemandThroughput::sdk))
            .set_global_secondary_indexes(some(&global))
            .set_local_secondary_indexes(some(&local))
            .set_stream_specification(self.stream_enabled.then(|| self.stream()))
            .set_sse_specification(encryption.map(ServerSideEncryption::specification))
            .table_class(TableClass::from(self.table_class.as_str()))
            .deletion_protection_enabled(self.deletion_protection_enabled)
            .set_tags(sdk_tags(&self.tags_all))
    }

    fn stream(&self) -> StreamSpecification {
        let view = self.stream_view_type.as_deref().filter(|it| self.stream_enabled && !it.is_empty());
        let builder = StreamSpecification::builder().stream_enabled(self.stream_enabled);
        builder.set_stream_view_type(view.map(StreamViewType::from)).build().expect("it says whether it is on")
    }

    async fn observe(aws: &Aws, table: TableDescription, prior: Option<Self>) -> Result<Option<Observed<Self>>> {
        let Some(name) = table.table_name.clone() else { return Ok(None) };
        let phase = match table.table_status.as_ref() {
            Some(it @ (TableStatus::Creating | TableStatus::Updating)) => Phase::Pending(it.as_str().to_owned()),
            Some(TableStatus::Deleting) => Phase::Deleting,
            _ => Phase::Ready,
        };
        let arn = table.table_arn.clone().unwrap_or_default();
        // What costs a call of its own is asked for where it is known to be in use, or nothing is known.
        let asks = |of: fn(&Self) -> bool| phase == Phase::Ready && prior.as_ref().is_none_or(of);
        let state = Self {
            ttl: match asks(|it| !it.ttl.is_empty()) {
                true => ttl_of(aws, &name, prior.as_ref()).await?,
                false => Vec::new(),
            },
            point_in_time_recovery: match asks(|it| !it.point_in_time_recovery.is_empty()) {
                true => recovery_of(aws, &name).await?,
                false => Vec::new(),
            },
            tags_all: match asks(|it| !it.tags_all.is_empty()) {
                true => tags_of(aws, &arn).await?,
                false => Tags::new(),
            },
            ..Self::described(table, &prior.unwrap_or_default())
        };
        Ok(Some(Observed::ready(name, state).phase(phase)))
    }

    fn described(table: TableDescription, prior: &Self) -> Self {
        let billing = table.billing_mode_summary.and_then(|it| it.billing_mode).unwrap_or(BillingMode::Provisioned);
        let (hash_key, range_key) = named_keys(table.key_schema.unwrap_or_default());
        let index_of = |name: Option<&str>| prior.global_secondary_index.iter().find(|it| Some(&*it.name) == name);
        let global = table.global_secondary_indexes.unwrap_or_default().into_iter().filter_map(|it| {
            let known = index_of(it.index_name());
            GlobalIndex::observe(it, known)
        });
        let local = table.local_secondary_indexes.unwrap_or_default().into_iter().filter_map(LocalIndex::observe);
        let stream = table.stream_specification.filter(|it| it.stream_enabled);
        let encryption = table
            .sse_description
            .filter(|it| matches!(it.status, Some(SseStatus::Enabled | SseStatus::Enabling | SseStatus::Updating)));
        let encryption = match encryption {
            Some(it) => vec![ServerSideEncryption { enabled: true, kms_key_arn: it.kms_master_key_arn }],
            None => prior.server_side_encryption.iter().filter(|it| !it.enabled).cloned().collect(),
        };
        let limits = table.on_demand_throughput.map(OnDemandThroughput::observe);
        let class = table.table_class_summary.and_then(|it| it.table_class);
        let provisioned = table.provisioned_throughput;
        Self {
            name: table.table_name.unwrap_or_default(),
            hash_key,
            range_key,
            billing_mode: billing.as_str().to_owned(),
            read_capacity: provisioned.as_ref().and_then(|it| it.read_capacity_units),
            write_capacity: provisioned.and_then(|it| it.write_capacity_units),
            attribute: table.attribute_definitions.unwrap_or_default().into_iter().map(KeyAttribute::observe).collect(),
            global_secondary_index: global.collect(),
            local_secondary_index: local.collect(),
            on_demand_throughput: limits.into_iter().collect(),
            stream_enabled: stream.is_some(),
            stream_view_type: Some(
                stream.and_then(|it| it.stream_view_type).map_or(String::new(), |it| it.as_str().to_owned()),
            ),
            server_side_encryption: encryption,
            table_class: class.map_or("STANDARD".to_owned(), |it| it.as_str().to_owned()),
            deletion_protection_enabled: table.deletion_protection_enabled.unwrap_or_default(),
            arn: table.table_arn,
            stream_arn: Some(table.latest_stream_arn.unwrap_or_default()),
            stream_label: Some(table.latest_stream_label.unwrap_or_default()),
            ..Self::default()
        }
    }
}

/// The blocks that say when items expire: none where they do not, unless `prior` has one that says so.
async fn ttl_of(aws: &Aws, name: &str, prior: Option<&Table>) -> Result<Vec<Ttl>> {
    let answer = aws.dynamodb.describe_time_to_live().table_name(name).send().await;
    let answer = answer.absent("reading aws_dynamodb_table (DescribeTimeToLive)", GONE)?;
    let found = answer.and_then(|it| it.time_to_live_description);
    let on = |it: &Option<TimeToLiveStatus>| matches!(it, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    Ok(match found.filter(|it| on(&it.time_to_live_status)) {
        Some(it) => vec![Ttl { attribute_name: it.attribute_name, enabled: true }],
        None => prior.map(|it| it.ttl.iter().filter(|it| !it.enabled).cloned().collect()).unwrap_or_default(),
    })
}

async fn recovery_of(aws: &Aws, name: &str) -> Result<Vec<PointInTimeRecovery>> {
    let answer = aws.dynamodb.describe_continuous_backups().table_name(name).send().await;
    let gone = &["ResourceNotFoundException", "TableNotFoundException"];
    let answer = answer.absent("reading aws_dynamodb_table (DescribeContinuousBackups)", gone)?;
    let found = answer.and_then(|it| it.continuous_backups_description?.point_in_time_recovery_description);
    let block = found.map(|it| PointInTimeRecovery {
        enabled: it.point_in_time_recovery_status == Some(PointInTimeRecoveryStatus::Enabled),
        recovery_period_in_days: it.recovery_period_in_days.map(i64::from),
    });
    Ok(block.into_iter().collect())
}

/// Names of the declared attributes, and of those that keys are made of; `None` while any is not known.
fn attributes(config: &Value) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let blocks = ["attribute", "global_secondary_index", "local_secondary_index"];
    if blocks.iter().any(|it| config.get(it).is_some_and(|it| !it.is_wholly_known())) {
        return None;
    }
    let keys = |of: &Value| ["hash_key", "range_key"].map(|it| of.get(it).cloned());
    let own = keys(config).into_iter().flatten();
    if own.clone().any(|it| !it.is_wholly_known()) {
        return None;
    }
    let text = |it: &Value| it.as_str().filter(|it| !it.is_empty()).map(str::to_owned);
    let declared = check::blocks(config, "attribute").filter_map(|it| text(it.get("name")?)).collect();
    let indexes = check::blocks(config, "global_secondary_index").chain(check::blocks(config, "local_secondary_index"));
    let used = own.chain(indexes.flat_map(|it| keys(it).into_iter().flatten())).filter_map(|it| text(&it));
    Some((declared, used.collect()))
}
