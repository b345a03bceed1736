# update: idle_timeout = 120
# update: tags = { step = "2" }
resource "aws_lb" "test" {
  name                       = "lifecycle"
  internal                   = true
  subnets                    = [aws_subnet.a.id, aws_subnet.b.id]
  drop_invalid_header_fields = true
  idle_timeout               = 90

  tags = { step = "1" }
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
