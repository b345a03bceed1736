# The two passwords. User data is readable by everyone who may describe instances:
# passwords do not belong there. Nodes read them at first boot. The master password is
# one that RDS makes and keeps, unless it is given.

locals {
  master_given = nonsensitive(var.db_master_user_password != null)

  given_secrets = merge(
    local.master_given ? { db-master-password = "Master user of the database of ${var.name}" } : {},
    var.db_password_secret_arn == null ? { db-password = "Confluence's user of the database of ${var.name}" } : {},
  )

  master_secret_arn   = local.master_given ? aws_secretsmanager_secret.this["db-master-password"].arn : module.database.master_secret_arn
  master_secret_key   = local.master_given ? "" : "password"
  password_secret_arn = var.db_password_secret_arn == null ? aws_secretsmanager_secret.this["db-password"].arn : var.db_password_secret_arn
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.given_secrets

  name                    = "${var.name}/${each.key}"
  description             = each.value
  kms_key_id              = one(aws_kms_key.data[*].arn)
  recovery_window_in_days = var.protect_data ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = local.given_secrets

  secret_id     = aws_secretsmanager_secret.this[each.key].id
  secret_string = each.key == "db-password" ? var.db_password : var.db_master_user_password
}
