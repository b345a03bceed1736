# update: tags = { Name = "renamed" }
resource "aws_eip" "test" {
  domain = "vpc"

  tags = {
    Name = "lifecycle"
  }
}
