# A group with an address of each kind and without disks or programs, which commands can move without agents.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
    ha = {
      source = "plumb/ha"
    }
  }
}

variable "members" {
  type    = list(string)
  default = ["server1", "server2"]
}

variable "tables" {
  type    = list(string)
  default = ["private-a", "private-b", "public"]
}

variable "ttl" {
  type    = number
  default = 60
}

variable "delete_record" {
  type    = bool
  default = false
}

# Whether there is a group.
variable "group" {
  type    = bool
  default = true
}

# Whether the configuration has plain resources for what the group owns.
variable "plain" {
  type    = bool
  default = false
}

variable "check_interfaces" {
  type    = bool
  default = false
}

variable "arbiter" {
  type    = bool
  default = true
}

variable "exclusive" {
  default = "none"
}

variable "call_timeout" {
  type    = number
  default = 20
}

locals {
  all = {
    server1 = { zone = "us-east-1a", cidr = "10.0.110.0/24", ip = "10.0.110.10" }
    server2 = { zone = "us-east-1b", cidr = "10.0.120.0/24", ip = "10.0.120.10" }
  }
  members = { for name in var.members : name => local.all[name] }
}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

data "aws_caller_identity" "current" {}

resource "aws_vpc" "this" {
  cidr_block         = "10.0.0.0/16"
  enable_dns_support = true
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "this" {
  for_each = local.all

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value.zone
  cidr_block        = each.value.cidr
}

resource "aws_route_table" "this" {
  for_each = toset(var.tables)

  vpc_id = aws_vpc.this.id
  tags   = { Name = each.key }
}

resource "aws_network_interface" "server" {
  for_each = local.members

  subnet_id         = aws_subnet.this[each.key].id
  private_ips       = [each.value.ip]
  source_dest_check = var.check_interfaces
}

resource "aws_instance" "server" {
  for_each = local.members

  ami           = data.aws_ssm_parameter.image.value
  instance_type = "t3.micro"

  primary_network_interface {
    network_interface_id = aws_network_interface.server[each.key].id
  }
}

# Nobody's, for what is pointed at it by hand.
resource "aws_network_interface" "stranger" {
  subnet_id   = aws_subnet.this["server1"].id
  private_ips = ["10.0.110.99"]
}

resource "aws_eip" "service" {
  domain = "vpc"
}

resource "aws_route53_zone" "this" {
  name = "hz1.local"

  vpc {
    vpc_id = aws_vpc.this.id
  }
}

resource "aws_dynamodb_table" "leases" {
  name         = "leases"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_iam_role" "agents" {
  name = "agents"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

data "ha_iam_policy" "agents" {
  cluster    = ha_cluster.this
  account_id = data.aws_caller_identity.current.account_id

  virtual_ip {
    route_table_ids = [for it in aws_route_table.this : it.id]
  }
}

resource "aws_iam_role_policy" "agents" {
  name   = "failover"
  role   = aws_iam_role.agents.name
  policy = data.ha_iam_policy.agents.json
}

resource "ha_cluster" "this" {
  name   = "db"
  region = "us-east-1"

  dynamic "server" {
    for_each = local.members

    content {
      name              = server.key
      instance_id       = aws_instance.server[server.key].id
      eni_id            = aws_network_interface.server[server.key].id
      availability_zone = server.value.zone
      interconnect      = server.value.ip
    }
  }

  dynamic "arbiter" {
    for_each = var.arbiter ? [1] : []

    content {
      table = aws_dynamodb_table.leases.name
      lease = 5
    }
  }
}

resource "ha_group" "failover1" {
  count = var.group ? 1 : 0

  name         = "failover1"
  cluster      = ha_cluster.this
  startup      = var.members
  exclusive    = var.exclusive
  call_timeout = var.call_timeout

  virtual_ip {
    name            = "vip"
    ip              = "10.1.0.20"
    vpc_id          = aws_vpc.this.id
    route_table_ids = [for it in aws_route_table.this : it.id]

    activation {
      retry = 1
    }
  }

  elastic_ip {
    name          = "eip"
    allocation_id = aws_eip.service.allocation_id

    activation {
      retry = 1
    }
  }

  dns {
    name                 = "dns"
    zone_id              = aws_route53_zone.this.zone_id
    record_name          = "srv.hz1.local."
    ttl                  = var.ttl
    delete_on_deactivate = var.delete_record

    activation {
      retry = 1
    }
  }

  depends_on = [aws_iam_role_policy.agents]
}

# What a configuration has that knew no groups.
resource "aws_route" "vip" {
  for_each = var.plain ? aws_route_table.this : {}

  route_table_id         = each.value.id
  destination_cidr_block = "10.1.0.20/32"
  network_interface_id   = aws_network_interface.server["server1"].id
}

resource "aws_eip_association" "service" {
  count = var.plain ? 1 : 0

  allocation_id        = aws_eip.service.allocation_id
  network_interface_id = aws_network_interface.server["server1"].id
  allow_reassociation  = true
}

resource "aws_route53_record" "service" {
  count = var.plain ? 1 : 0

  zone_id = aws_route53_zone.this.zone_id
  name    = "srv.hz1.local"
  type    = "A"
  ttl     = 60
  records = ["10.0.110.10"]
}

output "stranger" {
  value = aws_network_interface.stranger.id
}

output "definition" {
  value = {
    cluster = jsondecode(ha_cluster.this.definition)
    groups  = [for it in ha_group.failover1 : jsondecode(it.definition)]
  }
}
