# update: description = "changed by the lifecycle suite"
# update: private_ips = ["10.35.1.10", "10.35.1.12"]
# update: source_dest_check = false
# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.35.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.35.1.0/24"
}

resource "aws_security_group" "main" {
  name   = "lifecycle"
  vpc_id = aws_vpc.main.id
}

resource "aws_network_interface" "test" {
  subnet_id       = aws_subnet.main.id
  description     = "made by the lifecycle suite"
  private_ips     = ["10.35.1.10", "10.35.1.11"]
  security_groups = [aws_security_group.main.id]

  tags = {
    Name = "lifecycle"
  }
}
