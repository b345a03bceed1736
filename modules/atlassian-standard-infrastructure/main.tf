# One network for Atlassian products: two or three zones, each with a public and a
# private subnet and its own way out, so that the loss of a zone leaves the others whole.
#
#   main.tf      the network and its subnets
#   routes.tf    the ways out: NAT gateways, route tables, the endpoint of S3
#   bastion.tf   the way in by SSH
#   outputs.tf   what products need, as one value and as the exports of the ASI

data "aws_region" "current" {}

data "aws_availability_zones" "offered" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }

  lifecycle {
    postcondition {
      condition     = length(setsubtract(var.availability_zones, self.names)) == 0
      error_message = "The region offers no zone ${join(", ", setsubtract(var.availability_zones, self.names))}; it has ${join(", ", self.names)}."
    }

    postcondition {
      condition     = length(self.names) >= local.zone_count
      error_message = "The region offers ${length(self.names)} availability zones; lower availability_zone_count."
    }
  }
}

locals {
  region     = data.aws_region.current.region
  zone_count = length(var.availability_zones) > 0 ? length(var.availability_zones) : var.availability_zone_count
  zones      = length(var.availability_zones) > 0 ? var.availability_zones : slice(data.aws_availability_zones.offered.names, 0, min(local.zone_count, length(data.aws_availability_zones.offered.names)))

  # Everything below exists once per zone and is keyed by it: taking a zone away
  # touches only that zone.
  public_cidrs  = { for at, zone in local.zones : zone => var.public_subnet_cidrs[at] }
  private_cidrs = { for at, zone in local.zones : zone => var.private_subnet_cidrs[at] }
}

resource "aws_vpc" "this" {
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

resource "aws_vpc_dhcp_options" "this" {
  domain_name         = local.region == "us-east-1" ? "ec2.internal" : "${local.region}.compute.internal"
  domain_name_servers = ["AmazonProvidedDNS"]
}

resource "aws_vpc_dhcp_options_association" "this" {
  vpc_id          = aws_vpc.this.id
  dhcp_options_id = aws_vpc_dhcp_options.this.id
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = local.public_cidrs

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = true

  tags = {
    Name    = "${var.name} public ${each.key}"
    Network = "Public"
  }
}

resource "aws_subnet" "private" {
  for_each = local.private_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = {
    Name    = "${var.name} private ${each.key}"
    Network = "Private"
  }
}
