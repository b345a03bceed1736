# Logs, kept for as long as the variable says, and a dashboard.

# The agent on the nodes would make these groups itself, and keep logs for ever.
resource "aws_cloudwatch_log_group" "this" {
  for_each = local.logs ? toset(["confluence-${var.name}", "confluence-${var.name}-audit", "confluence-${var.name}-provisioning"]) : toset([])

  name              = each.key
  retention_in_days = var.log_retention_days
}

locals {
  node_metrics = [
    "CPUUtilization", "StatusCheckFailed", "StatusCheckFailed_Instance", "StatusCheckFailed_System",
    "NetworkIn", "NetworkOut", "NetworkPacketsIn", "NetworkPacketsOut",
    "EBSReadBytes", "EBSReadOps", "EBSWriteBytes", "EBSWriteOps", "EBSIOBalance%", "EBSByteBalance%",
  ]

  metrics_widget = {
    type   = "metric"
    x      = 0
    y      = 0
    width  = 24
    height = 9
    properties = {
      title   = "Confluence nodes"
      view    = "singleValue"
      region  = local.region
      stat    = "Average"
      period  = 300
      metrics = [for metric in local.node_metrics : ["AWS/EC2", metric, "AutoScalingGroupName", module.confluence_nodes.name]]
    }
  }

  logs_widget = {
    type   = "log"
    x      = 0
    y      = 9
    width  = 24
    height = 9
    properties = {
      title  = "Confluence logs"
      view   = "table"
      region = local.region
      query  = "SOURCE 'confluence-${var.name}' | fields @timestamp, @message | sort @timestamp desc | limit 20"
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  count = local.metrics ? 1 : 0

  dashboard_name = "${var.name}-dashboard"
  dashboard_body = jsonencode({
    start   = "-PT3H"
    widgets = concat([local.metrics_widget], local.logs ? [local.logs_widget] : [])
  })
}
