# update: force_detach = true
# import id: /dev/sdh:${aws_ebs_volume.data.id}:${aws_instance.server.id}
# import differs: force_detach
resource "aws_volume_attachment" "test" {
  device_name = "/dev/sdh"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.server.id
}

resource "aws_ebs_volume" "data" {
  availability_zone = aws_subnet.net.availability_zone
  size              = 10
}

resource "aws_instance" "server" {
  ami           = data.aws_ami.linux.id
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.net.id
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
  cidr_block = "10.41.0.0/16"
}

resource "aws_subnet" "net" {
  vpc_id     = aws_vpc.net.id
  cidr_block = "10.41.1.0/24"
}
