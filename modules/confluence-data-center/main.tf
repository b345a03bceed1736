# Confluence Data Center in an Atlassian Standard Infrastructure. One file per part:
#
#   security.tf       who may talk to whom
#   storage.tf        shared home (EFS), its key, the database
#   backup.tf         backups of both
#   secrets.tf        the two passwords
#   identity.tf       what a node may do
#   load_balancer.tf  the way in
#   settings.tf       what a node is told (/etc/atl)
#   nodes.tf          the groups of nodes
#   cluster.tf        the running cluster: its version, its upgrades
#   monitoring.tf     logs, dashboard and alarms
#   dns.tf            names
#   sizes.tf          what names of types and versions say
#   checks.tf         what is allowed but worth a warning
#   account.tf        what AWS is asked before anything is made

# Synchrony before 6.3.2 does not know the endpoints of these regions.
data "aws_region" "current" {
  lifecycle {
    postcondition {
      condition     = try(local.version_number >= 6003002, true) || var.collaborative_editing_mode == "none" || !contains(["us-east-2", "eu-west-2", "ap-south-1", "ap-northeast-2", "ca-central-1"], self.region)
      error_message = "Synchrony of Confluence before 6.3.2 cannot run in ${self.region}: choose a later version, another region, or collaborative_editing_mode = \"none\"."
    }

    postcondition {
      condition     = var.ssl_certificate_arn == null || try(split(":", var.ssl_certificate_arn)[2], "") != "acm" ? true : split(":", var.ssl_certificate_arn)[3] == self.region
      error_message = "The certificate belongs to another region than the site (${self.region}): request one there, and give its ARN in ssl_certificate_arn."
    }
  }
}

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
