# What the module makes where the Quick Start leaves no choice, and what user data says.

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

run "site" {
  assert {
    condition     = output.service_url == "https://confluence.example.com"
    error_message = "The address of the site is ${output.service_url}."
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && length(aws_lb_listener.https) == 1
    error_message = "With a certificate, HTTP leads to HTTPS."
  }

  assert {
    condition     = aws_lb_target_group.confluence.health_check[0].path == "/status" && aws_lb_target_group.confluence.port == 8080
    error_message = "Nodes are asked for /status on the port of Tomcat."
  }

  assert {
    condition     = output.synchrony_cluster_node_group == "local" && length(aws_lb_target_group.synchrony) == 0
    error_message = "Confluence runs Synchrony itself."
  }

  # Names of database and user are fixed: a restored site needs them.
  assert {
    condition     = local.settings.ATL_JDBC_DB_NAME == "confluence" && local.settings.ATL_JDBC_USER == "atlconfluence" && local.settings.ATL_DB_ROOT_USER == "postgres"
    error_message = "The database is confluence, its user atlconfluence, the master user postgres."
  }

  assert {
    condition     = local.settings.ATL_JVM_HEAP == "5120m" && local.settings.ATL_TOMCAT_PROXYPORT == "443" && local.settings.ATL_TOMCAT_SECURE == "true"
    error_message = "A c6i.xlarge has a heap of 5120m, and Tomcat stands behind HTTPS."
  }

  assert {
    condition     = local.master_secret_key == "password" && length(aws_secretsmanager_secret.this) == 1
    error_message = "RDS makes the master password, and the other one has a secret."
  }

  assert {
    condition     = length(aws_backup_selection.this) == 1 && length(aws_efs_backup_policy.shared_home) == 0
    error_message = "A plan of AWS Backup has shared home and database."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) == 3 && length(aws_cloudwatch_dashboard.this) == 1
    error_message = "Logs have groups with retention, and metrics a dashboard."
  }

  assert {
    condition     = output.cluster.node_group.max_size == 1 && output.cluster.synchrony_group == null && output.cluster.database.instance == output.db_identifier && output.cluster.file_system.vault == "confluence"
    error_message = "What a confluence_cluster takes is not all there."
  }
}

run "names" {
  variables {
    custom_dns_name        = null
    ssl_certificate_domain = null
    ssl_certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    hosted_zone            = "example.internal."
    sub_domain_name        = "wiki"
  }

  assert {
    condition     = aws_route53_record.site[0].name == "wiki.example.internal" && aws_route53_record.shared_home[0].name == "confluence.efs.example.internal" && aws_route53_record.database[0].name == "confluence.db.example.internal"
    error_message = "A zone gets three records: site, shared home and database."
  }

  assert {
    condition     = output.efs_cname != "" && local.settings.ATL_HOSTEDZONE == "example.internal."
    error_message = "Nodes know the zone."
  }
}

run "scaling" {
  module {
    source = "./modules/node-group"
  }

  variables {
    name                  = "wiki"
    description           = "Confluence"
    node_name             = "wiki node"
    image_id              = "ami-1"
    instance_type         = "c6i.xlarge"
    min_size              = 2
    max_size              = 4
    volume_size           = 50
    instance_profile_name = "wiki"
    security_group_ids    = ["sg-1"]
    subnet_ids            = ["subnet-3"]
    target_group_arn      = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/wiki/1"
    user_data             = "#cloud-config"

    schedules = {
      morning = { recurrence = "0 7 * * MON-FRI", min_size = 4, max_size = 4 }
    }
  }

  # One node more above 60 % for 5 minutes, one less below 40 % for 30, 10 minutes apart.
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.cpu["up"].threshold == 60 && aws_cloudwatch_metric_alarm.cpu["up"].evaluation_periods == 5 &&
      aws_cloudwatch_metric_alarm.cpu["up"].comparison_operator == "GreaterThanThreshold" &&
      aws_cloudwatch_metric_alarm.cpu["down"].threshold == 40 && aws_cloudwatch_metric_alarm.cpu["down"].evaluation_periods == 30 &&
      aws_cloudwatch_metric_alarm.cpu["down"].comparison_operator == "LessThanThreshold" &&
      alltrue([for it in aws_cloudwatch_metric_alarm.cpu : it.period == 60 && it.statistic == "Average"])
    )
    error_message = "The alarms are not those of the Quick Start."
  }

  assert {
    condition = (
      aws_autoscaling_policy.cpu["up"].scaling_adjustment == 1 && aws_autoscaling_policy.cpu["down"].scaling_adjustment == -1 &&
      alltrue([for it in aws_autoscaling_policy.cpu : it.cooldown == 600 && it.adjustment_type == "ChangeInCapacity"])
    )
    error_message = "The policies are not those of the Quick Start."
  }

  # The alarms look at every minute.
  assert {
    condition     = aws_launch_template.this.monitoring[0].enabled && aws_launch_template.this.metadata_options[0].http_tokens == "required"
    error_message = "Nodes report every minute, and their metadata needs a token."
  }

  assert {
    condition     = aws_autoscaling_schedule.this["morning"].min_size == 4 && aws_autoscaling_schedule.this["morning"].desired_capacity == 4
    error_message = "A schedule sets the size."
  }
}

run "user_data_is_small" {
  module {
    source = "./modules/node-group"
  }

  command = plan

  variables {
    name                  = "wiki"
    description           = "Confluence"
    node_name             = "wiki node"
    image_id              = "ami-1"
    instance_type         = "c6i.xlarge"
    min_size              = 1
    max_size              = 1
    volume_size           = 50
    instance_profile_name = "wiki"
    security_group_ids    = ["sg-1"]
    subnet_ids            = ["subnet-3"]
    target_group_arn      = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/wiki/1"
    user_data             = join("", [for it in range(1000) : "01234567890123456789"])
  }

  expect_failures = [aws_launch_template.this]
}

run "aurora" {
  module {
    source = "./modules/database"
  }

  variables {
    name                      = "wiki"
    vpc_id                    = "vpc-1"
    subnet_ids                = ["subnet-3", "subnet-4", "subnet-5"]
    client_security_group_ids = { confluence = "sg-1" }
    engine                    = "aurora-postgresql"
    instance_class            = "db.r6g.large"
    alarm_topic_arn           = "arn:aws:sns:eu-central-1:123456789012:wiki-alarms"
  }

  # One writer and two readers.
  assert {
    condition     = length(aws_rds_cluster_instance.aurora) == 3 && length(aws_db_instance.postgres) == 0
    error_message = "An Aurora cluster has ${length(aws_rds_cluster_instance.aurora)} instances."
  }

  assert {
    condition     = aws_rds_cluster.aurora[0].storage_encrypted && aws_rds_cluster.aurora[0].manage_master_user_password && aws_rds_cluster.aurora[0].deletion_protection
    error_message = "The cluster is encrypted and protected, and RDS has its master password."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.cpu) == 3 && length(aws_cloudwatch_metric_alarm.transaction_ids) == 3 && length(aws_cloudwatch_metric_alarm.local_storage) == 3 && length(aws_cloudwatch_metric_alarm.storage) == 0
    error_message = "Each instance of Aurora has three alarms."
  }
}

run "aurora_in_one_zone" {
  module {
    source = "./modules/database"
  }

  variables {
    name                      = "wiki"
    vpc_id                    = "vpc-1"
    subnet_ids                = ["subnet-3", "subnet-4"]
    client_security_group_ids = { confluence = "sg-1" }
    engine                    = "aurora-postgresql"
    instance_class            = "db.r6g.large"
    multi_az                  = false
    alarm_topic_arn           = "arn:aws:sns:eu-central-1:123456789012:wiki-alarms"
  }

  assert {
    condition     = length(aws_rds_cluster_instance.aurora) == 1
    error_message = "A cluster that need not survive a zone has its writer alone."
  }
}

run "the_running_cluster" {
  variables {
    collaborative_editing_mode = "synchrony-separate-nodes"
    cluster_node_min           = 2
    cluster_node_max           = 2
  }

  assert {
    condition     = confluence_cluster.this[0].base_url == "https://confluence.example.com" && confluence_cluster.this[0].version == "9.2.6" && confluence_cluster.this[0].upgrade_strategy == "stop_all"
    error_message = "The cluster of the site is managed, and upgraded with all nodes stopped."
  }

  assert {
    condition     = confluence_cluster.this[0].node_group.name == "confluence-confluence" && confluence_cluster.this[0].node_group.min_size == 2 && confluence_cluster.this[0].synchrony_group.name == "confluence-synchrony"
    error_message = "The cluster has the groups of the module."
  }

  assert {
    condition     = confluence_cluster.this[0].database.instance == "confluence-db" && confluence_cluster.this[0].file_system.vault == "confluence"
    error_message = "Database and shared home are backed up before an upgrade."
  }
}

run "something_else_upgrades" {
  variables {
    cluster_managed = false
  }

  assert {
    condition     = length(confluence_cluster.this) == 0 && output.cluster.node_group.name == "confluence-confluence"
    error_message = "Whoever manages the cluster otherwise finds it in the output."
  }
}

run "an_address_of_its_own" {
  variables {
    cluster_base_url           = "https://localhost:8443/wiki"
    cluster_credentials_secret = "confluence/administrator"
    upgrade_strategy           = "rolling"
    upgrade_limits             = { start = "90m" }
  }

  assert {
    condition     = confluence_cluster.this[0].base_url == "https://localhost:8443/wiki" && output.service_url == "https://confluence.example.com"
    error_message = "plumb may reach the site where its users do not."
  }

  assert {
    condition     = confluence_cluster.this[0].limits.start == "90m" && confluence_cluster.this[0].limits.tasks == "2h"
    error_message = "Each limit has its default."
  }
}
