# update: map_public_ip_on_launch = true
# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.21.0.0/16"
}

data "aws_availability_zones" "here" {
  state = "available"
}

resource "aws_subnet" "test" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 1)
  availability_zone = data.aws_availability_zones.here.names[0]

  tags = {
    Name = "lifecycle"
  }
}
