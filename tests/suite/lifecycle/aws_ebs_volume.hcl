# update: size = 20
# update: iops = 4000
# update: tags = { Name = "lifecycle", step = "2" }
resource "aws_ebs_volume" "test" {
  availability_zone = "us-east-1a"
  type              = "gp3"
  size              = 10
  tags              = { Name = "lifecycle" }
}
