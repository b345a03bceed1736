# Confluence Data Center in an existing network. One file per part:
#
#   security.tf       who may talk to whom
#   storage.tf        shared home (EFS), its key, the database
#   identity.tf       what a node may do, and the secrets it reads
#   load_balancer.tf  the way in
#   settings.tf       what a node is told (/etc/atl)
#   nodes.tf          the groups of nodes
#   monitoring.tf     logs and dashboard
#   dns.tf            names

data "aws_region" "current" {}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  region    = data.aws_region.current.region
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id

  # Synchrony has nodes of its own; otherwise Confluence runs it beside itself.
  synchrony = var.collaborative_editing_mode == "synchrony-separate-nodes"

  metrics = var.cloudwatch_integration != "Off"
  logs    = var.cloudwatch_integration == "Metrics and Logs"
}
