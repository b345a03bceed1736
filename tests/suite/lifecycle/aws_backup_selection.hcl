# emulator: no (CreateBackupSelection is not implemented)
resource "aws_backup_selection" "test" {
  name         = "lifecycle"
  plan_id      = aws_backup_plan.main.id
  iam_role_arn = aws_iam_role.backup.arn

  selection_tag {
    type  = "STRINGEQUALS"
    key   = "backup"
    value = "daily"
  }
}

resource "aws_backup_plan" "main" {
  name = "lifecycle"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.main.name
  }
}

resource "aws_backup_vault" "main" {
  name = "lifecycle"
}

resource "aws_iam_role" "backup" {
  name = "lifecycle-backup"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "backup.amazonaws.com" } }]
  })
}
