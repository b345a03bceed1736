# import differs: apply_immediately
# update: promotion_tier = 2
# update: tags = { step = "2" }
resource "aws_rds_cluster_instance" "test" {
  identifier         = "lifecycle"
  cluster_identifier = aws_rds_cluster.all.id
  engine             = aws_rds_cluster.all.engine
  instance_class     = "db.serverless"
  apply_immediately  = true
}

resource "aws_rds_cluster" "all" {
  engine                      = "aurora-postgresql"
  master_username             = "keeper"
  manage_master_user_password = true
  skip_final_snapshot         = true

  serverlessv2_scaling_configuration {
    min_capacity = 0.5
    max_capacity = 2
  }
}
