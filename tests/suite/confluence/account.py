"""What an account holds before a site is made in it: a certificate, a key pair, an Atlassian Standard Infrastructure
that CloudFormation made, and a private zone of its network."""

import json
import sys
import time

import boto3

ec2 = boto3.client("ec2")
zones = [it["ZoneName"] for it in ec2.describe_availability_zones()["AvailabilityZones"]]

acm = boto3.client("acm")
certificate = acm.request_certificate(DomainName="*.example.com", ValidationMethod="DNS")["CertificateArn"]
# Issued after a while, as on AWS; a plan looks for one that is.
for _ in range(100):
    if acm.describe_certificate(CertificateArn=certificate)["Certificate"]["Status"] == "ISSUED":
        break
    time.sleep(0.1)
else:
    sys.exit("the certificate is not issued")
ec2.create_key_pair(KeyName="operations")


def subnet(zone, cidr, network):
    return {
        "Type": "AWS::EC2::Subnet",
        "Properties": {
            "VpcId": {"Ref": "VPC"},
            "AvailabilityZone": zone,
            "CidrBlock": cidr,
            "Tags": [{"Key": "Network", "Value": network}],
        },
    }


def export(name, value):
    return {"Value": value, "Export": {"Name": f"ATL-{name}"}}


def joined(*names):
    return {"Fn::Join": [",", [{"Ref": it} for it in names]]}


template = {
    "Resources": {
        "VPC": {
            "Type": "AWS::EC2::VPC",
            "Properties": {
                "CidrBlock": "10.0.0.0/16",
                "EnableDnsSupport": True,
                "EnableDnsHostnames": True,
                "Tags": [{"Key": "Name", "Value": "ATL"}],
            },
        },
        "Private1": subnet(zones[0], "10.0.0.0/19", "Private"),
        "Private2": subnet(zones[1], "10.0.32.0/19", "Private"),
        "Public1": subnet(zones[0], "10.0.128.0/20", "Public"),
        "Public2": subnet(zones[1], "10.0.144.0/20", "Public"),
    },
    "Outputs": {
        "VPCID": export("VPCID", {"Ref": "VPC"}),
        "PrivateSubnets": export("PriNets", joined("Private1", "Private2")),
        "PublicSubnets": export("PubNets", joined("Public1", "Public2")),
        "NatGatewayIP1": export("NAT1EIP", "198.51.100.1"),
        "NatGatewayIP2": export("NAT2EIP", "198.51.100.2"),
        "BastionPrivIp": export("BastionPrivIp", "10.0.128.5"),
    },
}
stack = boto3.client("cloudformation")
stack.create_stack(StackName="ATL", TemplateBody=json.dumps(template))
vpc = next(it["Value"] for it in stack.list_exports()["Exports"] if it["Name"] == "ATL-VPCID")
ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})

boto3.client("route53").create_hosted_zone(
    Name="example.internal",
    CallerReference="site",
    VPC={"VPCRegion": ec2.meta.region_name, "VPCId": vpc},
    HostedZoneConfig={"PrivateZone": True},
)
