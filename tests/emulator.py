"""The AWS emulator with what Auto Scaling does on AWS and the emulator does not: takes the arguments of moto_server."""

from moto.autoscaling import models
from moto.core.types import Base64EncodedString
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.server import main

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


launch_from_later_versions()
tell_what_machines_were_made_from()
take_machines_out_of_target_groups()
add_to_target_groups_unless_told_not_to()

if __name__ == "__main__":
    main()
