"""What the emulator does otherwise than AWS, where plumb or its tests depend on it, put right: `apply()` before it starts."""

import os

# Checks that AWS makes and the emulator leaves out unless told otherwise.
os.environ.update(
    MOTO_ENABLE_AMI_VALIDATION="1",
    MOTO_ENABLE_KEYPAIR_VALIDATION="1",
    MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION="1",
    MOTO_IAM_LOAD_MANAGED_POLICIES="true",
    MOTO_ACM_VALIDATION_WAIT="1",
)

from moto.autoscaling import models
from moto.core.types import Base64EncodedString
from moto.ec2.models.dhcp_options import DHCPOptionsSetBackend
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.dhcp_options import DHCPOptions

Group, Backend, Instance = models.FakeAutoScalingGroup, models.AutoScalingBackend, models.InstanceState


def launch_from_later_versions():
    """User data of a second version of a template is kept as text, from which no group can launch anything (HTTP 500)."""

    def user_data(version):
        found = version.data.get("UserData")
        return found if found is None or isinstance(found, Base64EncodedString) else Base64EncodedString(found)

    LaunchTemplateVersion.user_data = property(user_data)


def tell_what_machines_were_made_from():
    """A machine shows the version that its group had when it was made; the emulator shows the template's default."""
    made = Instance.__init__

    def make(state, *args, **options):
        made(state, *args, **options)
        group = state.auto_scaling_group
        template = group and group.ec2_launch_template
        state.made_from = template and template.get_version(group.launch_template_version).number

    def template(state):
        template = state.auto_scaling_group and state.auto_scaling_group.ec2_launch_template
        if template is None:
            return None
        return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": state.made_from}

    Instance.__init__, Instance.launch_template = make, property(template)


def take_machines_out_of_target_groups():
    """A machine that its group removes leaves the group's target groups with it."""
    resized, terminated = Group.set_desired_capacity, Backend.terminate_instance

    def drop(group, ids):
        for arn in group.target_group_arns:
            known = group.autoscaling_backend.elbv2_backend.target_groups.get(arn)
            for name in ids if known else ():
                known.targets.pop(name, None)

    def resize(group, capacity):
        before = {it.instance.id for it in getattr(group, "instance_states", [])}
        resized(group, capacity)
        drop(group, before - {it.instance.id for it in group.instance_states})

    def terminate(backend, instance_id, should_decrement):
        found = terminated(backend, instance_id, should_decrement)
        for group in backend.autoscaling_groups.values():
            drop(group, [instance_id])
        return found

    Group.set_desired_capacity, Backend.terminate_instance = resize, terminate


def add_to_target_groups_unless_told_not_to():
    """Only new machines are added to target groups, and none while the process AddToLoadBalancer is suspended; all are
    added to a target group that is attached."""
    added, attached = Backend.update_attached_target_groups, Backend.attach_load_balancer_target_groups

    def add(backend, name):
        group = backend.autoscaling_groups[name]
        new = [it for it in group.instance_states if not getattr(it, "was_added", False)]
        held = any(it["ProcessName"] == "AddToLoadBalancer" for it in group.suspended_processes)
        for state in new:
            state.was_added = True
        if held or not new:
            return
        everything, group.instance_states = group.instance_states, new
        try:
            added(backend, name)
        finally:
            group.instance_states = everything

    def attach(backend, name, arns):
        for state in backend.autoscaling_groups[name].instance_states:
            state.was_added = False
        attached(backend, name, arns)

    Backend.update_attached_target_groups, Backend.attach_load_balancer_target_groups = add, attach


def tag_dhcp_options():
    """AWS tags DHCP options when they are made, which the emulator forgets; plumb finds them by a tag."""
    made, answered = DHCPOptionsSetBackend.create_dhcp_options, DHCPOptions.create_dhcp_options

    def make(backend, *args, **options):
        found = made(backend, *args, **options)
        found.add_tags(backend.given_tags)
        return found

    def answer(response):
        response.ec2_backend.given_tags = response._parse_tag_specification().get("dhcp-options", {})
        return answered(response)

    DHCPOptionsSetBackend.create_dhcp_options, DHCPOptions.create_dhcp_options = make, answer


def delete_endpoints_once():
    """AWS has nothing left to delete of an endpoint that is deleted; the emulator looks for its routes again."""
    deleted = VPCBackend.delete_vpc_endpoints

    def delete(backend, vpce_ids=None):
        there = [it for it in vpce_ids or [] if getattr(backend.vpc_end_points.get(it), "state", "") != "deleted"]
        return deleted(backend, there)

    VPCBackend.delete_vpc_endpoints = delete


def apply():
    """Puts everything right for this process."""
    launch_from_later_versions()
    tell_what_machines_were_made_from()
    take_machines_out_of_target_groups()
    add_to_target_groups_unless_told_not_to()
    tag_dhcp_options()
    delete_endpoints_once()
