# update: instance_type = "t3.small"
# update: tags = { Name = "lifecycle", step = "2" }
resource "aws_instance" "test" {
  ami           = data.aws_ami.linux.id
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.net.id
  user_data     = "#!/bin/sh\necho ready\n"
  tags          = { Name = "lifecycle" }

  root_block_device {
    volume_type = "gp3"
    volume_size = 20
    tags        = { Name = "lifecycle-root" }
  }

  metadata_options {
    http_tokens = "required"
  }
}

data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023*-x86_64"]
  }
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "net" {
  vpc_id     = aws_vpc.net.id
  cidr_block = "10.20.1.0/24"
}
