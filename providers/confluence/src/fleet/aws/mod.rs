//! The machines of AWS: Auto Scaling groups, instances and target groups.

mod backups;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_autoscaling::types as asg;
use aws_sdk_ec2::types::{Filter, InstanceStateName};
use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealthDescription, TargetHealthStateEnum};
use plumb_aws_delivery::{Absent, Config, Connection, Context, client, connect};
use plumb_engine::provider::ProviderError;
use plumb_engine::provider::typed::Result;
use tokio::sync::OnceCell;

use super::{Backup, BackupSource, Fleet, Group, HELD, Health, Instance, Life, Sizes, Target, Template};
use crate::provider::Settings;

/// Codes for a machine that is gone already, or on its way.
const MACHINE_GONE: [&str; 3] = ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed", "IncorrectInstanceState"];

/// The machines that one configuration reaches. The connection is made by the first call that needs it, so that what
/// concerns Confluence alone needs no credentials of AWS.
pub struct AwsFleet {
    config: Config,
    clients: OnceCell<Clients>,
}

/// The clients of the services.
struct Clients {
    connection: Connection,
    autoscaling: aws_sdk_autoscaling::Client,
    backup: aws_sdk_backup::Client,
    ec2: aws_sdk_ec2::Client,
    elbv2: aws_sdk_elasticloadbalancingv2::Client,
    rds: aws_sdk_rds::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

impl AwsFleet {
    /// The machines where the provider block says, or where the AWS SDK finds its settings.
    pub fn new(settings: &Settings) -> Self {
        let config = Config { region: settings.region.clone(), profile: settings.profile.clone(), ..Config::default() };
        Self { config, clients: OnceCell::new() }
    }

    async fn clients(&self) -> Result<&Clients> {
        let make = || async {
            let connection = connect(&self.config).await.map_err(|found| {
                let said: Vec<String> = found.iter().map(|it| format!("{}: {}", it.summary, it.detail)).collect();
                ProviderError::refused("connecting to AWS", said.join("\n"))
            })?;
            Ok(Clients {
                autoscaling: client!(aws_sdk_autoscaling, &connection, "autoscaling"),
                backup: client!(aws_sdk_backup, &connection, "backup"),
                ec2: client!(aws_sdk_ec2, &connection, "ec2"),
                elbv2: client!(aws_sdk_elasticloadbalancingv2, &connection, "elbv2" | "elasticloadbalancingv2"),
                rds: client!(aws_sdk_rds, &connection, "rds"),
                secrets: client!(aws_sdk_secretsmanager, &connection, "secretsmanager"),
                connection,
            })
        };
        self.clients.get_or_try_init(make).await
    }
}

impl Clients {
    async fn auto_scaling_group(&self, name: &str) -> Result<Option<asg::AutoScalingGroup>> {
        let call = self.autoscaling.describe_auto_scaling_groups().auto_scaling_group_names(name).send();
        let answer = call.await.context("reading a group of nodes (DescribeAutoScalingGroups)")?;
        Ok(answer.auto_scaling_groups.unwrap_or_default().into_iter().next())
    }

    /// The machines of a group as EC2 knows them: address and state by id.
    async fn machines(&self, ids: Vec<String>) -> Result<BTreeMap<String, (String, Option<InstanceStateName>)>> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        // A filter passes over ids that are no more, where a list of ids is refused as a whole.
        let filter = Filter::builder().name("instance-id").set_values(Some(ids)).build();
        let mut pages = self.ec2.describe_instances().filters(filter).into_paginator().send();
        let mut machines = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.context("reading nodes (DescribeInstances)")?;
            let instances =
                page.reservations.unwrap_or_default().into_iter().flat_map(|it| it.instances.unwrap_or_default());
            for it in instances {
                let state = it.state.and_then(|state| state.name);
                machines.insert(it.instance_id.unwrap_or_default(), (it.private_ip_address.unwrap_or_default(), state));
            }
        }
        Ok(machines)
    }

    /// A version of a launch template as a number: `$Latest` and `$Default` are looked up.
    async fn version_number(&self, template: &str, version: &str) -> Result<String> {
        if !version.starts_with('$') {
            return Ok(version.to_owned());
        }
        let call = self.ec2.describe_launch_template_versions().launch_template_id(template).versions(version).send();
        let answer = call.await.context("reading a launch template (DescribeLaunchTemplateVersions)")?;
        let number = answer.launch_template_versions.unwrap_or_default().first().and_then(|it| it.version_number);
        Ok(number.map_or_else(|| version.to_owned(), |it| it.to_string()))
    }

    async fn processes(&self, name: &str, suspend: bool) -> Result<()> {
        let processes = Some(HELD.map(str::to_owned).to_vec());
        if suspend {
            let call = self.autoscaling.suspend_processes().auto_scaling_group_name(name);
            let sent = call.set_scaling_processes(processes).send().await;
            return sent.context("holding a group of nodes (SuspendProcesses)").map(drop);
        }
        let call = self.autoscaling.resume_processes().auto_scaling_group_name(name);
        let sent = call.set_scaling_processes(processes).send().await;
        sent.context("releasing a group of nodes (ResumeProcesses)").map(drop)
    }
}

#[async_trait]
impl Fleet for AwsFleet {
    async fn find_group(&self, name: &str) -> Result<Option<Group>> {
        let clients = self.clients().await?;
        let Some(group) = clients.auto_scaling_group(name).await? else { return Ok(None) };
        let members = group.instances.clone().unwrap_or_default();
        let ids = members.iter().filter_map(|it| it.instance_id.clone()).collect();
        let machines = clients.machines(ids).await?;
        let template = match specification(&group) {
            Some(asg::LaunchTemplateSpecification { launch_template_id: Some(id), version, .. }) => {
                let version = clients.version_number(&id, version.as_deref().unwrap_or("$Default")).await?;
                Some(Template { id, version })
            }
            _ => None,
        };
        let instances = members.into_iter().filter_map(|it| {
            let id = it.instance_id?;
            // What EC2 no longer shows is gone; what it does not show yet is pending for the group.
            let gone = || (String::new(), Some(InstanceStateName::Terminated));
            let (address, state) = machines.get(&id).cloned().unwrap_or_else(gone);
            let template_version = it.launch_template.and_then(|it| it.version);
            Some(Instance { life: life(it.lifecycle_state.as_ref(), state.as_ref()), id, address, template_version })
        });
        Ok(Some(Group { sizes: sizes(&group), template, instances: instances.collect() }))
    }

    async fn resize(&self, name: &str, sizes: Sizes) -> Result<()> {
        let call = self.clients().await?.autoscaling.update_auto_scaling_group().auto_scaling_group_name(name);
        let call = call.min_size(count(sizes.min)).max_size(count(sizes.max)).desired_capacity(count(sizes.desired));
        call.send().await.context("resizing a group of nodes (UpdateAutoScalingGroup)").map(drop)
    }

    async fn use_template(&self, name: &str, template: &Template) -> Result<()> {
        let clients = self.clients().await?;
        let mixed = clients.auto_scaling_group(name).await?.and_then(|it| it.mixed_instances_policy);
        let wanted = asg::LaunchTemplateSpecification::builder()
            .launch_template_id(&template.id)
            .version(&template.version)
            .build();
        let call = clients.autoscaling.update_auto_scaling_group().auto_scaling_group_name(name);
        let call = match mixed {
            Some(policy) => {
                let overrides = policy.launch_template.and_then(|it| it.overrides);
                let launch = asg::LaunchTemplate::builder().launch_template_specification(wanted);
                let launch = launch.set_overrides(overrides).build();
                let policy = asg::MixedInstancesPolicy::builder()
                    .launch_template(launch)
                    .set_instances_distribution(policy.instances_distribution);
                call.mixed_instances_policy(policy.build())
            }
            None => call.launch_template(wanted),
        };
        call.send().await.context("giving a group of nodes a template (UpdateAutoScalingGroup)").map(drop)
    }

    async fn hold(&self, name: &str) -> Result<()> {
        self.clients().await?.processes(name, true).await
    }

    async fn release(&self, name: &str) -> Result<()> {
        self.clients().await?.processes(name, false).await
    }

    async fn targets(&self, target_group: &str) -> Result<Vec<Target>> {
        let call = self.clients().await?.elbv2.describe_target_health().target_group_arn(target_group).send();
        let answer = call.await.context("reading the targets of the balancer (DescribeTargetHealth)")?;
        Ok(answer.target_health_descriptions.unwrap_or_default().into_iter().filter_map(target).collect())
    }

    async fn register(&self, target_group: &str, instance: &str, port: i64) -> Result<()> {
        let call = self.clients().await?.elbv2.register_targets().target_group_arn(target_group);
        let sent = call.targets(description(instance, port)).send().await;
        sent.context("adding a node to the balancer (RegisterTargets)").map(drop)
    }

    async fn deregister(&self, target_group: &str, instance: &str, port: i64) -> Result<()> {
        let call = self.clients().await?.elbv2.deregister_targets().target_group_arn(target_group);
        let sent = call.targets(description(instance, port)).send().await;
        sent.absent("taking a node out of the balancer (DeregisterTargets)", &["InvalidTarget"]).map(drop)
    }

    async fn stop(&self, instance: &str) -> Result<()> {
        let call = self.clients().await?.ec2.stop_instances().instance_ids(instance).send();
        call.await.absent("stopping a node (StopInstances)", &MACHINE_GONE).map(drop)
    }

    async fn replace(&self, group: &str, instance: &str) -> Result<()> {
        let clients = self.clients().await?;
        let call = clients.autoscaling.terminate_instance_in_auto_scaling_group().instance_id(instance);
        let sent = call.should_decrement_desired_capacity(false).send().await;
        let action = "replacing a node (TerminateInstanceInAutoScalingGroup)";
        let Err(error) = sent.context(action) else { return Ok(()) };
        // The service has one code for all that it refuses: what counts is whether the machine is still there.
        let left = clients.auto_scaling_group(group).await?.and_then(|it| it.instances).unwrap_or_default();
        let still = left.iter().any(|it| {
            let leaving = life(it.lifecycle_state.as_ref(), None) == Life::Terminating;
            it.instance_id.as_deref() == Some(instance) && !leaving
        });
        if still { Err(error) } else { Ok(()) }
    }

    async fn backup(&self, source: &BackupSource, label: &str) -> Result<Backup> {
        backups::backup(self.clients().await?, source, label).await
    }

    async fn secret(&self, id: &str) -> Result<String> {
        let call = self.clients().await?.secrets.get_secret_value().secret_id(id).send();
        let answer = call.await.context("reading the login of the cluster (GetSecretValue)")?;
        answer.secret_string.ok_or_else(|| {
            ProviderError::refused(format!("reading the secret {id}"), "it is binary, and a text is expected")
        })
    }

    fn in_region(&self, region: &str) -> Option<Arc<dyn Fleet>> {
        let config = Config { region: Some(region.to_owned()), ..self.config.clone() };
        Some(Arc::new(Self { config, clients: OnceCell::new() }))
    }

    fn calls(&self) -> u64 {
        self.clients.get().map_or(0, |it| it.connection.sent())
    }

    fn waiting(&self) -> Option<String> {
        self.clients.get().and_then(|it| it.connection.waiting())
    }
}

fn specification(group: &asg::AutoScalingGroup) -> Option<asg::LaunchTemplateSpecification> {
    let mixed =
        || group.mixed_instances_policy.as_ref()?.launch_template.as_ref()?.launch_template_specification.clone();
    group.launch_template.clone().or_else(mixed)
}

fn sizes(group: &asg::AutoScalingGroup) -> Sizes {
    let number = |it: Option<i32>| i64::from(it.unwrap_or(0));
    Sizes { min: number(group.min_size), max: number(group.max_size), desired: number(group.desired_capacity) }
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Where a machine stands: what the group plans with it counts before what EC2 sees of it.
fn life(member: Option<&asg::LifecycleState>, machine: Option<&InstanceStateName>) -> Life {
    use asg::LifecycleState as In;
    match (member, machine) {
        (
            Some(
                In::Terminating
                | In::TerminatingProceed
                | In::TerminatingRetained
                | In::TerminatingWait
                | In::Terminated,
            ),
            _,
        ) => Life::Terminating,
        (Some(In::Pending | In::PendingProceed | In::PendingWait), _) => Life::Pending,
        (_, Some(InstanceStateName::ShuttingDown | InstanceStateName::Terminated)) => Life::Lost,
        (_, Some(InstanceStateName::Stopping | InstanceStateName::Stopped)) => Life::Stopped,
        (_, Some(InstanceStateName::Pending)) => Life::Pending,
        _ => Life::Running,
    }
}

fn description(instance: &str, port: i64) -> TargetDescription {
    TargetDescription::builder().id(instance).port(count(port)).build()
}

fn target(shown: TargetHealthDescription) -> Option<Target> {
    let instance = shown.target?.id?;
    let health = shown.target_health?;
    let said = || health.description.clone().or_else(|| health.reason.as_ref().map(|it| it.as_str().to_owned()));
    let health = match health.state.as_ref()? {
        TargetHealthStateEnum::Healthy => Health::Healthy,
        TargetHealthStateEnum::Initial => Health::Initial,
        TargetHealthStateEnum::Draining => Health::Draining,
        other => Health::Unhealthy(said().unwrap_or_else(|| other.as_str().to_owned())),
    };
    Some(Target { instance, health })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_died_unnoticed_is_lost() {
        use asg::LifecycleState as In;
        let of = |member, machine: Option<InstanceStateName>| life(Some(&member), machine.as_ref());
        assert_eq!(of(In::InService, Some(InstanceStateName::Running)), Life::Running);
        assert_eq!(of(In::InService, Some(InstanceStateName::Stopped)), Life::Stopped);
        assert_eq!(of(In::InService, Some(InstanceStateName::Terminated)), Life::Lost);
        assert_eq!(of(In::TerminatingWait, Some(InstanceStateName::Terminated)), Life::Terminating);
        assert_eq!(of(In::PendingWait, Some(InstanceStateName::Running)), Life::Pending);
    }
}
