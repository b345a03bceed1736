# The way in: an application load balancer, which ends TLS when it has a certificate.

data "aws_acm_certificate" "named" {
  count = var.ssl_certificate_domain == null ? 0 : 1

  domain      = var.ssl_certificate_domain
  statuses    = ["ISSUED"]
  most_recent = true
}

locals {
  certificate_arn = var.ssl_certificate_domain == null ? var.ssl_certificate_arn : one(data.aws_acm_certificate.named[*].arn)
}

resource "aws_lb" "this" {
  name               = "${var.name}-lb"
  load_balancer_type = "application"
  internal           = !var.internet_facing_load_balancer
  subnets            = var.infrastructure.public_subnet_ids
  security_groups    = [aws_security_group.load_balancer.id]

  # Exports and imports keep a browser waiting for minutes.
  idle_timeout               = 300
  drop_invalid_header_fields = true
  enable_deletion_protection = var.protect_data

  tags = {
    Name    = "${var.name}-LoadBalancer"
    Cluster = var.name
  }
}

resource "aws_lb_target_group" "confluence" {
  name        = "${var.name}-confluence"
  vpc_id      = var.infrastructure.vpc_id
  target_type = "instance"
  protocol    = "HTTP"
  port        = var.tomcat_default_connector_port

  health_check {
    path                = "${var.tomcat_context_path}/status"
    interval            = 20
    timeout             = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
    matcher             = "200"
  }

  # A session lives on one node.
  stickiness {
    type = "lb_cookie"
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  dynamic "default_action" {
    for_each = local.https ? [] : [aws_lb_target_group.confluence.arn]

    content {
      type             = "forward"
      target_group_arn = default_action.value
    }
  }

  dynamic "default_action" {
    for_each = local.https ? ["redirect"] : []

    content {
      type = "redirect"

      redirect {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = local.certificate_arn
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.confluence.arn
  }
}

# Collaborative editing with nodes of its own

resource "aws_lb_target_group" "synchrony" {
  count = local.synchrony ? 1 : 0

  name        = "${var.name}-synchrony"
  vpc_id      = var.infrastructure.vpc_id
  target_type = "instance"
  protocol    = "HTTP"
  port        = 8091

  health_check {
    path                = "/synchrony/heartbeat"
    interval            = 20
    timeout             = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
    matcher             = "200"
  }

  stickiness {
    type = "lb_cookie"
  }
}

resource "aws_lb_listener_rule" "synchrony" {
  count = local.synchrony ? 1 : 0

  listener_arn = local.https ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
  priority     = 1

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.synchrony[0].arn
  }

  condition {
    path_pattern {
      values = ["/synchrony/*"]
    }
  }
}
