# update: vpc_id = aws_vpc.other.id
# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.22.0.0/16"
}

resource "aws_vpc" "other" {
  cidr_block = "10.23.0.0/16"
}

resource "aws_internet_gateway" "test" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "lifecycle"
  }
}
