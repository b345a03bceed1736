# One network for Atlassian products: two zones, each with a public and a private
# subnet and its own way out, so that the loss of a zone leaves the other whole.

data "aws_region" "current" {}

data "aws_availability_zones" "offered" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  region = data.aws_region.current.region
  zones  = length(var.availability_zones) > 0 ? var.availability_zones : slice(data.aws_availability_zones.offered.names, 0, 2)

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

resource "aws_eip" "nat" {
  for_each = toset(local.zones)

  domain = "vpc"

  tags = { Name = "${var.name} NAT ${each.key}" }

  # An address can be mapped only in a network that has an internet gateway.
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = toset(local.zones)

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name} ${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = {
    Name    = "${var.name} public"
    Network = "Public"
  }
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "private" {
  for_each = toset(local.zones)

  vpc_id = aws_vpc.this.id

  tags = {
    Name    = "${var.name} private ${each.key}"
    Network = "Private"
  }
}

resource "aws_route" "private" {
  for_each = toset(local.zones)

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.key].id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private[each.key].id
}

# Traffic to S3 costs nothing through a gateway endpoint, and much through NAT.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for zone in local.zones : aws_route_table.private[zone].id]

  tags = { Name = "${var.name} S3" }
}
