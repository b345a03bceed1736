# What is allowed but seldom meant gives a warning, and the plan goes on.

mock_provider "confluence" {}

mock_provider "aws" {
  source = "./tests/mocks"
}

# A site that nobody need be warned of.
variables {
  infrastructure = {
    vpc_id             = "vpc-1"
    availability_zones = ["eu-central-1a", "eu-central-1b"]
    public_subnet_ids  = ["subnet-1", "subnet-2"]
    private_subnet_ids = ["subnet-3", "subnet-4"]
    nat_public_ips     = { a = "198.51.100.1", b = "198.51.100.2" }
  }

  cidr_block             = "203.0.113.0/24"
  ssl_certificate_domain = "*.example.com"
  custom_dns_name        = "confluence.example.com"
  db_password            = "Confluence-1"
  notification_email     = "operations@example.com"
}

run "check_01_region" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { region = "me-south-1" }
  }

  expect_failures = [check.region]
}

run "check_04_open_to_all" {
  command = plan

  variables {
    cidr_block = "0.0.0.0/0"
  }

  expect_failures = [check.clients_are_known]
}

run "check_12_and_13_editing_off" {
  command = plan

  variables {
    collaborative_editing_mode = "none"
  }

  expect_failures = [check.collaborative_editing_is_off]
}

run "check_14_unused_synchrony_parameters" {
  command = plan

  variables {
    synchrony_cluster_node_max = 2
  }

  expect_failures = [check.synchrony_parameters_are_used]
}

run "check_15_database_newer_than_confluence" {
  command = plan

  variables {
    confluence_version = "7.19.30"
  }

  expect_failures = [check.database_fits_confluence]
}

run "check_16_small_nodes" {
  command = plan

  variables {
    cluster_node_instance_type = "t3.medium"
    collaborative_editing_mode = "synchrony-separate-nodes"
  }

  expect_failures = [check.small_nodes]
}

run "check_21_scaling_by_load" {
  command = plan

  variables {
    cluster_node_max = 4
  }

  expect_failures = [check.scaling_by_load]
}

run "check_23_no_nodes" {
  command = plan

  variables {
    cluster_node_min = 0
    cluster_node_max = 0
  }

  expect_failures = [check.scaling_can_go_up]
}

run "check_25_aurora_ignores_storage" {
  command = plan

  variables {
    db_engine         = "aurora-postgresql"
    db_instance_class = "db.r6g.large"
    db_storage        = 500
  }

  expect_failures = [check.aurora_ignores_storage, check.aurora_zones]
}

run "check_26_aurora_in_two_zones" {
  command = plan

  variables {
    db_engine         = "aurora-postgresql"
    db_instance_class = "db.r6g.large"
  }

  expect_failures = [check.aurora_zones]
}

run "check_26_one_zone" {
  command = plan

  variables {
    db_multi_az = false
  }

  expect_failures = [check.database_survives_a_zone]
}

run "check_30_short_retention" {
  command = plan

  variables {
    db_backup_retention_period = 1
  }

  expect_failures = [check.database_backups_reach_back]
}

run "check_32_unencrypted" {
  command = plan

  variables {
    db_storage_encrypted = false
  }

  expect_failures = [check.database_is_encrypted]
}

run "check_35_two_names" {
  command = plan

  variables {
    hosted_zone = "example.internal"
  }

  expect_failures = [check.one_name]
}

run "check_37_plain_http" {
  command = plan

  variables {
    ssl_certificate_domain = null
  }

  expect_failures = [check.traffic_is_encrypted]
}

run "check_39_no_way_to_the_nodes" {
  command = plan

  variables {
    infrastructure = { vpc_id = "vpc-1", public_subnet_ids = ["subnet-1", "subnet-2"], private_subnet_ids = ["subnet-3", "subnet-4"] }
  }

  expect_failures = [check.nodes_can_be_reached]
}

run "check_39_bastion_without_key" {
  command = plan

  variables {
    infrastructure = { vpc_id = "vpc-1", public_subnet_ids = ["subnet-1", "subnet-2"], private_subnet_ids = ["subnet-3", "subnet-4"], ssh_cidrs = { bastion = "10.0.128.5/32" } }
  }

  expect_failures = [check.ssh_needs_a_key]
}

run "check_45_nobody_is_told" {
  command = plan

  variables {
    notification_email = null
  }

  expect_failures = [check.alarms_reach_somebody]
}

run "no_backups" {
  command = plan

  variables {
    backups = "off"
  }

  expect_failures = [check.shared_home_is_backed_up]
}
