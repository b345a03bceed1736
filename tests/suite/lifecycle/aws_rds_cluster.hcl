# import differs: apply_immediately, master_password, skip_final_snapshot
# update: backup_retention_period = 3
# update: preferred_maintenance_window = "sun:04:00-sun:05:00"
# update: tags = { step = "2" }
resource "aws_rds_cluster" "test" {
  cluster_identifier  = "lifecycle"
  engine              = "aurora-postgresql"
  engine_version      = "16.4"
  master_username     = "keeper"
  master_password     = "lifecycle-1"
  apply_immediately   = true
  skip_final_snapshot = true

  serverlessv2_scaling_configuration {
    min_capacity = 0.5
    max_capacity = 2
  }
}
