# Who may talk to whom. Each part has its own security group, and rules name the
# group they admit rather than addresses.

locals {
  https = var.ssl_certificate_arn != null || var.ssl_certificate_domain != null
  ports = local.https ? toset(["80", "443"]) : toset(["80"])

  # Nodes call the site by its public name (base URL, Synchrony). They come from the
  # NAT gateways when the load balancer faces the internet, and directly otherwise.
  nat_sources = var.internet_facing_load_balancer ? {
    for it in setproduct(keys(var.infrastructure.nat_public_ips), local.ports) : "${it[0]}-${it[1]}" => {
      cidr = "${var.infrastructure.nat_public_ips[it[0]]}/32"
      port = tonumber(it[1])
    }
  } : {}

  node_groups = merge(
    { confluence = aws_security_group.node.id },
    { for it in aws_security_group.synchrony : "synchrony" => it.id },
  )
}

# The load balancer

resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-lb"
  description = "Load balancer of ${var.name}"
  vpc_id      = var.infrastructure.vpc_id

  tags = { Name = "${var.name} load balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer_clients" {
  for_each = local.ports

  security_group_id = aws_security_group.load_balancer.id
  description       = "Clients, port ${each.key}"
  cidr_ipv4         = var.cidr_block
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer_nat" {
  for_each = local.nat_sources

  security_group_id = aws_security_group.load_balancer.id
  description       = "Nodes through NAT, port ${each.value.port}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer_nodes" {
  for_each = var.internet_facing_load_balancer ? {} : {
    for it in setproduct(local.synchrony ? ["confluence", "synchrony"] : ["confluence"], local.ports) :
    "${it[0]}-${it[1]}" => { group = it[0], port = tonumber(it[1]) }
  }

  security_group_id            = aws_security_group.load_balancer.id
  tags                         = { Name = "Nodes of ${each.value.group}, port ${each.value.port}" }
  referenced_security_group_id = local.node_groups[each.value.group]
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "load_balancer_confluence" {
  security_group_id            = aws_security_group.load_balancer.id
  tags                         = { Name = "Confluence" }
  referenced_security_group_id = aws_security_group.node.id
  ip_protocol                  = "tcp"
  from_port                    = var.tomcat_default_connector_port
  to_port                      = var.tomcat_default_connector_port
}

resource "aws_vpc_security_group_egress_rule" "load_balancer_synchrony" {
  count = local.synchrony ? 1 : 0

  security_group_id            = aws_security_group.load_balancer.id
  tags                         = { Name = "Synchrony" }
  referenced_security_group_id = aws_security_group.synchrony[0].id
  ip_protocol                  = "tcp"
  from_port                    = 8091
  to_port                      = 8091
}

# Confluence nodes

resource "aws_security_group" "node" {
  name        = "${var.name}-node"
  description = "Confluence nodes of ${var.name}"
  vpc_id      = var.infrastructure.vpc_id

  tags = { Name = "${var.name} Confluence node" }
}

resource "aws_vpc_security_group_ingress_rule" "node_load_balancer" {
  security_group_id            = aws_security_group.node.id
  tags                         = { Name = "Tomcat from the load balancer" }
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = var.tomcat_default_connector_port
  to_port                      = var.tomcat_default_connector_port
}

resource "aws_vpc_security_group_ingress_rule" "node_hazelcast" {
  security_group_id            = aws_security_group.node.id
  tags                         = { Name = "Cluster of the Confluence nodes" }
  referenced_security_group_id = aws_security_group.node.id
  ip_protocol                  = "tcp"
  from_port                    = 5801
  to_port                      = 5801
}

resource "aws_vpc_security_group_ingress_rule" "node_synchrony" {
  count = var.collaborative_editing_mode == "synchrony-local" ? 1 : 0

  security_group_id            = aws_security_group.node.id
  tags                         = { Name = "Cluster of the Synchrony processes on the nodes" }
  referenced_security_group_id = aws_security_group.node.id
  ip_protocol                  = "tcp"
  from_port                    = 25500
  to_port                      = 25500
}

resource "aws_vpc_security_group_ingress_rule" "node_ssh" {
  for_each = var.infrastructure.ssh_security_group_ids

  security_group_id            = aws_security_group.node.id
  tags                         = { Name = "SSH from ${each.key}" }
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 22
  to_port                      = 22
}

resource "aws_vpc_security_group_ingress_rule" "node_ssh_cidr" {
  for_each = var.infrastructure.ssh_cidrs

  security_group_id = aws_security_group.node.id
  description       = "SSH from ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_egress_rule" "node_all" {
  security_group_id = aws_security_group.node.id
  description       = "Anywhere: downloads, mail, applications"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# Synchrony nodes

resource "aws_security_group" "synchrony" {
  count = local.synchrony ? 1 : 0

  name        = "${var.name}-synchrony"
  description = "Synchrony nodes of ${var.name}"
  vpc_id      = var.infrastructure.vpc_id

  tags = { Name = "${var.name} Synchrony node" }
}

resource "aws_vpc_security_group_ingress_rule" "synchrony_load_balancer" {
  count = local.synchrony ? 1 : 0

  security_group_id            = aws_security_group.synchrony[0].id
  tags                         = { Name = "Synchrony from the load balancer" }
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8091
  to_port                      = 8091
}

resource "aws_vpc_security_group_ingress_rule" "synchrony_cluster" {
  count = local.synchrony ? 1 : 0

  security_group_id            = aws_security_group.synchrony[0].id
  tags                         = { Name = "Cluster of the Synchrony nodes" }
  referenced_security_group_id = aws_security_group.synchrony[0].id
  ip_protocol                  = "tcp"
  from_port                    = 25500
  to_port                      = 25500
}

resource "aws_vpc_security_group_ingress_rule" "synchrony_ssh" {
  for_each = local.synchrony ? var.infrastructure.ssh_security_group_ids : {}

  security_group_id            = aws_security_group.synchrony[0].id
  tags                         = { Name = "SSH from ${each.key}" }
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 22
  to_port                      = 22
}

resource "aws_vpc_security_group_ingress_rule" "synchrony_ssh_cidr" {
  for_each = local.synchrony ? var.infrastructure.ssh_cidrs : {}

  security_group_id = aws_security_group.synchrony[0].id
  description       = "SSH from ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_egress_rule" "synchrony_all" {
  count = local.synchrony ? 1 : 0

  security_group_id = aws_security_group.synchrony[0].id
  description       = "Anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# The shared home

resource "aws_security_group" "shared_home" {
  name        = "${var.name}-efs"
  description = "Shared home of ${var.name}"
  vpc_id      = var.infrastructure.vpc_id

  tags = { Name = "${var.name} shared home" }
}

resource "aws_vpc_security_group_ingress_rule" "shared_home" {
  for_each = local.node_groups

  security_group_id            = aws_security_group.shared_home.id
  tags                         = { Name = "NFS from ${each.key}" }
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}
