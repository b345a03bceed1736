# What the servers say to each other and to their clients. Heartbeats and agents use the numbers that
# cluster operators have open already; the mirror uses its own.

locals {
  # Between the servers only.
  between = {
    agent-data     = { protocol = "tcp", from = 29001, to = 29004 }
    agent-info     = { protocol = "tcp", from = 29008, to = 29010 }
    heartbeat      = { protocol = "udp", from = 29002, to = 29003 }
    heartbeat-fast = { protocol = "udp", from = 29006, to = 29006 }
    mirror         = { protocol = "tcp", from = 29051, to = 29099 }
    ping           = { protocol = "icmp", from = -1, to = -1 }
  }

  services = {
    for it in setproduct(var.service_ports, var.client_cidrs) : "${it[0]}-${it[1]}" => { port = it[0], cidr = it[1] }
  }
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-"
  description = "Servers of the failover cluster ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = var.name }
}

resource "aws_vpc_security_group_ingress_rule" "between" {
  for_each = local.between

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from
  to_port                      = each.value.to

  tags = { Name = "${each.key} from the other server" }
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  for_each = local.services

  security_group_id = aws_security_group.this.id
  description       = "Service port ${each.value.port}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

# To the AWS API, the host of the partition check, the resolver and the other server.
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "Everywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
