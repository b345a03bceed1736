//! `aws_route_table_association`: which route table a subnet or gateway uses.

use aws_sdk_ec2::types::{self, RouteTableAssociationState, RouteTableAssociationStateCode};
use plumb_engine::Schema;
use plumb_engine::diagnostic::Diagnostics;
use plumb_engine::provider::typed::{Id, Made, Observed, Phase, Prior, Resource, Result, Timeouts};
use plumb_engine::provider::{Creation, IntentKey, PlannedChange, Recognition};
use plumb_engine::value::Value;
use serde::{Deserialize, Serialize};

use super::{FILTER_VALUES, VISIBLE, filter};
use crate::client::Aws;
use crate::wire::{Absent, Check, Context, pages, patiently, plan, told};

const GONE: &[&str] = &["InvalidAssociationID.NotFound"];
const NOT_YET: &[&str] = &["InvalidRouteTableID.NotFound", "InvalidSubnetID.NotFound"];

/// Which route table a subnet, or an internet or virtual private gateway, uses. Without an association a subnet uses
/// the VPC's main table.
#[derive(Clone, Debug, Default, Schema, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteTableAssociation {
    /// The route table; another is put in its place without a gap.
    pub route_table_id: String,
    /// The subnet.
    #[attr(force_new, conflicts_with("gateway_id"))]
    pub subnet_id: Option<String>,
    /// The gateway, whose traffic into the VPC takes the table.
    #[attr(force_new, conflicts_with("subnet_id"))]
    pub gateway_id: Option<String>,
}

impl Resource for RouteTableAssociation {
    type Client = Aws;
    const TYPE: &'static str = "aws_route_table_association";
    const RECOGNITION: Recognition = Recognition::Arguments;
    const TIMEOUTS: Timeouts = Timeouts::minutes(5);
    const BATCH: usize = FILTER_VALUES;
    const POLL: std::time::Duration = std::time::Duration::from_secs(1);

    fn validate(config: &Value) -> Diagnostics {
        let mut check = Check::of(config);
        check.exactly_one(&["subnet_id", "gateway_id"]);
        check.found()
    }

    fn plan(change: &mut PlannedChange, _client: Option<&Aws>) -> Diagnostics {
        plan::follow(change, &["route_table_id"], &["id"]);
        Diagnostics::new()
    }

    async fn create(&self, aws: &Aws, creation: &Creation<'_>) -> Result<Made<Self>> {
        let (id, state) = self.associate(aws).await?;
        creation.made(&id);
        let is_ready = phase(state.as_ref()) == Phase::Ready;
        Ok(if is_ready { Made::ready(id, self.clone()) } else { Made::id(id) })
    }

    async fn read(aws: &Aws, objects: &[Prior<Self>]) -> Result<Vec<Observed<Self>>> {
        let found = find(aws, objects).await?;
        let seen = objects.iter().filter_map(|object| {
            let by_id = found.iter().find(|it| it.route_table_association_id() == Some(object.id.as_str()));
            let seen = by_id.or_else(|| found.iter().find(|it| is_of(it, object)))?;
            let state = Self {
                route_table_id: seen.route_table_id.clone()?,
                subnet_id: seen.subnet_id.clone(),
                gateway_id: seen.gateway_id.clone(),
            };
            let id = seen.route_table_association_id.clone()?;
            let phase = phase(seen.association_state.as_ref());
            Some(Observed::ready(id, state).phase(phase).asked_as(&object.id))
        });
        Ok(seen.collect())
    }

    async fn update(&self, aws: &Aws, id: &str, prior: &Self) -> Result<()> {
        if self.route_table_id == prior.route_table_id {
            return Ok(());
        }
        let call =
            || aws.ec2.replace_route_table_association().association_id(id).route_table_id(&self.route_table_id).send();
        let done = patiently(VISIBLE, NOT_YET, call).await;
        let done = done.absent("changing aws_route_table_association (ReplaceRouteTableAssociation)", GONE)?;
        if done.is_none() {
            self.associate(aws).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, id: &str) -> Result<()> {
        let call = aws.ec2.disassociate_route_table().association_id(id).send();
        call.await.absent("deleting aws_route_table_association (DisassociateRouteTable)", GONE).map(drop)
    }

    async fn find(&self, aws: &Aws, _key: &IntentKey) -> Result<Option<Id>> {
        let found = Self::read(aws, &[Prior { id: String::new(), state: Some(self.clone()) }]).await?;
        Ok(found.into_iter().find(|it| it.state.route_table_id == self.route_table_id).map(|it| it.id))
    }
}

impl RouteTableAssociation {
    async fn associate(&self, aws: &Aws) -> Result<(Id, Option<RouteTableAssociationState>)> {
        let action = "creating aws_route_table_association (AssociateRouteTable)";
        let call = aws
            .ec2
            .associate_route_table()
            .route_table_id(&self.route_table_id)
            .set_subnet_id(self.subnet_id.clone())
            .set_gateway_id(self.gateway_id.clone());
        let made = patiently(VISIBLE, NOT_YET, || call.clone().send()).await.context(action)?;
        Ok((told(made.association_id, action)?, made.association_state))
    }
}

/// Associations of all objects: one call for those with subnets, one for those with gateways, one for imports.
async fn find(aws: &Aws, objects: &[Prior<RouteTableAssociation>]) -> Result<Vec<types::RouteTableAssociation>> {
    let state = || objects.iter().filter_map(|it| it.state.as_ref());
    let imports = || objects.iter().filter(|it| it.state.is_none());
    let part = |id: &str| id.split_once('/').map(|(part, _)| part.to_owned());
    let (subnets, gateways): (Vec<_>, Vec<_>) =
        imports().filter_map(|it| part(&it.id)).partition(|it| it.starts_with("subnet-"));
    let filters = [
        ("association.subnet-id", state().filter_map(|it| it.subnet_id.clone()).chain(subnets).collect::<Vec<_>>()),
        ("association.gateway-id", state().filter_map(|it| it.gateway_id.clone()).chain(gateways).collect()),
        (
            "association.route-table-association-id",
            imports().filter(|it| part(&it.id).is_none()).map(|it| it.id.clone()).collect(),
        ),
    ];
    let mut found = Vec::new();
    for (name, values) in filters {
        if !values.is_empty() {
            let call = aws.ec2.describe_route_tables().filters(filter(name, values));
            let tables = pages!(call, "reading aws_route_table_association (DescribeRouteTables)")?;
            found.extend(tables.into_iter().flat_map(|it| it.associations.unwrap_or_default()));
        }
    }
    found.retain(|it| it.main != Some(true));
    Ok(found)
}

/// Whether an association is that of an object whose association id is another: it was replaced, or an import names
/// subnet or gateway and table.
fn is_of(association: &types::RouteTableAssociation, object: &Prior<RouteTableAssociation>) -> bool {
    let end = association.subnet_id().or(association.gateway_id());
    match &object.state {
        Some(state) => end == state.subnet_id.as_deref().or(state.gateway_id.as_deref()),
        None => object.id.split_once('/') == end.zip(association.route_table_id()),
    }
}

fn phase(state: Option<&RouteTableAssociationState>) -> Phase {
    match state.and_then(|it| it.state.as_ref()) {
        Some(RouteTableAssociationStateCode::Associating) => Phase::Pending("associating".into()),
        Some(RouteTableAssociationStateCode::Disassociating | RouteTableAssociationStateCode::Disassociated) => {
            Phase::Deleting
        }
        Some(RouteTableAssociationStateCode::Failed) => {
            Phase::Failed(state.and_then(|it| it.status_message.clone()).unwrap_or_default())
        }
        _ => Phase::Ready,
    }
}
