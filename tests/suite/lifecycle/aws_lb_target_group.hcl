# update: deregistration_delay = 30
# update: tags = { step = "2" }
resource "aws_lb_target_group" "test" {
  name     = "lifecycle"
  port     = 8080
  protocol = "HTTP"
  vpc_id   = aws_vpc.net.id

  health_check {
    path    = "/status"
    matcher = "200-299"
  }

  stickiness {
    type            = "lb_cookie"
    cookie_duration = 3600
  }
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}
