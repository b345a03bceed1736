resource "aws_backup_plan" "test" {
  name = "lifecycle"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.main.name
    schedule          = "cron(0 3 * * ? *)"

    lifecycle {
      delete_after = 30
    }
  }
}

resource "aws_backup_vault" "main" {
  name = "lifecycle"
}
