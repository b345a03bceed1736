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

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.29.1.0/24"
}

resource "aws_security_group" "endpoints" {
  name   = "lifecycle-endpoints"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_endpoint" "interface" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.${data.aws_region.here.id}.ec2"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [aws_subnet.main.id]
  security_group_ids  = [aws_security_group.endpoints.id]
}
