# An import names the rules, not their id.
# import: no
# update: description = "name servers"
resource "aws_vpc" "main" {
  cidr_block = "10.34.0.0/16"
}

resource "aws_security_group" "main" {
  name   = "lifecycle"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group_rule" "test" {
  security_group_id = aws_security_group.main.id
  type              = "egress"
  protocol          = "udp"
  from_port         = 53
  to_port           = 53
  cidr_blocks       = ["10.34.0.2/32", "169.254.169.253/32"]
  description       = "DNS"
}
