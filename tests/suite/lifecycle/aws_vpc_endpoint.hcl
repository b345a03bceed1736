# update: policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "*" }] })
# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.29.0.0/16"
}

resource "aws_route_table" "main" {
  vpc_id = aws_vpc.main.id
}

data "aws_region" "here" {}

resource "aws_vpc_endpoint" "test" {
  vpc_id          = aws_vpc.main.id
  service_name    = "com.amazonaws.${data.aws_region.here.id}.s3"
  route_table_ids = [aws_route_table.main.id]

  tags = {
    Name = "lifecycle"
  }
}
