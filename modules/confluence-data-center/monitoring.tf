# Logs, kept for as long as the variable says, a dashboard, and alarms to one topic. The
# alarms that scale the groups belong to the groups, those of the database to it.

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

# Alarms

resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.notification_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.notification_email
}

# A node that starts is unhealthy for 20 minutes and more.
resource "aws_cloudwatch_metric_alarm" "unhealthy_nodes" {
  count = local.metrics ? 1 : 0

  alarm_name          = "${var.name}-unhealthy-nodes"
  alarm_description   = "A Confluence node has not answered for 45 minutes"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = aws_lb_target_group.confluence.arn_suffix }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 9
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "no_nodes" {
  count = local.metrics && var.cluster_node_min > 0 ? 1 : 0

  alarm_name          = "${var.name}-no-nodes"
  alarm_description   = "No Confluence node answers: the site is down"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = aws_lb_target_group.confluence.arn_suffix }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
