# update: max_size = 3
# update: desired_capacity = 2
# update: health_check_grace_period = 600
resource "aws_autoscaling_group" "test" {
  name                = "lifecycle"
  min_size            = 1
  max_size            = 2
  vpc_zone_identifier = [aws_subnet.net.id]
  suspended_processes = ["AZRebalance"]

  launch_template {
    id      = aws_launch_template.node.id
    version = aws_launch_template.node.latest_version
  }

  tag {
    key                 = "Name"
    value               = "lifecycle"
    propagate_at_launch = true
  }
}

resource "aws_launch_template" "node" {
  name_prefix   = "lifecycle-"
  image_id      = data.aws_ami.linux.id
  instance_type = "t3.micro"
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
