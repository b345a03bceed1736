# update: threshold = 90.5
resource "aws_cloudwatch_metric_alarm" "test" {
  alarm_name          = "lifecycle"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  threshold           = 80

  metric_query {
    id          = "share"
    expression  = "100 * errors / requests"
    label       = "Errors"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_ELB_5XX_Count"
      period      = 60
      stat        = "Sum"

      dimensions = {
        LoadBalancer = "app/lifecycle"
      }
    }
  }

  metric_query {
    id = "requests"

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "RequestCount"
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "simple" {
  alarm_name          = "simple"
  comparison_operator = "LessThanThreshold"
  evaluation_periods  = 1
  threshold           = 5
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  period              = 60
  statistic           = "Average"
  alarm_actions       = ["arn:aws:sns:us-east-1:123456789012:alarms"]

  dimensions = {
    AutoScalingGroupName = "lifecycle"
  }
}
