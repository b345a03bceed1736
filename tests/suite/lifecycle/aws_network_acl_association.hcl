# update: network_acl_id = aws_network_acl.b.id
resource "aws_network_acl_association" "test" {
  network_acl_id = aws_network_acl.a.id
  subnet_id      = aws_subnet.net.id
}

resource "aws_network_acl" "a" {
  vpc_id = aws_vpc.net.id
}

resource "aws_network_acl" "b" {
  vpc_id = aws_vpc.net.id
}

resource "aws_vpc" "net" {
  cidr_block = "10.45.0.0/16"
}

resource "aws_subnet" "net" {
  vpc_id     = aws_vpc.net.id
  cidr_block = "10.45.1.0/24"
}
