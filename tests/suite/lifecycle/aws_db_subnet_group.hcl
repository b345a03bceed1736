# update: tags = { step = "2" }
resource "aws_db_subnet_group" "test" {
  name       = "lifecycle"
  subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.net.id
  availability_zone = "us-east-1a"
  cidr_block        = "10.20.1.0/24"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.net.id
  availability_zone = "us-east-1b"
  cidr_block        = "10.20.2.0/24"
}
