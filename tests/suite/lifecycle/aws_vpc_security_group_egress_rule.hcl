# update: to_port = 444
# update: cidr_ipv4 = "10.0.0.0/16"
# update: description = "more of it"
# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.33.0.0/16"
}

resource "aws_security_group" "main" {
  name   = "lifecycle"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_egress_rule" "test" {
  security_group_id = aws_security_group.main.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.0.0.0/8"
  description       = "https"

  tags = {
    Name = "lifecycle"
  }
}
