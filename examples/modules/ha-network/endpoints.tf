# The way to the AWS API that needs no Internet: an interface endpoint per service. A virtual
# address needs the one of EC2; names need Route 53, which has none everywhere.

locals {
  endpoints = length(var.private_subnet_cidrs) > 0 ? toset(var.interface_endpoints) : toset([])
}

resource "aws_security_group" "endpoints" {
  count = length(local.endpoints) > 0 ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "Who reaches the endpoints of AWS services"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name} endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = length(local.endpoints) > 0 ? 1 : 0

  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from the network"
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.current.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for it in aws_subnet.private : it.id]
  security_group_ids  = [aws_security_group.endpoints[0].id]

  tags = { Name = "${var.name} ${each.key}" }
}

# The arbiter's table is reached through a gateway endpoint, which costs nothing.
resource "aws_vpc_endpoint" "dynamodb" {
  count = length(local.endpoints) > 0 ? 1 : 0

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.current.region}.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for it in aws_route_table.private : it.id]

  tags = { Name = "${var.name} dynamodb" }
}
