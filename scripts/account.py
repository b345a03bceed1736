#!/usr/bin/env python3
"""Lists what an account holds in one region, as far as plumb's examples use it.

    account.py              print how many objects of each kind there are
    account.py --save FILE  also write the list to a file
    account.py --same FILE  also fail when the account differs from that list

The default network, AWS's own roles, keys and parameters, automatic snapshots, and
objects that are already being deleted are left out.
"""

import argparse
import collections
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3


def pages(client, operation, key, **arguments):
    """All items of an operation, over all its pages."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page[key]
    else:
        yield from getattr(client, operation)(**arguments)[key]


def network():
    ec2 = boto3.client("ec2")
    default = {it["VpcId"] for it in pages(ec2, "describe_vpcs", "Vpcs") if it["IsDefault"]}
    kinds = [
        ("vpc", "describe_vpcs", "Vpcs", "VpcId"),
        ("subnet", "describe_subnets", "Subnets", "SubnetId"),
        ("internet gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
        ("route table", "describe_route_tables", "RouteTables", "RouteTableId"),
        ("NAT gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
        ("VPC endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
        ("security group", "describe_security_groups", "SecurityGroups", "GroupId"),
        # No network interfaces: those here belong to gateways and instances and go with them, on AWS; the emulator keeps
        # them.
    ]
    ours = set()
    for kind, operation, key, name in kinds:
        for it in pages(ec2, operation, key):
            networks = {it.get("VpcId")} | {to["VpcId"] for to in it.get("Attachments", []) if "VpcId" in to}
            if not networks & default and it.get("State") != "deleted":
                ours.add(it[name])
                yield kind, it[name]
    for it in pages(ec2, "describe_security_group_rules", "SecurityGroupRules"):
        if it["GroupId"] in ours:
            yield "security group rule", it["SecurityGroupRuleId"]


def compute():
    ec2 = boto3.client("ec2")
    for kind, operation, key, name in [
        ("DHCP options", "describe_dhcp_options", "DhcpOptions", "DhcpOptionsId"),
        ("elastic IP", "describe_addresses", "Addresses", "AllocationId"),
        ("volume", "describe_volumes", "Volumes", "VolumeId"),
        ("launch template", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        ("key pair", "describe_key_pairs", "KeyPairs", "KeyName"),
    ]:
        yield from ((kind, it[name]) for it in pages(ec2, operation, key))
    for reservation in pages(ec2, "describe_instances", "Reservations"):
        for it in reservation["Instances"]:
            if it["State"]["Name"] != "terminated":
                yield "instance", it["InstanceId"]
    scaling = boto3.client("autoscaling")
    for kind, operation, key, name in [
        ("Auto Scaling group", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
        ("scaling policy", "describe_policies", "ScalingPolicies", "PolicyARN"),
        ("scaling schedule", "describe_scheduled_actions", "ScheduledUpdateGroupActions", "ScheduledActionARN"),
    ]:
        yield from ((kind, it[name]) for it in pages(scaling, operation, key))


def identity():
    iam = boto3.client("iam")
    for role in pages(iam, "list_roles", "Roles"):
        if not role["Path"].startswith("/aws-service-role/"):
            yield "IAM role", role["RoleName"]
            for policy in pages(iam, "list_role_policies", "PolicyNames", RoleName=role["RoleName"]):
                yield "IAM role policy", f"{role['RoleName']}:{policy}"
    for it in pages(iam, "list_instance_profiles", "InstanceProfiles"):
        yield "instance profile", it["InstanceProfileName"]
    kms = boto3.client("kms")
    # A service makes its default key when it first needs one; the emulator calls such keys the customer's.
    defaults = {it.get("TargetKeyId") for it in pages(kms, "list_aliases", "Aliases") if it["AliasName"].startswith("alias/aws/")}
    for it in pages(kms, "list_keys", "Keys"):
        key = kms.describe_key(KeyId=it["KeyId"])["KeyMetadata"]
        if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion" and it["KeyId"] not in defaults:
            yield "KMS key", it["KeyId"]
    for it in pages(kms, "list_aliases", "Aliases"):
        if not it["AliasName"].startswith("alias/aws/"):
            yield "KMS alias", it["AliasName"]


def data():
    efs = boto3.client("efs")
    for it in pages(efs, "describe_file_systems", "FileSystems"):
        yield "file system", it["FileSystemId"]
        for target in pages(efs, "describe_mount_targets", "MountTargets", FileSystemId=it["FileSystemId"]):
            yield "mount target", target["MountTargetId"]
    rds = boto3.client("rds")
    for kind, operation, key, name in [
        ("DB instance", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
        ("DB cluster", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
        ("DB subnet group", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
        ("DB parameter group", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
        ("DB cluster parameter group", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups", "DBClusterParameterGroupName"),
        ("DB snapshot", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ]:
        # RDS's own groups begin with "default", and automatic snapshots, which go with their instance, with "rds:".
        yield from ((kind, it[name]) for it in pages(rds, operation, key) if not it[name].startswith(("default", "rds:")))
    for it in pages(boto3.client("ssm"), "describe_parameters", "Parameters"):
        if not it["Name"].startswith("/aws/"):
            yield "SSM parameter", it["Name"]
    for it in pages(boto3.client("secretsmanager"), "list_secrets", "SecretList"):
        # RDS makes the secrets of passwords that it manages, and takes them away.
        if not it["Name"].startswith("rds!"):
            yield "secret", it["Name"]


def traffic():
    elb = boto3.client("elbv2")
    for it in pages(elb, "describe_load_balancers", "LoadBalancers"):
        yield "load balancer", it["LoadBalancerArn"]
        for listener in pages(elb, "describe_listeners", "Listeners", LoadBalancerArn=it["LoadBalancerArn"]):
            yield "listener", listener["ListenerArn"]
    for it in pages(elb, "describe_target_groups", "TargetGroups"):
        yield "target group", it["TargetGroupArn"]
    for it in pages(boto3.client("route53"), "list_hosted_zones", "HostedZones"):
        yield "hosted zone", it["Id"]


def monitoring():
    watch = boto3.client("cloudwatch")
    for it in pages(watch, "describe_alarms", "MetricAlarms"):
        yield "alarm", it["AlarmName"]
    for it in pages(watch, "list_dashboards", "DashboardEntries"):
        yield "dashboard", it["DashboardName"]
    for it in pages(boto3.client("logs"), "describe_log_groups", "logGroups"):
        yield "log group", it["logGroupName"]
    for it in pages(boto3.client("sns"), "list_topics", "Topics"):
        yield "topic", it["TopicArn"]


def inventory():
    """Every object as a pair of kind and id, sorted."""
    parts = [network, compute, identity, data, traffic, monitoring]
    with ThreadPoolExecutor() as pool:
        return sorted(it for part in pool.map(lambda part: list(part()), parts) for it in part)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--save", type=Path, metavar="FILE")
    parser.add_argument("--same", type=Path, metavar="FILE")
    options = parser.parse_args()
    now = inventory()
    counts = collections.Counter(kind for kind, _ in now)
    print(f"The account holds {len(now)} objects" + (":" if now else "."))
    for kind, count in sorted(counts.items()):
        print(f"  {count:4} {kind}")
    if options.save:
        options.save.write_text(json.dumps(now))
    if options.same:
        before = {tuple(it) for it in json.loads(options.same.read_text())}
        differences = [f"  left over: {' '.join(it)}" for it in sorted(set(now) - before)]
        differences += [f"  missing: {' '.join(it)}" for it in sorted(before - set(now))]
        if differences:
            sys.exit("It is not as it was:\n" + "\n".join(differences))
        print("It is exactly as it was.")


if __name__ == "__main__":
    main()
