resource "aws_secretsmanager_secret_version" "test" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({ username = "confluence", password = "not so secret" })
}

resource "aws_secretsmanager_secret" "db" {
  name                    = "lifecycle-version"
  recovery_window_in_days = 0
}
