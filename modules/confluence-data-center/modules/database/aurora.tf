# Aurora PostgreSQL: storage across three zones, one writer, and two readers that
# take over when it fails.

resource "aws_db_parameter_group" "aurora" {
  count = local.aurora ? 1 : 0

  name        = "${var.name}-db-${local.major}"
  family      = "aurora-postgresql${local.major}"
  description = "Parameters of the instances of ${var.name}"

  dynamic "parameter" {
    for_each = merge(local.logged_statements, { log_rotation_age = "1440", log_rotation_size = "102400" })

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_rds_cluster_parameter_group" "aurora" {
  count = local.aurora ? 1 : 0

  name        = "${var.name}-db-${local.major}"
  family      = "aurora-postgresql${local.major}"
  description = "Parameters of the cluster of ${var.name}"

  dynamic "parameter" {
    for_each = merge(local.logged_statements, { "rds.force_ssl" = "1" })

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_rds_cluster" "aurora" {
  count = local.aurora ? 1 : 0

  cluster_identifier       = "${var.name}-db"
  engine                   = "aurora-postgresql"
  engine_version           = var.engine_version
  engine_lifecycle_support = local.lifecycle_support

  storage_encrypted = var.storage_encrypted
  kms_key_id        = var.storage_encrypted ? var.kms_key_arn : null

  master_username               = "postgres"
  master_password               = var.master_password
  manage_master_user_password   = local.managed_password
  master_user_secret_kms_key_id = local.managed_password == true ? var.kms_key_arn : null
  port                          = 5432

  db_subnet_group_name            = aws_db_subnet_group.this.name
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.aurora[0].name
  vpc_security_group_ids          = [aws_security_group.this.id]

  backup_retention_period         = var.backup_retention_period
  copy_tags_to_snapshot           = true
  enabled_cloudwatch_logs_exports = var.export_logs ? ["postgresql"] : null

  deletion_protection       = var.protect_data
  skip_final_snapshot       = !var.protect_data
  final_snapshot_identifier = "${var.name}-db-final"

  tags = { Name = "${var.name} database" }

  depends_on = [aws_cloudwatch_log_group.postgresql]
}

resource "aws_rds_cluster_instance" "aurora" {
  for_each = local.aurora_instances

  identifier                 = "${var.name}-db-${each.key}"
  cluster_identifier         = aws_rds_cluster.aurora[0].id
  engine                     = aws_rds_cluster.aurora[0].engine
  instance_class             = var.instance_class
  db_subnet_group_name       = aws_db_subnet_group.this.name
  db_parameter_group_name    = aws_db_parameter_group.aurora[0].name
  publicly_accessible        = false
  auto_minor_version_upgrade = true

  tags = { Name = "${var.name} database ${each.key}" }
}
