# update: tags = { Name = "renamed" }
resource "aws_efs_file_system" "test" {
  creation_token   = "lifecycle"
  encrypted        = true
  throughput_mode  = "elastic"
  performance_mode = "generalPurpose"

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }

  lifecycle_policy {
    transition_to_primary_storage_class = "AFTER_1_ACCESS"
  }

  tags = { Name = "lifecycle" }
}
