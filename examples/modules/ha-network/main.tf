# A network over two zones for a failover cluster. The servers stand in private subnets with a
# way out per zone, or in public ones; clients stand wherever a route table leads to the cluster.

data "aws_region" "current" {}

data "aws_availability_zones" "offered" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  offered = slice(data.aws_availability_zones.offered.names, 0, 2)
  zones   = length(var.availability_zones) > 0 ? var.availability_zones : local.offered

  # A is the first zone and B the second, so that keys are known before the zones are.
  sides   = { a = 0, b = 1 }
  private = length(var.private_subnet_cidrs) > 0 ? local.sides : {}
  nat     = var.nat ? local.sides : {}
}

resource "aws_vpc" "this" {
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = local.sides

  vpc_id                  = aws_vpc.this.id
  availability_zone       = local.zones[each.value]
  cidr_block              = var.public_subnet_cidrs[each.value]
  map_public_ip_on_launch = true

  tags = { Name = "${var.name} Subnet-1${upper(each.key)}" }
}

resource "aws_subnet" "private" {
  for_each = local.private

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[each.value]
  cidr_block        = var.private_subnet_cidrs[each.value]

  tags = { Name = "${var.name} Subnet-2${upper(each.key)}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name} Public-AB" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = local.sides

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

# A way out per zone, so that the loss of a zone leaves the other whole.
resource "aws_eip" "nat" {
  for_each = local.nat

  domain = "vpc"

  tags = { Name = "${var.name} NAT ${upper(each.key)}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name} NAT ${upper(each.key)}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "private" {
  for_each = local.private

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name} Private-${upper(each.key)}" }
}

resource "aws_route" "nat" {
  for_each = local.nat

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.key].id
}

resource "aws_route_table_association" "private" {
  for_each = local.private

  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}
