# update: description = "changed by the lifecycle suite"
# update: tags = { Name = "renamed" }
# import differs: recovery_window_in_days
resource "aws_secretsmanager_secret" "test" {
  name                    = "lifecycle"
  description             = "made by the lifecycle suite"
  recovery_window_in_days = 0

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "secretsmanager:RotateSecret", Principal = "*", Resource = "*" }]
  })

  tags = {
    Name = "lifecycle"
  }
}
