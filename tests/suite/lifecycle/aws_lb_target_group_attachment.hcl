resource "aws_lb_target_group_attachment" "test" {
  target_group_arn = aws_lb_target_group.targets.arn
  target_id        = "10.20.1.10"
  port             = 8081
}

resource "aws_lb_target_group" "targets" {
  name        = "attachment"
  port        = 8080
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.net.id
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}
