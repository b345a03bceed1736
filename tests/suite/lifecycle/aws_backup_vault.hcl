# update: force_destroy = true
# import differs: force_destroy
resource "aws_backup_vault" "test" {
  name = "lifecycle"
}
