"""Everything in an account, one line each, without what differs from run to run: ids, times, random addresses.

Two objects that only differ in these give the same line twice, so that a twin shows as a line too many.
"""

import json
import re

import boto3
from botocore.config import Config

CONFIG = Config(retries={"max_attempts": 8, "mode": "standard"})
IDS = re.compile(
    r"\b(?:[a-z]+-)+[0-9a-f]{8,17}\b|[0-9a-f]{8}-[0-9a-f-]{27}|\b\d{12}\b|/[0-9a-f]{16}\b|\bZ[0-9A-Z]{8,32}\b"
    r"|\b[0-9a-f]{32,64}\b|\b(?:AROA|AIPA|ANPA|AGPA|AIDA)[0-9A-Z]+"
    # A secret, whose end AWS chooses.
    r"|(?<=:secret:)[\w/+=.@-]+-[A-Za-z0-9]{6}\b"
    # The end of a name that plumb has chosen.
    r"|(?<=-)[0-9a-f]{10,30}\b|(?<=-)\d{20,26}\b"
)
# Parts that follow from ids, times and random addresses.
LEFT_OUT = re.compile(
    r"(Date|Time|Timestamp|Created|CreatedAt|LastModified|LastUpdate|Ip|IpAddress|PublicIp|PrivateIp|DnsName|DNSName"
    r"|Address|Token|Reference|Version|Arn|ARN|Id|Ids|ResourceId|Identifier|RequestId|HostId|MacAddress|UserData|Bytes"
    # The emulator puts the nodes of a group into whichever subnet has the smallest id.
    r"|AvailabilityZone|AvailableIpAddressCount|Serial|ETag|DashboardArn|PrivateDnsName|PublicDnsName|NetworkInterfaces?|BlockDeviceMappings|Revision)$"
)
GONE = {"terminated", "shutting-down", "deleted", "deleting", "PendingDeletion"}


def clean(value, name=""):
    if isinstance(value, dict):
        tags = value.get("Key"), value.get("Value")
        if tags[0] in ("plumb:intent",) or str(tags[0]).startswith("aws:"):
            return None
        items = {key: clean(item, key) for key, item in value.items() if not LEFT_OUT.search(key)}
        return {key: item for key, item in items.items() if item not in (None, [], {}, "")}
    if isinstance(value, (list, tuple)):
        items = [it for it in (clean(item) for item in value) if it not in (None, [], {}, "")]
        return sorted(items, key=lambda it: json.dumps(it, sort_keys=True, default=str))
    if isinstance(value, str):
        return IDS.sub("*", value)
    if isinstance(value, (int, float, bool)) or value is None:
        return value
    return "*"


def state(item):
    found = item.get("State") or item.get("KeyState") or item.get("LifeCycleState") or ""
    return found.get("Name", "") if isinstance(found, dict) else found


def client(name, credentials):
    """A client of a service for the account of the credentials, in the region of the tests."""
    return boto3.client(
        name,
        config=CONFIG,
        region_name="us-east-1",
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
    )


def lines(make):
    """Everything in the account that the clients of `make`, by name of the service, see."""
    account = Account(make)
    account.collect()
    return sorted(account.lines)


class Account:
    def __init__(self, make):
        self.lines = []
        self.client = make

    def add(self, kind, items):
        for item in items:
            if state(item) not in GONE and not item.get("DefaultForAz") and not item.get("IsDefault"):
                self.lines.append(kind + " " + json.dumps(clean(item), sort_keys=True, default=str))

    def pages(self, client, call, key, **arguments):
        if client.can_paginate(call):
            for page in client.get_paginator(call).paginate(**arguments):
                yield from page[key]
        else:
            yield from getattr(client, call)(**arguments)[key]

    def all(self, service, call, key, **arguments):
        client = self.client(service)
        items = list(self.pages(client, call, key, **arguments))
        self.add(key, items)
        return client, items

    def collect(self):
        for call, key in [
            ("describe_vpcs", "Vpcs"), ("describe_subnets", "Subnets"), ("describe_internet_gateways", "InternetGateways"),
            ("describe_nat_gateways", "NatGateways"), ("describe_addresses", "Addresses"),
            ("describe_route_tables", "RouteTables"), ("describe_security_groups", "SecurityGroups"),
            ("describe_launch_templates", "LaunchTemplates"), ("describe_vpc_endpoints", "VpcEndpoints"),
            ("describe_volumes", "Volumes"), ("describe_key_pairs", "KeyPairs"), ("describe_dhcp_options", "DhcpOptions"),
        ]:
            self.all("ec2", call, key)
        ec2 = self.client("ec2")
        for vpc in ec2.describe_vpcs()["Vpcs"]:
            for name in ["enableDnsSupport", "enableDnsHostnames"]:
                answer = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=name)
                answer.pop("ResponseMetadata")
                self.add("VpcAttribute", [answer])
        for reservation in self.pages(ec2, "describe_instances", "Reservations"):
            self.add("Instances", reservation["Instances"])
        self.iam()
        self.rest()

    def iam(self):
        iam = self.client("iam")
        for role in self.pages(iam, "list_roles", "Roles"):
            name = role["RoleName"]
            self.add("Role", [iam.get_role(RoleName=name)["Role"]])
            self.add("AttachedPolicy", iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"])
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                found = iam.get_role_policy(RoleName=name, PolicyName=policy)
                self.add("RolePolicy", [{key: found[key] for key in ["RoleName", "PolicyName", "PolicyDocument"]}])
        self.all("iam", "list_instance_profiles", "InstanceProfiles")
        self.all("iam", "list_policies", "Policies", Scope="Local")

    def rest(self):
        elb, _ = self.all("elbv2", "describe_target_groups", "TargetGroups")
        _, balancers = self.all("elbv2", "describe_load_balancers", "LoadBalancers")
        for balancer in balancers:
            arn = balancer["LoadBalancerArn"]
            self.add("Attribute", elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"])
            listeners = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
            self.add("Listener", listeners)
            for listener in listeners:
                self.add("Rule", elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"])
        self.all("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
        self.all("autoscaling", "describe_policies", "ScalingPolicies")
        self.all("autoscaling", "describe_scheduled_actions", "ScheduledUpdateGroupActions")
        self.all("rds", "describe_db_instances", "DBInstances")
        self.all("rds", "describe_db_subnet_groups", "DBSubnetGroups")
        self.all("rds", "describe_db_parameter_groups", "DBParameterGroups")
        efs, systems = self.all("efs", "describe_file_systems", "FileSystems")
        for system in systems:
            self.add("MountTarget", efs.describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"])
        route53, zones = self.all("route53", "list_hosted_zones", "HostedZones")
        for zone in zones:
            self.add("Record", self.pages(route53, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"]))
        self.all("logs", "describe_log_groups", "logGroups")
        self.all("sns", "list_topics", "Topics")
        self.all("cloudwatch", "describe_alarms", "MetricAlarms")
        self.all("cloudwatch", "list_dashboards", "DashboardEntries")
        own = [it for it in self.pages(self.client("ssm"), "describe_parameters", "Parameters") if not it["Name"].startswith("/aws")]
        self.add("Parameter", own)
        secrets = self.pages(self.client("secretsmanager"), "list_secrets", "SecretList")
        # The random end of a secret's own name of RDS, and the ids of versions, differ from run to run.
        self.add("Secret", [{**it, "SecretVersionsToStages": sorted(it.get("SecretVersionsToStages", {}).values())} for it in secrets])
        kms = self.client("kms")
        for key in self.pages(kms, "list_keys", "Keys"):
            described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if described.get("KeyManager") != "AWS":
                self.add("Key", [described])

