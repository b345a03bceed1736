# Every type whose create takes several calls, once.

variable "owner" {
  type    = string
  default = "kill"
}

variable "dns_hostnames" {
  type    = bool
  default = true
}

variable "generation" {
  type    = string
  default = "one"
}

locals {
  tags = { Name = "kill", owner = var.owner }

  # An interrupted destroy leaves one of the two: what names the other must not be in the way of the next one.
  subnet = aws_subnet.this["a"].id
}

data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023*-x86_64"]
  }
}

resource "aws_vpc" "this" {
  cidr_block           = "10.30.0.0/16"
  enable_dns_hostnames = var.dns_hostnames
  tags                 = local.tags
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = local.tags
}

resource "aws_subnet" "this" {
  for_each = { a = 0, b = 1 }

  vpc_id                  = aws_vpc.this.id
  cidr_block              = cidrsubnet(aws_vpc.this.cidr_block, 8, each.value)
  availability_zone       = "us-east-1${each.key}"
  map_public_ip_on_launch = true
  tags                    = local.tags
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  tags   = local.tags

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
}

resource "aws_security_group" "this" {
  name_prefix = "kill-${var.generation}-"
  description = "Generation ${var.generation}"
  vpc_id      = aws_vpc.this.id
  tags        = local.tags

  ingress {
    protocol    = "tcp"
    from_port   = 80
    to_port     = 80
    cidr_blocks = ["10.0.0.0/8"]
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_eip" "this" {
  domain = "vpc"
  tags   = local.tags
}

resource "aws_iam_role" "this" {
  name_prefix        = "kill-"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
  tags               = local.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "kill"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "*" }] })
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = "kill-"
  role        = aws_iam_role.this.name
}

resource "aws_launch_template" "this" {
  name_prefix            = "kill-"
  image_id               = data.aws_ami.linux.id
  instance_type          = "t3.micro"
  vpc_security_group_ids = [aws_security_group.this.id]

  iam_instance_profile {
    name = aws_iam_instance_profile.this.name
  }
}

resource "aws_autoscaling_group" "this" {
  name                = "kill"
  min_size            = 0
  max_size            = 1
  desired_capacity    = 0
  vpc_zone_identifier = [for it in aws_subnet.this : it.id]
  suspended_processes = ["AZRebalance"]

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  tag {
    key                 = "owner"
    value               = var.owner
    propagate_at_launch = true
  }
}

resource "aws_instance" "this" {
  ami               = data.aws_ami.linux.id
  instance_type     = "t3.micro"
  subnet_id         = aws_subnet.this["a"].id
  source_dest_check = false
  tags              = local.tags
}

resource "aws_lb" "this" {
  name               = "kill"
  load_balancer_type = "application"
  security_groups    = [aws_security_group.this.id]
  subnets            = [for it in aws_subnet.this : it.id]
  idle_timeout       = 120
  tags               = local.tags

  depends_on = [aws_internet_gateway.this]
}

resource "aws_lb_target_group" "this" {
  name                 = "kill-${var.generation}"
  port                 = 80
  protocol             = "HTTP"
  vpc_id               = aws_vpc.this.id
  deregistration_delay = 30
  tags                 = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_db_subnet_group" "this" {
  name       = "kill"
  subnet_ids = [for it in aws_subnet.this : it.id]
}

resource "aws_db_instance" "this" {
  identifier           = "kill"
  engine               = "postgres"
  instance_class       = "db.t3.micro"
  allocated_storage    = 20
  username             = "postgres"
  password             = "Kill-Harness-1"
  db_subnet_group_name = aws_db_subnet_group.this.name
  skip_final_snapshot  = true
  tags                 = local.tags
}

resource "aws_efs_file_system" "this" {
  encrypted = true
  tags      = local.tags

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }
}

resource "aws_efs_mount_target" "this" {
  file_system_id = aws_efs_file_system.this.id
  subnet_id      = local.subnet
}

resource "aws_route53_zone" "this" {
  name    = "kill.example"
  comment = "Owner ${var.owner}"
  tags    = local.tags

  vpc {
    vpc_id = aws_vpc.this.id
  }
}

resource "aws_route53_record" "this" {
  zone_id = aws_route53_zone.this.zone_id
  name    = "db.kill.example"
  type    = "CNAME"
  ttl     = 60
  records = [aws_db_instance.this.address]
}
