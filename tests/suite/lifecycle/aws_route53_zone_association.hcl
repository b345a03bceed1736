resource "aws_route53_zone_association" "test" {
  zone_id = aws_route53_zone.zone.zone_id
  vpc_id  = aws_vpc.b.id
}

resource "aws_route53_zone" "zone" {
  name = "association.example.com"

  vpc {
    vpc_id = aws_vpc.a.id
  }

  lifecycle {
    ignore_changes = [vpc]
  }
}

resource "aws_vpc" "a" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_vpc" "b" {
  cidr_block = "10.21.0.0/16"
}
