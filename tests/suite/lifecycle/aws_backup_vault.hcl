resource "aws_backup_vault" "test" {
  name = "lifecycle"
}
