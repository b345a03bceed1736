# The running cluster: which version its nodes run. A new version, and a new size or
# template of the groups, come to the nodes through it and in steps, never by the groups
# alone: those of plumb leave to it what it sets.

locals {
  cluster = {
    base_url = coalesce(var.cluster_base_url, "${local.service_url}${var.tomcat_context_path}")
    version  = var.confluence_version

    node_group = {
      name                    = module.confluence_nodes.name
      min_size                = var.cluster_node_min
      max_size                = var.cluster_node_max
      launch_template_id      = module.confluence_nodes.launch_template_id
      launch_template_version = module.confluence_nodes.launch_template_version
      target_group_arn        = aws_lb_target_group.confluence.arn
      port                    = var.tomcat_default_connector_port
    }

    synchrony_group = one([for it in module.synchrony_nodes : {
      name                    = it.name
      min_size                = var.synchrony_cluster_node_min
      max_size                = var.synchrony_cluster_node_max
      launch_template_id      = it.launch_template_id
      launch_template_version = it.launch_template_version
      target_group_arn        = one(aws_lb_target_group.synchrony[*].arn)
      port                    = 8091
    }])

    database = {
      instance = var.db_engine == "postgres" ? module.database.identifier : null
      cluster  = var.db_engine == "postgres" ? null : module.database.identifier
    }

    file_system = one([for it in aws_backup_vault.this : {
      arn      = aws_efs_file_system.shared_home.arn
      vault    = it.name
      role_arn = one(aws_iam_role.backup[*].arn)
    }])
  }
}

resource "confluence_cluster" "this" {
  count = var.cluster_managed ? 1 : 0

  base_url = local.cluster.base_url
  region   = local.region
  version  = local.cluster.version

  upgrade_strategy      = var.upgrade_strategy
  allow_feature_upgrade = var.allow_feature_upgrade
  replace_nodes         = var.replace_nodes
  credentials_secret    = var.cluster_credentials_secret

  node_group {
    name                    = local.cluster.node_group.name
    min_size                = local.cluster.node_group.min_size
    max_size                = local.cluster.node_group.max_size
    launch_template_id      = local.cluster.node_group.launch_template_id
    launch_template_version = local.cluster.node_group.launch_template_version
    target_group_arn        = local.cluster.node_group.target_group_arn
    port                    = local.cluster.node_group.port
  }

  dynamic "synchrony_group" {
    for_each = local.cluster.synchrony_group[*]

    content {
      name                    = synchrony_group.value.name
      min_size                = synchrony_group.value.min_size
      max_size                = synchrony_group.value.max_size
      launch_template_id      = synchrony_group.value.launch_template_id
      launch_template_version = synchrony_group.value.launch_template_version
      target_group_arn        = synchrony_group.value.target_group_arn
      port                    = synchrony_group.value.port
    }
  }

  database {
    instance = local.cluster.database.instance
    cluster  = local.cluster.database.cluster
  }

  dynamic "file_system" {
    for_each = local.cluster.file_system[*]

    content {
      arn      = file_system.value.arn
      vault    = file_system.value.vault
      role_arn = file_system.value.role_arn
    }
  }

  limits {
    backup = var.upgrade_limits.backup
    drain  = var.upgrade_limits.drain
    stop   = var.upgrade_limits.stop
    start  = var.upgrade_limits.start
    tasks  = var.upgrade_limits.tasks
    poll   = var.upgrade_limits.poll
  }
}
