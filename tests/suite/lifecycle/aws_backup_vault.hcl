# update: tags = { Name = "renamed" }
resource "aws_backup_vault" "test" {
  name = "lifecycle"

  tags = {
    Name = "lifecycle"
  }
}
