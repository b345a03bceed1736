# update: network_interface_id = aws_network_interface.b.id
resource "aws_eip_association" "test" {
  allocation_id        = aws_eip.main.id
  network_interface_id = aws_network_interface.a.id
}

resource "aws_eip" "main" {
  domain = "vpc"
}

resource "aws_network_interface" "a" {
  subnet_id = aws_subnet.net.id
}

resource "aws_network_interface" "b" {
  subnet_id = aws_subnet.net.id
}

resource "aws_internet_gateway" "net" {
  vpc_id = aws_vpc.net.id
}

resource "aws_vpc" "net" {
  cidr_block = "10.42.0.0/16"
}

resource "aws_subnet" "net" {
  vpc_id     = aws_vpc.net.id
  cidr_block = "10.42.1.0/24"
}
