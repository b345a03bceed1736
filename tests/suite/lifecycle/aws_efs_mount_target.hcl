# update: security_groups = [aws_security_group.b.id]
resource "aws_efs_mount_target" "test" {
  file_system_id  = aws_efs_file_system.files.id
  subnet_id       = aws_subnet.a.id
  security_groups = [aws_security_group.a.id]
}

resource "aws_efs_file_system" "files" {}

resource "aws_security_group" "a" {
  name   = "a"
  vpc_id = aws_vpc.net.id
}

resource "aws_security_group" "b" {
  name   = "b"
  vpc_id = aws_vpc.net.id
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.net.id
  availability_zone = data.aws_availability_zones.all.names[0]
  cidr_block        = "10.20.1.0/24"
}

data "aws_availability_zones" "all" {}
