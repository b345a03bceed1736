# A failover cluster with a virtual address, for clients in the same network. Every route table leads
# 10.1.0.20/32 to the active server; a failover moves all of these rows.

module "network" {
  source = "../modules/ha-network"

  name                 = var.name
  availability_zones   = var.availability_zones
  vpc_cidr             = "10.0.0.0/16"
  public_subnet_cidrs  = ["10.0.10.0/24", "10.0.20.0/24"]
  private_subnet_cidrs = ["10.0.110.0/24", "10.0.120.0/24"]
  nat                  = !var.use_endpoints
  interface_endpoints  = var.use_endpoints ? ["ec2"] : []
}

module "servers" {
  source = "../modules/ha-servers"

  name              = var.name
  vpc_id            = module.network.vpc_id
  image_id          = var.image_id
  source_dest_check = false
  service_ports     = var.service_ports
  client_cidrs      = ["10.0.0.0/16"]

  servers = {
    server1 = {
      zone       = module.network.zones["a"]
      subnet_id  = module.network.private_subnet_ids["a"]
      private_ip = "10.0.110.10"
    }
    server2 = {
      zone       = module.network.zones["b"]
      subnet_id  = module.network.private_subnet_ids["b"]
      private_ip = "10.0.120.10"
    }
  }
}

data "ha_iam_policy" "agents" {
  cluster    = ha_cluster.this
  account_id = data.aws_caller_identity.current.account_id
  az_monitor = true

  virtual_ip {
    route_table_ids = module.network.route_table_ids
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

  virtual_ip {
    name            = "vip"
    ip              = var.vip
    vpc_id          = module.network.vpc_id
    route_table_ids = module.network.route_table_ids
    after           = ["service"]
  }

  az_monitor {
    mode = "ignore"
  }

  # A row is made when the servers may move it.
  depends_on = [aws_iam_role_policy.agents]
}
