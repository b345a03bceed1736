# import id: ${aws_network_acl.net.id}:200:tcp:true
resource "aws_network_acl_rule" "test" {
  network_acl_id = aws_network_acl.net.id
  rule_number    = 200
  egress         = true
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.44.0.0/16"
  from_port      = 1024
  to_port        = 65535
}

resource "aws_network_acl" "net" {
  vpc_id = aws_vpc.net.id
}

resource "aws_vpc" "net" {
  cidr_block = "10.44.0.0/16"
}
