# What is allowed, but not meant by most who write it. Each check warns.

locals {
  supported_regions = [
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
    "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1",
    "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ap-south-1",
  ]

  synchrony_defaults = [var.synchrony_node_instance_type, var.synchrony_cluster_node_min, var.synchrony_cluster_node_max]

  db_major = tonumber(split(".", var.db_engine_version)[0])

  # The newest PostgreSQL that a line of Confluence is made for, as far as is known here.
  newest_postgresql = try(local.version_parts[0] < 7 ? 11 : local.version_parts[0] < 8 ? 14 : local.version_parts[0] < 9 ? 16 : 17, 17)
}

check "region" {
  assert {
    condition     = contains(local.supported_regions, local.region)
    error_message = "The Quick Start was never tried in ${local.region}. See that the region offers EFS, RDS and your instance types before you apply."
  }
}

# Confluence

check "collaborative_editing_is_off" {
  assert {
    condition     = var.collaborative_editing_mode != "none"
    error_message = "Mode \"none\" makes no Synchrony nodes but does not switch editing off: do that in Confluence too, under General configuration, Collaborative editing."
  }
}

check "synchrony_parameters_are_used" {
  assert {
    condition     = local.synchrony || jsonencode(local.synchrony_defaults) == jsonencode(["t3.medium", 1, 1])
    error_message = "The parameters of Synchrony nodes do nothing unless collaborative_editing_mode = \"synchrony-separate-nodes\": remove them, or set the mode."
  }
}

check "database_fits_confluence" {
  assert {
    condition     = local.db_major <= local.newest_postgresql
    error_message = "Confluence ${var.confluence_version} is older than PostgreSQL ${local.db_major} and probably does not support it: compare Atlassian's page \"Supported platforms\", and lower db_engine_version."
  }
}

check "small_nodes" {
  assert {
    condition     = !endswith(var.cluster_node_instance_type, ".medium")
    error_message = "${var.cluster_node_instance_type} is too small for most sites: Atlassian advises against types below large."
  }
}

check "scaling_by_load" {
  assert {
    condition     = var.cluster_node_min == var.cluster_node_max && (!local.synchrony || var.synchrony_cluster_node_min == var.synchrony_cluster_node_max)
    error_message = "Unequal numbers of nodes turn on scaling by load, but a node needs 20 minutes to start, too long for a peak: prefer equal numbers, and cluster_node_schedules for known busy hours."
  }
}

check "scaling_can_go_up" {
  assert {
    condition     = var.cluster_node_max > 0
    error_message = "There are no nodes: the site is down. This is right only while an upgrade or a restore needs it."
  }
}

# Data

check "aurora_ignores_storage" {
  assert {
    condition     = var.db_engine != "aurora-postgresql" || var.db_iops == null && var.db_storage == 200 && var.db_storage_type == "gp3"
    error_message = "Aurora grows and speeds up by itself: db_storage, db_storage_type and db_iops do nothing. Remove them."
  }
}

check "aurora_zones" {
  assert {
    condition     = var.db_engine != "aurora-postgresql" || !var.db_multi_az || length(var.infrastructure.private_subnet_ids) >= 3
    error_message = "A writer and two readers share two zones, so the loss of one can take two of them: give the infrastructure three (availability_zone_count = 3)."
  }
}

check "database_survives_a_zone" {
  assert {
    condition     = var.db_multi_az
    error_message = "The site stops with the zone of its database: set db_multi_az = true for anything that matters."
  }
}

check "database_is_encrypted" {
  assert {
    condition     = var.db_storage_encrypted
    error_message = "The database is not encrypted, and cannot be later without making it anew from a snapshot: set db_storage_encrypted = true now."
  }
}

check "database_backups_reach_back" {
  assert {
    condition     = var.db_backup_retention_period >= 7
    error_message = "Automatic backups of the database reach back ${var.db_backup_retention_period} days only: set db_backup_retention_period to 7 or more."
  }
}

check "shared_home_is_backed_up" {
  assert {
    condition     = var.backups != "off"
    error_message = "Attachments are not backed up: set backups = \"plan\", or back up the file system otherwise."
  }
}

# Access

check "clients_are_known" {
  assert {
    condition     = var.cidr_block != "0.0.0.0/0" || !var.internet_facing_load_balancer
    error_message = "The site is open to the whole internet: narrow cidr_block to the addresses of its users, unless this is meant."
  }
}

check "traffic_is_encrypted" {
  assert {
    condition     = local.https
    error_message = "Without a certificate the site is plain HTTP, and passwords can be read on the way: set ssl_certificate_arn or ssl_certificate_domain."
  }
}

check "one_name" {
  assert {
    condition     = var.custom_dns_name == null || var.hosted_zone == null
    error_message = "The base URL takes custom_dns_name; the records in hosted_zone are made all the same. Remove one of them unless you want both."
  }
}

check "nodes_can_be_reached" {
  assert {
    condition     = length(var.infrastructure.nat_public_ips) + length(var.infrastructure.ssh_security_group_ids) + length(var.infrastructure.ssh_cidrs) > 0
    error_message = "There is neither a bastion nor a known NAT gateway, through which Session Manager reaches nodes: see that the private subnets have another way out, or add one."
  }
}

check "ssh_needs_a_key" {
  assert {
    condition     = var.key_pair_name != null || length(var.infrastructure.ssh_security_group_ids) + length(var.infrastructure.ssh_cidrs) == 0
    error_message = "The infrastructure has a bastion, but nodes have no key pair: set key_pair_name, or use Session Manager."
  }
}

check "alarms_reach_somebody" {
  assert {
    condition     = var.notification_email != null
    error_message = "Alarms go to a topic that nobody reads: set notification_email, or subscribe to the output alarm_topic_arn."
  }
}
