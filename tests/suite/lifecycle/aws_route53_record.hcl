# update: ttl = 60
# update: records = ["v=spf1 -all", "Changed.\"\"Twice."]
resource "aws_route53_record" "test" {
  zone_id = aws_route53_zone.zone.zone_id
  name    = "*.record.example.com"
  type    = "TXT"
  ttl     = 300
  records = ["v=spf1 -all"]
}

resource "aws_route53_record" "relative" {
  zone_id = aws_route53_zone.zone.zone_id
  name    = "www"
  type    = "A"

  set_identifier = "blue"

  weighted_routing_policy {
    weight = 10
  }

  alias {
    name                   = "Target.record.example.com."
    zone_id                = aws_route53_zone.zone.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_zone" "zone" {
  name = "record.example.com"
}
