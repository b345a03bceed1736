# Two servers whose agents run as processes of one machine, on loopback addresses.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
    ha  = { source = "plumb/ha" }
  }
}

variable "host" {
  type = string
}

variable "partition_port" {
  type = number
}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

data "aws_availability_zones" "all" {}

locals {
  servers = { server1 = "1", server2 = "2" }
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  vpc_id            = aws_vpc.this.id
  cidr_block        = "10.0.110.0/24"
  availability_zone = data.aws_availability_zones.all.names[0]
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_network_interface" "this" {
  for_each = local.servers

  subnet_id         = aws_subnet.this.id
  private_ips       = ["10.0.110.1${each.value}"]
  source_dest_check = false
}

resource "aws_instance" "this" {
  for_each = local.servers

  ami           = nonsensitive(data.aws_ssm_parameter.image.value)
  instance_type = "t3.micro"

  primary_network_interface {
    network_interface_id = aws_network_interface.this[each.key].id
  }
}

resource "aws_dynamodb_table" "leases" {
  name         = "agents-${var.host}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "ha_cluster" "db" {
  name = "db"

  dynamic "server" {
    for_each = local.servers

    content {
      name              = server.key
      instance_id       = aws_instance.this[server.key].id
      eni_id            = aws_network_interface.this[server.key].id
      availability_zone = data.aws_availability_zones.all.names[0]
      interconnect      = "127.0.${var.host}.${server.value}"
    }
  }

  network_partition {
    host     = "127.0.0.1"
    port     = var.partition_port
    tls      = false
    interval = 1
    timeout  = 5
  }

  heartbeat {
    interval = 1
    timeout  = 6
  }

  arbiter {
    table = aws_dynamodb_table.leases.name
    lease = 10
  }
}

resource "ha_group" "failover1" {
  name    = "failover1"
  cluster = ha_cluster.db

  exec {
    name  = "app"
    start = ["sh", "-c", "$BASE/holder start app"]
    stop  = ["sh", "-c", "$BASE/holder stop app"]
  }

  virtual_ip {
    name            = "vip"
    ip              = "10.1.0.20"
    vpc_id          = aws_vpc.this.id
    route_table_ids = [aws_route_table.this.id]
  }
}
