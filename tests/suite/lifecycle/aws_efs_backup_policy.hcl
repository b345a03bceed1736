# emulator: no (PutBackupPolicy is not implemented)
resource "aws_efs_backup_policy" "test" {
  file_system_id = aws_efs_file_system.files.id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_file_system" "files" {}
