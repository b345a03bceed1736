# A failover cluster with a name in a private zone, for clients wherever the zone is seen: the same
# network, peered ones, on-premises. A failover changes the record; clients follow when what they
# remember expires.

module "network" {
  source = "../modules/ha-network"

  name                 = var.name
  availability_zones   = var.availability_zones
  vpc_cidr             = "10.0.0.0/16"
  public_subnet_cidrs  = ["10.0.10.0/24", "10.0.20.0/24"]
  private_subnet_cidrs = ["10.0.110.0/24", "10.0.120.0/24"]
  nat                  = true
}

module "servers" {
  source = "../modules/ha-servers"

  name          = var.name
  vpc_id        = module.network.vpc_id
  image_id      = var.image_id
  service_ports = var.service_ports
  client_cidrs  = ["10.0.0.0/16"]

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

resource "aws_route53_zone" "this" {
  name = var.zone_name

  vpc {
    vpc_id = module.network.vpc_id
  }
}

data "ha_iam_policy" "agents" {
  cluster    = ha_cluster.this
  account_id = data.aws_caller_identity.current.account_id
  az_monitor = true

  dns {
    zone_id     = aws_route53_zone.this.zone_id
    record_name = local.record_name
  }
}

locals {
  record_name = "srv.${trimsuffix(lower(var.zone_name), ".")}."
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

  # The record has the active server's own address. It stays when the group stops, so that a failover
  # is one change and nobody remembers that there is no such name.
  dns {
    name                 = "dns"
    zone_id              = aws_route53_zone.this.zone_id
    record_name          = local.record_name
    ttl                  = 60
    delete_on_deactivate = false
    after                = ["service"]

    monitor {
      start_delay = 300
      mode        = "warn"
    }
  }

  az_monitor {
    mode = "ignore"
  }

  depends_on = [aws_iam_role_policy.agents]
}
