# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.28.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.28.1.0/24"
}

resource "aws_eip" "main" {
  domain     = "vpc"
  depends_on = [aws_internet_gateway.main]
}

resource "aws_nat_gateway" "test" {
  subnet_id     = aws_subnet.main.id
  allocation_id = aws_eip.main.id

  tags = {
    Name = "lifecycle"
  }
}
