# update: max_size = 2
# update: recurrence = "0 23 * * *"
resource "aws_autoscaling_schedule" "test" {
  scheduled_action_name  = "night"
  autoscaling_group_name = aws_autoscaling_group.nodes.name
  min_size               = 0
  max_size               = 1
  desired_capacity       = 0
  recurrence             = "0 22 * * *"
}

resource "aws_autoscaling_group" "nodes" {
  name                = "lifecycle"
  min_size            = 0
  max_size            = 2
  vpc_zone_identifier = [aws_subnet.net.id]

  launch_template {
    id = aws_launch_template.node.id
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
