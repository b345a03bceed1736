# The cluster: who its servers are, how each finds out that it is cut off, and the store outside both
# that says which of them may be active.

resource "aws_dynamodb_table" "leases" {
  name         = "${var.name}-leases"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "ha_cluster" "this" {
  name   = var.name
  region = data.aws_region.current.region

  dynamic "server" {
    for_each = module.servers.servers

    content {
      name              = server.key
      instance_id       = server.value.instance_id
      eni_id            = server.value.eni_id
      availability_zone = server.value.zone
      interconnect      = server.value.private_ip
    }
  }

  network_partition {
    type   = "http"
    host   = var.partition_host
    port   = 443
    tls    = true
    action = "stop_group"
  }

  arbiter {
    type  = "dynamodb"
    table = aws_dynamodb_table.leases.name
  }

  forced_stop {
    timeout = 300
  }
}

# What the agents may do, and nothing else. It comes from what the group owns and not from the group,
# so that a permission is in force before the group needs it.
resource "aws_iam_role_policy" "agents" {
  name   = "failover"
  role   = module.servers.role_name
  policy = data.ha_iam_policy.agents.json
}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}
