# An infrastructure that is in order.

mock_data "aws_cloudformation_export" {
  defaults = {
    value = "subnet-1,subnet-2"
  }
}

mock_data "aws_vpc" {
  defaults = {
    id                   = "vpc-1"
    enable_dns_support   = true
    enable_dns_hostnames = true
  }
}

mock_data "aws_subnets" {
  defaults = {
    ids = ["subnet-2", "subnet-1"]
  }
}

mock_data "aws_subnet" {
  defaults = {
    vpc_id            = "vpc-1"
    availability_zone = "eu-central-1a"
  }
}
