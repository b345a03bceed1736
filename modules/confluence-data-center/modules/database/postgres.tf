# RDS for PostgreSQL: a primary and, with `multi_az`, a standby in the other zone.

resource "aws_db_parameter_group" "postgres" {
  count = local.postgres ? 1 : 0

  name        = "${var.name}-db-${local.major}"
  family      = "postgres${local.major}"
  description = "Parameters of ${var.name}"

  dynamic "parameter" {
    for_each = merge(local.logged_statements, { "rds.force_ssl" = "1" })

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    # The name holds the major version: a new group must exist before the instance
    # leaves the old one.
    create_before_destroy = true
  }
}

resource "aws_db_instance" "postgres" {
  count = local.postgres ? 1 : 0

  identifier               = "${var.name}-db"
  engine                   = "postgres"
  engine_version           = var.engine_version
  engine_lifecycle_support = local.lifecycle_support
  instance_class           = var.instance_class
  multi_az                 = var.multi_az

  allocated_storage = var.storage
  storage_type      = var.storage_type
  iops              = var.iops
  storage_encrypted = var.storage_encrypted
  kms_key_id        = var.storage_encrypted ? var.kms_key_arn : null

  username                      = "postgres"
  password                      = var.master_password
  manage_master_user_password   = local.managed_password
  master_user_secret_kms_key_id = local.managed_password == true ? var.kms_key_arn : null

  db_subnet_group_name   = aws_db_subnet_group.this.name
  parameter_group_name   = aws_db_parameter_group.postgres[0].name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false

  backup_retention_period         = var.backup_retention_period
  copy_tags_to_snapshot           = true
  auto_minor_version_upgrade      = true
  enabled_cloudwatch_logs_exports = var.export_logs ? ["postgresql"] : null

  deletion_protection       = var.protect_data
  skip_final_snapshot       = !var.protect_data
  final_snapshot_identifier = "${var.name}-db-final"

  tags = { Name = "${var.name} database" }

  depends_on = [aws_cloudwatch_log_group.postgresql]
}
