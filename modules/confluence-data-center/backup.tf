# One plan for shared home and database, so that a restore has both of the same night.

locals {
  backup_count = var.backups == "plan" ? 1 : 0
}

resource "aws_backup_vault" "this" {
  count = local.backup_count

  name          = var.name
  kms_key_arn   = one(aws_kms_key.data[*].arn)
  force_destroy = !var.protect_data
}

resource "aws_backup_plan" "this" {
  count = local.backup_count

  name = var.name

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.this[0].name
    schedule          = var.backup_schedule
    start_window      = 60
    completion_window = 480

    lifecycle {
      delete_after = var.backup_retention_days
    }
  }
}

data "aws_iam_policy_document" "assume_backup" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  count = local.backup_count

  name               = "${var.name}-backup"
  description        = "AWS Backup of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume_backup.json
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset(local.backup_count == 0 ? [] : ["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.backup[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/${each.key}"
}

resource "aws_backup_selection" "this" {
  count = local.backup_count

  name         = var.name
  plan_id      = aws_backup_plan.this[0].id
  iam_role_arn = aws_iam_role.backup[0].arn
  resources    = [aws_efs_file_system.shared_home.arn, module.database.arn]

  depends_on = [aws_iam_role_policy_attachment.backup]
}
