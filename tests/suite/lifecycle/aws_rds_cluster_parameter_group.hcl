# update: tags = { step = "2" }
resource "aws_rds_cluster_parameter_group" "test" {
  name   = "lifecycle"
  family = "aurora-postgresql16"

  parameter {
    name  = "log_statement"
    value = "ddl"
  }
}
