# import id: ${aws_subnet.main.id}/${aws_route_table.second.id}
# update: route_table_id = aws_route_table.second.id
resource "aws_vpc" "main" {
  cidr_block = "10.27.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.27.1.0/24"
}

resource "aws_route_table" "first" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "second" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table_association" "test" {
  subnet_id      = aws_subnet.main.id
  route_table_id = aws_route_table.first.id
}
