# What outlives every node: the shared home and the database.

resource "aws_kms_key" "data" {
  count = var.kms_key_enabled ? 1 : 0

  description             = "Data and passwords of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  tags = { Name = var.name }
}

resource "aws_kms_alias" "data" {
  count = var.kms_key_enabled ? 1 : 0

  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.data[0].key_id
}

resource "aws_efs_file_system" "shared_home" {
  creation_token = "${var.name}-shared-home"
  encrypted      = true
  kms_key_id     = one(aws_kms_key.data[*].arn)

  tags = {
    Name        = "${var.name} cluster shared-files"
    Application = var.name
  }
}

resource "aws_efs_backup_policy" "shared_home" {
  count = var.backups == "automatic" ? 1 : 0

  file_system_id = aws_efs_file_system.shared_home.id

  backup_policy {
    status = "ENABLED"
  }
}

# Counted, not keyed: the ids of new subnets are not known when the plan is made, their
# number is.
resource "aws_efs_mount_target" "shared_home" {
  count = length(var.infrastructure.private_subnet_ids)

  file_system_id  = aws_efs_file_system.shared_home.id
  subnet_id       = var.infrastructure.private_subnet_ids[count.index]
  security_groups = [aws_security_group.shared_home.id]
}

module "database" {
  source = "./modules/database"

  name                      = var.name
  vpc_id                    = var.infrastructure.vpc_id
  subnet_ids                = var.infrastructure.private_subnet_ids
  client_security_group_ids = local.node_groups

  engine                  = var.db_engine
  engine_version          = var.db_engine_version
  extended_support        = var.db_extended_support
  instance_class          = var.db_instance_class
  multi_az                = var.db_multi_az
  storage                 = var.db_storage
  storage_type            = var.db_storage_type
  iops                    = var.db_iops
  storage_encrypted       = var.db_storage_encrypted
  kms_key_arn             = one(aws_kms_key.data[*].arn)
  master_password         = var.db_master_user_password
  backup_retention_period = var.db_backup_retention_period
  export_logs             = local.logs
  log_retention_days      = var.log_retention_days
  alarm_topic_arn         = aws_sns_topic.alarms.arn
  protect_data            = var.protect_data
}
