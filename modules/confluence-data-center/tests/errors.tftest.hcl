# Each mistake that can be known before anything is made is an error of the plan. Numbers
# are those of docs/confluence/checks.md.

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

run "check_02_old_synchrony_in_ohio" {
  command = plan

  variables {
    confluence_version         = "6.3.1"
    collaborative_editing_mode = "synchrony-separate-nodes"
    db_engine_version          = "13"
  }

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-2" }
  }

  expect_failures = [data.aws_region.current, check.database_fits_confluence]
}

run "check_03_type_not_in_every_zone" {
  command = plan

  override_data {
    target = data.aws_ec2_instance_type_offerings.nodes
    values = { locations = ["eu-central-1a"] }
  }

  expect_failures = [data.aws_ec2_instance_type_offerings.nodes]
}

run "check_04_cidr_is_real" {
  command = plan

  variables {
    cidr_block = "999.9.9.9/99"
  }

  expect_failures = [var.cidr_block]
}

run "check_04_cidr_is_not_the_nat" {
  command = plan

  variables {
    cidr_block = "198.51.100.1/32"
  }

  expect_failures = [var.cidr_block]
}

run "check_07_two_private_subnets" {
  command = plan

  variables {
    infrastructure = { vpc_id = "vpc-1", public_subnet_ids = ["subnet-1", "subnet-2"], private_subnet_ids = ["subnet-3"], nat_public_ips = { a = "198.51.100.1" } }
  }

  expect_failures = [var.infrastructure]
}

run "check_07_two_public_subnets" {
  command = plan

  variables {
    infrastructure = { vpc_id = "vpc-1", public_subnet_ids = ["subnet-1"], private_subnet_ids = ["subnet-3", "subnet-4"], nat_public_ips = { a = "198.51.100.1" } }
  }

  expect_failures = [var.infrastructure]
}

run "check_07_private_subnets_in_different_zones" {
  command = plan

  variables {
    infrastructure = { vpc_id = "vpc-1", availability_zones = ["eu-central-1a", "eu-central-1a"], public_subnet_ids = ["subnet-1", "subnet-2"], private_subnet_ids = ["subnet-3", "subnet-4"], nat_public_ips = { a = "198.51.100.1" } }
  }

  expect_failures = [var.infrastructure]
}

run "check_10_key_without_ending" {
  command = plan

  variables {
    key_pair_name = "operations.pem"
  }

  expect_failures = [var.key_pair_name]
}

run "check_11_version_has_three_numbers" {
  command = plan

  variables {
    confluence_version = "9.2"
  }

  expect_failures = [var.confluence_version]
}

run "check_11_version_is_new_enough" {
  command = plan

  variables {
    confluence_version         = "6.0.7"
    collaborative_editing_mode = "synchrony-separate-nodes"
    db_engine_version          = "13"
  }

  expect_failures = [var.confluence_version]
}

run "check_12_old_version_needs_synchrony_nodes" {
  command = plan

  variables {
    confluence_version = "6.11.2"
  }

  expect_failures = [var.confluence_version]
}

run "check_12_mode_is_known" {
  command = plan

  variables {
    collaborative_editing_mode = "local"
  }

  expect_failures = [var.collaborative_editing_mode]
}

run "check_14_synchrony_min_above_max" {
  command = plan

  variables {
    collaborative_editing_mode = "synchrony-separate-nodes"
    synchrony_cluster_node_min = 3
    synchrony_cluster_node_max = 2
  }

  expect_failures = [var.synchrony_cluster_node_max]
}

run "check_14_synchrony_runs_while_confluence_does" {
  command = plan

  variables {
    collaborative_editing_mode = "synchrony-separate-nodes"
    synchrony_cluster_node_min = 0
    synchrony_cluster_node_max = 0
  }

  expect_failures = [var.synchrony_cluster_node_min]
}

run "check_16_type_is_a_type" {
  command = plan

  variables {
    cluster_node_instance_type = "large"
  }

  expect_failures = [var.cluster_node_instance_type]
}

run "check_16_type_is_large_enough" {
  command = plan

  variables {
    cluster_node_instance_type = "t3.small"
  }

  expect_failures = [var.cluster_node_instance_type]
}

run "check_16_synchrony_type_is_large_enough" {
  command = plan

  variables {
    synchrony_node_instance_type = "t3.micro"
  }

  expect_failures = [var.synchrony_node_instance_type]
}

run "check_17_managed_synchrony_needs_memory" {
  command = plan

  variables {
    cluster_node_instance_type = "c6i.large"
  }

  expect_failures = [var.cluster_node_instance_type]
}

run "check_18_heap_has_a_unit" {
  command = plan

  variables {
    jvm_heap_override = "4096"
  }

  expect_failures = [var.jvm_heap_override]
}

run "check_18_heap_fits_the_node" {
  command = plan

  variables {
    jvm_heap_override = "8g"
  }

  expect_failures = [var.jvm_heap_override]
}

run "check_18_synchrony_heap_has_a_unit" {
  command = plan

  variables {
    jvm_heap_override_synchrony = "2 GB"
  }

  expect_failures = [var.jvm_heap_override_synchrony]
}

run "check_18_synchrony_heap_fits_the_node" {
  command = plan

  variables {
    collaborative_editing_mode  = "synchrony-separate-nodes"
    jvm_heap_override_synchrony = "4g"
  }

  expect_failures = [var.jvm_heap_override_synchrony]
}

run "check_20_min_is_a_number_of_nodes" {
  command = plan

  variables {
    cluster_node_min = -1
  }

  expect_failures = [var.cluster_node_min]
}

run "check_20_min_above_max" {
  command = plan

  variables {
    cluster_node_min = 3
    cluster_node_max = 2
  }

  expect_failures = [var.cluster_node_max]
}

run "check_25_aurora_needs_memory" {
  command = plan

  variables {
    db_engine         = "aurora-postgresql"
    db_instance_class = "db.m6i.large"
  }

  expect_failures = [var.db_instance_class, check.aurora_zones]
}

run "check_25_aurora_takes_64_characters" {
  command = plan

  variables {
    db_engine               = "aurora-postgresql"
    db_instance_class       = "db.r6g.large"
    db_master_user_password = "Aa1-45678901234567890123456789012345678901234567890123456789012345"
  }

  expect_failures = [var.db_master_user_password, check.aurora_zones]
}

run "check_25_database_is_supported_by_aws" {
  command = plan

  variables {
    db_engine_version = "11"
  }

  expect_failures = [var.db_engine_version]
}

run "check_25_class_is_not_retired" {
  command = plan

  variables {
    db_instance_class = "db.m4.large"
  }

  expect_failures = [var.db_instance_class]
}

run "check_28_iops_for_provisioned_iops" {
  command = plan

  variables {
    db_storage_type = "io2"
  }

  expect_failures = [var.db_iops]
}

run "check_28_iops_are_enough" {
  command = plan

  variables {
    db_storage_type = "io1"
    db_iops         = 100
  }

  expect_failures = [var.db_iops]
}

run "check_28_iops_fit_the_storage" {
  command = plan

  variables {
    db_storage_type = "io1"
    db_storage      = 100
    db_iops         = 20000
  }

  expect_failures = [var.db_iops]
}

run "check_28_gp3_takes_iops_from_400_gib" {
  command = plan

  variables {
    db_iops = 12000
  }

  expect_failures = [var.db_iops]
}

run "check_28_provisioned_storage_is_enough" {
  command = plan

  variables {
    db_storage_type = "io1"
    db_storage      = 50
    db_iops         = 2000
  }

  expect_failures = [var.db_storage]
}

run "check_28_storage_is_enough" {
  command = plan

  variables {
    db_storage = 10
  }

  expect_failures = [var.db_storage]
}

run "check_29_master_password_is_strong" {
  command = plan

  variables {
    db_master_user_password = "confluence"
  }

  expect_failures = [var.db_master_user_password]
}

run "check_29_master_password_has_no_at" {
  command = plan

  variables {
    db_master_user_password = "Confluence@1"
  }

  expect_failures = [var.db_master_user_password]
}

run "check_29_password_is_strong" {
  command = plan

  variables {
    db_password = "Confluence1"
  }

  expect_failures = [var.db_password]
}

run "check_29_password_has_no_bracket" {
  command = plan

  variables {
    db_password = "Confluence<1"
  }

  expect_failures = [var.db_password]
}

run "check_29_password_is_given_once" {
  command = plan

  variables {
    db_password_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:own-1"
  }

  expect_failures = [var.db_password]
}

run "check_29_password_is_given" {
  command = plan

  variables {
    db_password = null
  }

  expect_failures = [var.db_password]
}

run "check_31_pool_min_above_max" {
  command = plan

  variables {
    db_pool_min_size = 80
  }

  expect_failures = [var.db_pool_min_size]
}

run "check_31_pools_fit_the_database" {
  command = plan

  variables {
    db_instance_class = "db.t4g.medium"
    cluster_node_min  = 8
    cluster_node_max  = 8
  }

  expect_failures = [var.db_pool_max_size]
}

run "check_33_zone_is_a_name" {
  command = plan

  variables {
    hosted_zone = "https://example.internal"
  }

  expect_failures = [var.hosted_zone]
}

run "check_33_zone_without_lookup_needs_an_id" {
  command = plan

  variables {
    custom_dns_name    = null
    hosted_zone        = "example.com"
    hosted_zone_lookup = false
  }

  expect_failures = [var.hosted_zone_id]
}

run "check_33_zone_id_is_not_looked_up" {
  command = plan

  variables {
    hosted_zone_id = "Z123"
  }

  expect_failures = [var.hosted_zone_id]
}

run "check_34_sub_domain_is_a_label" {
  command = plan

  variables {
    sub_domain_name = "-wiki-"
  }

  expect_failures = [var.sub_domain_name]
}

run "check_34_name_is_a_label" {
  command = plan

  variables {
    name = "wiki-"
  }

  expect_failures = [var.name]
}

run "check_36_arn_is_one" {
  command = plan

  variables {
    ssl_certificate_domain = null
    ssl_certificate_arn    = "confluence.example.com"
  }

  expect_failures = [var.ssl_certificate_arn]
}

run "check_36_certificate_is_of_the_region" {
  command = plan

  variables {
    ssl_certificate_domain = null
    ssl_certificate_arn    = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  }

  expect_failures = [data.aws_region.current]
}

run "check_36_certificate_covers_the_name" {
  command = plan

  variables {
    custom_dns_name = "wiki.example.org"
  }

  expect_failures = [var.ssl_certificate_domain]
}

run "check_36_certificate_covers_the_name_in_the_zone" {
  command = plan

  variables {
    custom_dns_name = null
    hosted_zone     = "example.internal"
  }

  expect_failures = [var.ssl_certificate_domain]
}

run "check_36_certificate_is_given_once" {
  command = plan

  variables {
    ssl_certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  }

  expect_failures = [var.ssl_certificate_domain]
}

run "check_38_path_is_one_segment" {
  command = plan

  variables {
    tomcat_context_path = "/wiki/confluence"
  }

  expect_failures = [var.tomcat_context_path]
}

run "check_40_integration_is_known" {
  command = plan

  variables {
    cloudwatch_integration = "On"
  }

  expect_failures = [var.cloudwatch_integration]
}

run "check_40_retention_is_one_of_cloudwatch" {
  command = plan

  variables {
    log_retention_days = 17
  }

  expect_failures = [var.log_retention_days]
}

run "check_43_name_is_short_enough" {
  command = plan

  variables {
    name = "confluence-of-the-whole-company"
  }

  expect_failures = [var.name]
}

run "check_43_name_begins_with_a_letter" {
  command = plan

  variables {
    name = "1-confluence"
  }

  expect_failures = [var.name]
}

run "check_45_address_is_one" {
  command = plan

  variables {
    notification_email = "operations"
  }

  expect_failures = [var.notification_email]
}

run "schedules_have_sizes" {
  command = plan

  variables {
    cluster_node_schedules = { day = { recurrence = "0 7 * * MON-FRI", min_size = 4, max_size = 2 } }
  }

  expect_failures = [var.cluster_node_schedules]
}

run "schedules_are_cron" {
  command = plan

  variables {
    cluster_node_schedules = { day = { recurrence = "at seven", min_size = 2, max_size = 2 } }
  }

  expect_failures = [var.cluster_node_schedules]
}

run "backups_are_kept" {
  command = plan

  variables {
    backups = "never"
  }

  expect_failures = [var.backups]
}

run "containers_run_no_synchrony_nodes" {
  command = plan

  variables {
    node_bootstrap             = "container"
    collaborative_editing_mode = "synchrony-separate-nodes"
  }

  expect_failures = [var.node_bootstrap]
}

run "node_settings_are_variables" {
  command = plan

  variables {
    node_settings = { "atl-product" = "x" }
  }

  expect_failures = [var.node_settings]
}

run "rolling_upgrades_need_a_login" {
  command = plan

  variables {
    upgrade_strategy = "rolling"
  }

  expect_failures = [var.upgrade_strategy]
}

run "strategies_are_known" {
  command = plan

  variables {
    upgrade_strategy = "quickly"
    replace_nodes    = "sometimes"
    cluster_base_url = "confluence.example.com"
  }

  expect_failures = [var.upgrade_strategy, var.replace_nodes, var.cluster_base_url]
}
