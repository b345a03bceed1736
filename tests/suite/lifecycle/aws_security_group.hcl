# update: ingress = [local.rules.after]
# update: tags = { Name = "renamed" }
resource "aws_vpc" "main" {
  cidr_block = "10.31.0.0/16"
}

locals {
  rule = {
    cidr_blocks      = ["10.31.1.0/24", "10.31.2.0/24"]
    description      = "web"
    from_port        = 80
    ipv6_cidr_blocks = null
    prefix_list_ids  = null
    protocol         = "tcp"
    security_groups  = null
    self             = null
    to_port          = 80
  }
  rules = {
    before = local.rule
    after  = merge(local.rule, { cidr_blocks = ["10.31.2.0/24", "10.31.3.0/24"], description = "web and more" })
  }
}

resource "aws_security_group" "test" {
  name        = "lifecycle"
  description = "Made by the lifecycle suite"
  vpc_id      = aws_vpc.main.id
  ingress     = [local.rules.before]

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = {
    Name = "lifecycle"
  }
}
