# Alarms of the instances: of all, and of what only one of the engines has.

locals {
  instances = merge(
    { for it in aws_db_instance.postgres : "1" => it.identifier },
    { for at, it in aws_rds_cluster_instance.aurora : at => it.identifier },
  )
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  for_each = local.instances

  alarm_name          = "${var.name}-db-${each.key}-cpu"
  alarm_description   = "Processor of the database at 80 % or more for 5 minutes"
  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  dimensions          = { DBInstanceIdentifier = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 80
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "transaction_ids" {
  for_each = local.instances

  alarm_name          = "${var.name}-db-${each.key}-transaction-ids"
  alarm_description   = "Transaction identifiers run out: the database must be vacuumed"
  namespace           = "AWS/RDS"
  metric_name         = "MaximumUsedTransactionIDs"
  dimensions          = { DBInstanceIdentifier = each.value }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 600000000
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "local_storage" {
  for_each = local.aurora ? local.instances : {}

  alarm_name          = "${var.name}-db-${each.key}-local-storage"
  alarm_description   = "5 GiB of local storage or less for temporary files"
  namespace           = "AWS/RDS"
  metric_name         = "FreeLocalStorage"
  dimensions          = { DBInstanceIdentifier = each.value }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanOrEqualToThreshold"
  threshold           = 5368709120
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# A tenth of the storage: a database without any stops.
resource "aws_cloudwatch_metric_alarm" "storage" {
  for_each = local.postgres ? local.instances : {}

  alarm_name          = "${var.name}-db-${each.key}-storage"
  alarm_description   = "A tenth of the storage or less is free: raise db_storage"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = each.value }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanOrEqualToThreshold"
  threshold           = var.storage * 1073741824 / 10
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
