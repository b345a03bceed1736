# What the module makes, and which mistakes it finds before anything is made. Numbers are
# those of docs/confluence/checks.md.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  bastion_host_required = false
}

run "two_zones" {
  assert {
    condition     = length(aws_subnet.public) == 2 && length(aws_subnet.private) == 2 && length(aws_nat_gateway.this) == 2 && length(aws_vpc_endpoint.s3.route_table_ids) == 2
    error_message = "Each zone has two subnets and a way out of its own."
  }

  assert {
    condition     = length(aws_instance.bastion) == 0 && output.bastion_public_ip == null
    error_message = "Nobody asked for a bastion."
  }

  assert {
    condition     = sort(keys(output.exports)) == tolist(["ATL-NAT1EIP", "ATL-NAT2EIP", "ATL-PriNets", "ATL-PubNets", "ATL-VPCID"])
    error_message = "The exports are ${join(", ", keys(output.exports))}."
  }
}

run "three_zones_and_a_bastion" {
  variables {
    availability_zone_count = 3
    bastion_host_required   = true
    key_pair_name           = "operations"
    access_cidr             = "203.0.113.0/24"
    export_prefix           = "PROD-"
  }

  assert {
    condition     = length(output.infrastructure.private_subnet_ids) == 3 && length(output.infrastructure.nat_public_ips) == 3
    error_message = "Each of three zones has its subnets."
  }

  assert {
    condition     = tolist(keys(output.infrastructure.ssh_security_group_ids)) == tolist(["bastion"]) && output.default_key == "operations"
    error_message = "Nodes take SSH from the bastion."
  }

  assert {
    condition     = contains(keys(output.exports), "PROD-BastionPrivIp") && contains(keys(output.exports), "PROD-NAT3EIP") && output.exports["PROD-DefaultKey"] == "operations"
    error_message = "The exports are ${join(", ", keys(output.exports))}."
  }
}

run "chosen_zones" {
  command = plan

  variables {
    availability_zones = ["eu-central-1c", "eu-central-1a"]
  }

  assert {
    condition     = aws_subnet.public["eu-central-1c"].cidr_block == "10.0.128.0/20" && aws_subnet.private["eu-central-1a"].cidr_block == "10.0.32.0/19"
    error_message = "Zones take the ranges in their order."
  }
}

run "check_03_zones_are_different" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a", "eu-central-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "check_03_zones_are_two_or_three" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "check_03_zones_are_of_the_region" {
  command = plan

  variables {
    availability_zones = ["eu-west-1a", "eu-west-1b"]
  }

  expect_failures = [data.aws_availability_zones.offered]
}

run "check_03_region_has_enough_zones" {
  command = plan

  variables {
    availability_zone_count = 3
  }

  override_data {
    target = data.aws_availability_zones.offered
    values = { names = ["us-west-1a", "us-west-1b"] }
  }

  expect_failures = [data.aws_availability_zones.offered]
}

run "check_03_bastion_type_is_offered" {
  command = plan

  variables {
    bastion_host_required = true
    key_pair_name         = "operations"
    access_cidr           = "203.0.113.0/24"
  }

  override_data {
    target = data.aws_ec2_instance_type_offerings.bastion
    values = { locations = [] }
  }

  expect_failures = [data.aws_ec2_instance_type_offerings.bastion]
}

run "check_04_access_is_a_cidr" {
  command = plan

  variables {
    access_cidr = "999.9.9.9/99"
  }

  expect_failures = [var.access_cidr]
}

run "check_04_bastion_open_to_all" {
  command = plan

  variables {
    bastion_host_required = true
    key_pair_name         = "operations"
    access_cidr           = "0.0.0.0/0"
  }

  expect_failures = [check.bastion_is_not_open_to_all]
}

run "check_05_network_is_not_too_large" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/8"
  }

  expect_failures = [var.vpc_cidr]
}

run "check_05_subnets_are_in_the_network" {
  command = plan

  variables {
    public_subnet_cidrs = ["10.1.0.0/20", "10.1.16.0/20"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "check_05_private_subnets_are_in_the_network" {
  command = plan

  variables {
    private_subnet_cidrs = ["172.16.0.0/20", "172.16.16.0/20"]
  }

  expect_failures = [var.private_subnet_cidrs]
}

run "check_05_subnets_are_disjoint" {
  command = plan

  variables {
    private_subnet_cidrs = ["10.0.0.0/19", "10.0.16.0/20"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "check_05_public_and_private_subnets_are_disjoint" {
  command = plan

  variables {
    private_subnet_cidrs = ["10.0.0.0/19", "10.0.136.0/21"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "check_05_subnets_are_large_enough" {
  command = plan

  variables {
    private_subnet_cidrs = ["10.0.0.0/29", "10.0.32.0/29"]
  }

  expect_failures = [var.private_subnet_cidrs]
}

run "check_05_each_zone_has_a_subnet" {
  command = plan

  variables {
    availability_zone_count = 3
    public_subnet_cidrs     = ["10.0.128.0/20", "10.0.144.0/20"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "check_10_key_without_ending" {
  command = plan

  variables {
    key_pair_name = "operations.pem"
  }

  expect_failures = [var.key_pair_name]
}

run "check_10_bastion_without_key" {
  command = plan

  variables {
    bastion_host_required = true
  }

  expect_failures = [check.bastion_needs_a_key]
}

run "bastion_needs_clients" {
  command = plan

  variables {
    bastion_host_required = true
    key_pair_name         = "operations"
  }

  expect_failures = [var.access_cidr]
}
