# update: enable_dns_hostnames = true
# update: tags = { Name = "renamed" }
resource "aws_vpc" "test" {
  cidr_block = "10.20.0.0/16"

  tags = {
    Name = "lifecycle"
  }
}
