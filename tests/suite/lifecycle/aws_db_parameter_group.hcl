# update: tags = { step = "2" }
resource "aws_db_parameter_group" "test" {
  name        = "lifecycle"
  family      = "mysql8.0"

  parameter {
    name         = "max_connections"
    value        = "100"
    apply_method = "immediate"
  }

  parameter {
    name  = "character_set_server"
    value = "utf8mb4"
  }
}
