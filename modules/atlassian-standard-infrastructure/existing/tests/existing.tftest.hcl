# An infrastructure that is found by tags or exports, and what is wrong with others. Mocks
# answer for all subnets alike, so both are in one zone unless a run says otherwise.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  vpc_name = "atlassian"
}

run "check_07_private_subnets_in_different_zones" {
  command         = plan
  expect_failures = [output.infrastructure]
}

run "check_07_two_public_subnets" {
  command = plan

  override_data {
    target = data.aws_subnets.public
    values = { ids = ["subnet-1"] }
  }

  expect_failures = [output.infrastructure]
}

run "check_07_subnets_of_the_network" {
  command = plan

  override_data {
    target = data.aws_subnet.private
    values = { vpc_id = "vpc-2" }
  }

  expect_failures = [data.aws_subnet.private]
}

run "check_33_network_resolves_names" {
  command = plan

  override_data {
    target = data.aws_vpc.this
    values = { enable_dns_hostnames = false }
  }

  expect_failures = [data.aws_vpc.this, output.infrastructure]
}

run "check_08_tags_tell_of_no_bastion" {
  command = plan

  variables {
    bastion_host_required = true
  }

  expect_failures = [var.bastion_host_required]
}

run "exports" {
  command = plan

  variables {
    vpc_name              = null
    bastion_host_required = true
  }

  override_data {
    target = data.aws_subnet.private
    values = { vpc_id = "subnet-1,subnet-2" }
  }

  assert {
    condition     = sort(keys(data.aws_cloudformation_export.this)) == tolist(["BastionPrivIp", "NAT1EIP", "NAT2EIP", "PriNets", "PubNets", "VPCID"])
    error_message = "The exports of an infrastructure with a bastion are read."
  }
}
