# import differs: apply_immediately, password, skip_final_snapshot
# update: instance_class = "db.t4g.small"
# update: backup_retention_period = 3
# update: tags = { step = "2" }
resource "aws_db_instance" "test" {
  identifier              = "lifecycle"
  engine                  = "postgres"
  engine_version          = "16"
  instance_class          = "db.t4g.micro"
  allocated_storage       = 20
  username                = "keeper"
  password                = "lifecycle-1"
  db_subnet_group_name    = aws_db_subnet_group.net.name
  backup_retention_period = 1
  apply_immediately       = true
  skip_final_snapshot     = true
}

resource "aws_db_subnet_group" "net" {
  subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.net.id
  availability_zone = "us-east-1a"
  cidr_block        = "10.20.1.0/24"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.net.id
  availability_zone = "us-east-1b"
  cidr_block        = "10.20.2.0/24"
}
