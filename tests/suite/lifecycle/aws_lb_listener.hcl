# update: port = 81
# update: tags = { step = "2" }
resource "aws_lb_listener" "test" {
  load_balancer_arn = aws_lb.lb.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.targets.arn
  }
}

resource "aws_lb" "lb" {
  name     = "listener"
  internal = true
  subnets  = [aws_subnet.a.id, aws_subnet.b.id]
}

resource "aws_lb_target_group" "targets" {
  name     = "listener"
  port     = 8080
  protocol = "HTTP"
  vpc_id   = aws_vpc.net.id
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.net.id
  availability_zone = data.aws_availability_zones.all.names[0]
  cidr_block        = "10.20.1.0/24"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.net.id
  availability_zone = data.aws_availability_zones.all.names[1]
  cidr_block        = "10.20.2.0/24"
}

data "aws_availability_zones" "all" {}
