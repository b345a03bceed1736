# A failover cluster with an Elastic IP address, for clients on the Internet. The address stands for the
# active server; a failover is one call that moves the association.

module "network" {
  source = "../modules/ha-network"

  name                 = var.name
  availability_zones   = var.availability_zones
  vpc_cidr             = "10.0.0.0/16"
  public_subnet_cidrs  = ["10.0.10.0/24", "10.0.20.0/24"]
  private_subnet_cidrs = []
  nat                  = false
}

module "servers" {
  source = "../modules/ha-servers"

  name          = var.name
  vpc_id        = module.network.vpc_id
  image_id      = var.image_id
  public        = true
  service_ports = var.service_ports
  client_cidrs  = var.client_cidrs

  servers = {
    server1 = {
      zone       = module.network.zones["a"]
      subnet_id  = module.network.public_subnet_ids["a"]
      private_ip = "10.0.10.10"
    }
    server2 = {
      zone       = module.network.zones["b"]
      subnet_id  = module.network.public_subnet_ids["b"]
      private_ip = "10.0.20.10"
    }
  }
}

# The address alone: which server has it is the group's to say.
resource "aws_eip" "service" {
  domain = "vpc"

  tags = { Name = var.name }
}

data "ha_iam_policy" "agents" {
  cluster    = ha_cluster.this
  account_id = data.aws_caller_identity.current.account_id
  az_monitor = true

  elastic_ip {
    allocation_id = aws_eip.service.allocation_id
  }
}

resource "ha_group" "failover1" {
  name    = "failover1"
  cluster = ha_cluster.this
  startup = ["server1", "server2"]

  mirror_disk {
    name        = "md"
    mount_point = "/data"

    side {
      server            = "server1"
      cluster_partition = "/dev/nvme1n1p1"
      data_partition    = "/dev/nvme1n1p2"
    }
    side {
      server            = "server2"
      cluster_partition = "/dev/nvme1n1p1"
      data_partition    = "/dev/nvme1n1p2"
    }
  }

  exec {
    name  = "service"
    start = ["/usr/bin/systemctl", "start", "service"]
    stop  = ["/usr/bin/systemctl", "stop", "service"]
    check = ["/usr/bin/systemctl", "is-active", "--quiet", "service"]
    after = ["md"]
  }

  # While the address moves, the old server has no public address for a moment and cannot reach the AWS
  # API: "ignore" and "warn" endure that.
  elastic_ip {
    name          = "eip"
    allocation_id = aws_eip.service.allocation_id
    after         = ["service"]

    monitor {
      mode = "warn"
    }
  }

  az_monitor {
    mode = "ignore"
  }

  depends_on = [aws_iam_role_policy.agents]
}
