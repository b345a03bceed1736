# A group of equal nodes in the private subnets: what a node is (launch template), how
# many there are (Auto Scaling group), and when their number changes (policies, alarms).

resource "aws_launch_template" "this" {
  name        = var.name
  description = var.description

  image_id               = var.image_id
  instance_type          = var.instance_type
  key_name               = var.key_pair_name
  vpc_security_group_ids = var.security_group_ids
  user_data              = base64encode(var.user_data)

  iam_instance_profile {
    name = var.instance_profile_name
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  # The alarms below look at every minute; basic monitoring reports every five.
  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.volume_size
      encrypted             = true
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = { Name = var.node_name }
  }

  lifecycle {
    precondition {
      condition     = length(var.user_data) <= 16384
      error_message = "EC2 takes at most 16 KB of user data; shorten deployment_automation_custom_params, catalina_opts or node_settings."
    }
  }
}

resource "aws_autoscaling_group" "this" {
  name                = var.name
  min_size            = var.min_size
  max_size            = var.max_size
  desired_capacity    = var.min_size
  vpc_zone_identifier = var.subnet_ids
  target_group_arns   = [var.target_group_arn]

  # Not "ELB": a node needs more than 20 minutes to answer, and answers nothing while
  # an upgrade runs. Replacing it then would never end.
  health_check_type         = "EC2"
  wait_for_capacity_timeout = "15m"

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  dynamic "tag" {
    for_each = merge(var.node_tags, { Name = var.node_name })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    # Alarms and schedules move the capacity, and nodes tag their group with what they
    # run.
    ignore_changes = [desired_capacity, tag]
  }
}

# Up by one when the processors are above 60 % for 5 minutes, down by one when they are
# below 40 % for 30 minutes; ten minutes of rest in between.
locals {
  scaling = {
    up = {
      adjustment  = 1
      comparison  = "GreaterThanThreshold"
      threshold   = 60
      minutes     = 5
      description = "Processors above 60 % for 5 minutes: one node more"
    }
    down = {
      adjustment  = -1
      comparison  = "LessThanThreshold"
      threshold   = 40
      minutes     = 30
      description = "Processors below 40 % for 30 minutes: one node less"
    }
  }
}

resource "aws_autoscaling_policy" "cpu" {
  for_each = local.scaling

  name                   = "${var.name}-${each.key}"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "SimpleScaling"
  adjustment_type        = "ChangeInCapacity"
  scaling_adjustment     = each.value.adjustment
  cooldown               = 600
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  for_each = local.scaling

  alarm_name          = "${var.name}-cpu-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  dimensions          = { AutoScalingGroupName = aws_autoscaling_group.this.name }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = each.value.minutes
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  alarm_actions       = [aws_autoscaling_policy.cpu[each.key].arn]
}

# Known busy hours: a node takes too long to start for an alarm to help in time.
resource "aws_autoscaling_schedule" "this" {
  for_each = var.schedules

  scheduled_action_name  = each.key
  autoscaling_group_name = aws_autoscaling_group.this.name
  recurrence             = each.value.recurrence
  time_zone              = each.value.time_zone
  min_size               = each.value.min_size
  max_size               = each.value.max_size
  desired_capacity       = each.value.min_size
}
