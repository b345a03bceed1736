resource "terraform_data" "instance" {
  count = 2
}

resource "ha_cluster" "db" {
  name = "db"

  dynamic "server" {
    for_each = terraform_data.instance

    content {
      name              = "server${server.key + 1}"
      instance_id       = server.value.id
      eni_id            = "eni-${server.value.id}"
      availability_zone = "ap-northeast-1a"
      interconnect      = "10.0.1${server.key + 1}0.10"
    }
  }

  arbiter {
    table = "leases"
  }
}

resource "ha_group" "one" {
  name      = "failover1"
  cluster   = ha_cluster.db
  startup   = ["server1", "server3"]
  exclusive = "full"

  virtual_ip {
    name            = "vip"
    ip              = "10.1.0.20"
    vpc_id          = "vpc-1"
    route_table_ids = ["rtb-1"]
  }
}

resource "ha_group" "other" {
  name    = "failover2"
  cluster = ha_cluster.db

  virtual_ip {
    name            = "vip"
    ip              = "10.1.0.20"
    vpc_id          = "vpc-2"
    route_table_ids = ["rtb-2"]
  }
}
