# update: comment = "Changed"
# update: tags = { step = "2" }
# import differs: force_destroy
resource "aws_route53_zone" "test" {
  name          = "zone.example.com"
  force_destroy = true

  vpc {
    vpc_id = aws_vpc.net.id
  }
}

resource "aws_vpc" "net" {
  cidr_block = "10.20.0.0/16"
}
