# update: subnet_ids = [aws_subnet.b.id]
# update: tags = { Name = "renamed" }
resource "aws_network_acl" "test" {
  vpc_id     = aws_vpc.net.id
  subnet_ids = [aws_subnet.a.id]

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = 443
    to_port    = 443
    cidr_block = "10.0.0.0/8"
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  tags = {
    Name = "lifecycle"
  }
}

resource "aws_vpc" "net" {
  cidr_block = "10.43.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.net.id
  cidr_block = "10.43.1.0/24"
}

resource "aws_subnet" "b" {
  vpc_id     = aws_vpc.net.id
  cidr_block = "10.43.2.0/24"
}
