//! Changes of a table: one call for each thing, because DynamoDB takes one at a time, and a wait after each.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate,
    IndexStatus, PointInTimeRecoverySpecification, SseStatus, TableClass, TableDescription, TableStatus,
    TimeToLiveSpecification, UpdateGlobalSecondaryIndexAction,
};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::{Resource, Result};

use super::blocks::{GlobalIndex, KeyAttribute, OnDemandThroughput, ServerSideEncryption, throughput};
use super::{PATIENCE, TOO_MANY, Table};
use crate::client::Aws;
use crate::dynamodb::{GONE, retag};
use crate::wire::{Absent, Context, patiently, some, until_found};

const ACTION: &str = "changing aws_dynamodb_table (UpdateTable)";
/// Continuous backups are not available for some seconds after a table is made.
const NOT_YET: &[&str] = &["ContinuousBackupsUnavailableException", "LimitExceededException"];

impl Table {
    /// Turns `prior` into `self`.
    pub(super) async fn change(&self, aws: &Aws, prior: &Self) -> Result<()> {
        let call = || aws.dynamodb.update_table().table_name(&self.name);
        if self.deletion_protection_enabled != prior.deletion_protection_enabled {
            self.send(aws, call().deletion_protection_enabled(self.deletion_protection_enabled)).await?;
        }
        self.change_capacity(aws, prior).await?;
        if (self.stream_enabled, self.stream().stream_view_type)
            != (prior.stream_enabled, prior.stream().stream_view_type)
        {
            if prior.stream_enabled && self.stream_enabled {
                let off = Self { stream_enabled: false, ..self.clone() };
                self.send(aws, call().stream_specification(off.stream())).await?;
            }
            self.send(aws, call().stream_specification(self.stream())).await?;
        }
        let encryption = |it: &Self| it.server_side_encryption.first().filter(|it| it.enabled).cloned();
        if encryption(self) != encryption(prior) {
            let now = encryption(self).unwrap_or_default();
            self.send(aws, call().sse_specification(ServerSideEncryption::specification(&now))).await?;
        }
        if self.table_class != prior.table_class {
            self.send(aws, call().table_class(TableClass::from(self.table_class.as_str()))).await?;
        }
        self.change_indexes(aws, prior).await?;
        self.set_ttl(aws, prior).await?;
        self.set_recovery(aws, prior).await?;
        retag(aws, prior.arn.as_deref().unwrap_or_default(), &prior.tags_all, &self.tags_all).await
    }

    /// Sets when items expire.
    pub(super) async fn set_ttl(&self, aws: &Aws, prior: &Self) -> Result<()> {
        let on = |it: &Self| it.ttl.iter().find(|it| it.enabled).and_then(|it| it.attribute_name.clone());
        let specification = match (on(self), on(prior)) {
            (now, before) if now == before => return Ok(()),
            (Some(now), _) => TimeToLiveSpecification::builder().attribute_name(now).enabled(true),
            (None, before) => TimeToLiveSpecification::builder().set_attribute_name(before).enabled(false),
        };
        let specification = specification.build().expect("attribute and switch are set");
        let call = aws.dynamodb.update_time_to_live().table_name(&self.name);
        let done = call.time_to_live_specification(specification).send().await;
        done.context("changing aws_dynamodb_table (UpdateTimeToLive)").map(drop)
    }

    /// Turns continuous backups on and off.
    pub(super) async fn set_recovery(&self, aws: &Aws, prior: &Self) -> Result<()> {
        let of = |it: &Self| it.point_in_time_recovery.first().filter(|it| it.enabled).cloned();
        let (now, before) = (of(self), of(prior));
        if now == before {
            return Ok(());
        }
        let days = now.as_ref().and_then(|it| it.recovery_period_in_days).map(|it| it as i32);
        let specification = PointInTimeRecoverySpecification::builder()
            .point_in_time_recovery_enabled(now.is_some())
            .set_recovery_period_in_days(days)
            .build()
            .expect("the switch is set");
        let call = aws.dynamodb.update_continuous_backups().table_name(&self.name);
        let call = call.point_in_time_recovery_specification(specification);
        let done = patiently(PATIENCE, NOT_YET, || call.clone().send()).await;
        done.context("changing aws_dynamodb_table (UpdateContinuousBackups)").map(drop)
    }

    async fn change_capacity(&self, aws: &Aws, prior: &Self) -> Result<()> {
        let of = |it: &Self| (it.billing_mode.clone(), it.read_capacity, it.write_capacity);
        let call = aws.dynamodb.update_table().table_name(&self.name);
        if self.is_on_demand() {
            let limits = self.on_demand_throughput.first().filter(|it| Some(*it) != prior.on_demand_throughput.first());
            if !prior.is_on_demand() || limits.is_some() {
                let call = call.billing_mode(BillingMode::PayPerRequest);
                let limits = limits.map(OnDemandThroughput::sdk);
                self.send(aws, call.set_on_demand_throughput(limits)).await?;
            }
        } else if of(self) != of(prior) {
            let call = call.billing_mode(BillingMode::Provisioned);
            // What was on demand needs capacities of every index at once.
            let kept = self.global_secondary_index.iter().filter(|it| {
                prior.is_on_demand() && prior.global_secondary_index.iter().any(|prior| prior.name == it.name)
            });
            let updates: Vec<_> = kept.map(resized).collect();
            let call = call.provisioned_throughput(throughput(self.read_capacity, self.write_capacity));
            self.send(aws, call.set_global_secondary_index_updates(some(&updates))).await?;
        }
        Ok(())
    }

    /// Removes, resizes and makes indexes, one after the other.
    async fn change_indexes(&self, aws: &Aws, prior: &Self) -> Result<()> {
        let on_demand = self.is_on_demand();
        let same = |it: &GlobalIndex| {
            self.global_secondary_index.iter().find(|now| now.name == it.name && now.has_shape_of(it))
        };
        let before = |it: &GlobalIndex| {
            prior.global_secondary_index.iter().find(|old| old.name == it.name && old.has_shape_of(it))
        };
        let mut updates = Vec::new();
        for index in prior.global_secondary_index.iter().filter(|it| same(it).is_none()) {
            let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(&index.name).build();
            updates.push(GlobalSecondaryIndexUpdate::builder().delete(delete.expect("the name is set")).build());
        }
        for index in &self.global_secondary_index {
            let capacity = |it: &GlobalIndex| (it.read_capacity, it.write_capacity);
            match before(index) {
                Some(old) if !on_demand && !prior.is_on_demand() && capacity(old) != capacity(index) => {
                    updates.push(resized(index))
                }
                Some(old) if on_demand && old.on_demand_throughput != index.on_demand_throughput => {
                    updates.push(resized(index))
                }
                Some(_) => {}
                None => updates.push(made(index, on_demand)),
            }
        }
        for update in updates {
            let definitions = self.attribute.iter().map(KeyAttribute::definition).collect();
            let call = aws.dynamodb.update_table().table_name(&self.name).set_attribute_definitions(Some(definitions));
            self.send(aws, call.global_secondary_index_updates(update)).await?;
        }
        Ok(())
    }

    async fn send(&self, aws: &Aws, call: UpdateTableFluentBuilder) -> Result<()> {
        patiently(PATIENCE, TOO_MANY, || call.clone().send()).await.context(ACTION)?;
        until_active(aws, &self.name, Self::TIMEOUTS.update).await
    }
}

/// Waits until a table and all of its indexes are ready for the next change.
pub(super) async fn until_active(aws: &Aws, name: &str, limit: Duration) -> Result<()> {
    let action = "waiting for aws_dynamodb_table (DescribeTable)";
    let look = || async {
        let found = aws.dynamodb.describe_table().table_name(name).send().await.absent(action, GONE)?;
        Ok(found.and_then(|it| it.table).filter(is_settled))
    };
    match until_found(limit, look).await? {
        Some(_) => Ok(()),
        None => Err(ProviderError::unanswered(action, format!("{name} is not active yet"))),
    }
}

fn is_settled(table: &TableDescription) -> bool {
    let encrypting = table.sse_description.as_ref().and_then(|it| it.status.as_ref());
    let indexes = table.global_secondary_indexes().iter();
    table.table_status == Some(TableStatus::Active)
        && !matches!(encrypting, Some(SseStatus::Enabling | SseStatus::Disabling | SseStatus::Updating))
        && indexes.map(|it| it.index_status.as_ref()).all(|it| it.is_none_or(|it| *it == IndexStatus::Active))
}

fn resized(index: &GlobalIndex) -> GlobalSecondaryIndexUpdate {
    let limits = index.on_demand_throughput.first().map(OnDemandThroughput::sdk);
    let provisioned = limits.is_none().then(|| index.throughput());
    let update = UpdateGlobalSecondaryIndexAction::builder()
        .index_name(&index.name)
        .set_provisioned_throughput(provisioned)
        .set_on_demand_throughput(limits)
        .build()
        .expect("the name is set");
    GlobalSecondaryIndexUpdate::builder().update(update).build()
}

fn made(index: &GlobalIndex, on_demand: bool) -> GlobalSecondaryIndexUpdate {
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name(&index.name)
        .set_key_schema(Some(index.keys()))
        .projection(index.projection())
        .set_provisioned_throughput((!on_demand).then(|| index.throughput()))
        .set_on_demand_throughput(index.on_demand_throughput.first().map(OnDemandThroughput::sdk))
        .build()
        .expect("an index has a name and keys");
    GlobalSecondaryIndexUpdate::builder().create(create).build()
}
