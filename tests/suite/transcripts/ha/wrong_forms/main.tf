resource "ha_cluster" "db" {
  name = "db"

  server {
    name              = "server1"
    instance_id       = "i-1"
    eni_id            = "eni-1"
    availability_zone = "ap-northeast-1a"
    interconnect      = "10.0.110.10"
  }
  server {
    name              = "server2"
    instance_id       = "i-2"
    eni_id            = "eni-1"
    availability_zone = "ap-northeast-1c"
    interconnect      = "10.0.120.10"
  }
}

resource "ha_group" "failover1" {
  name    = "failover1"
  cluster = ha_cluster.db

  virtual_ip {
    name            = "vip"
    ip              = "10.1.0.20/24"
    vpc_id          = "vpc-1"
    route_table_ids = ["rtb-1"]
  }

  dns {
    name        = "dns"
    zone_id     = "Z1"
    record_name = "SRV.hz1.local"
    after       = ["vip2"]

    monitor {
      start_delay = 30
      mode        = "recover"
    }
  }
}
