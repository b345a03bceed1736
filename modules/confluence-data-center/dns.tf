# Names in a hosted zone, when one is given: the site, the shared home, the database.

data "aws_route53_zone" "this" {
  count = var.hosted_zone != null && var.hosted_zone_lookup ? 1 : 0

  name         = var.hosted_zone
  private_zone = var.hosted_zone_private

  # A private zone must be one that the nodes see; nothing else is found.
  vpc_id = var.hosted_zone_private ? var.infrastructure.vpc_id : null
}

locals {
  zone_count = var.hosted_zone == null ? 0 : 1
  zone_id    = var.hosted_zone_lookup ? one(data.aws_route53_zone.this[*].zone_id) : var.hosted_zone_id
  zone_name  = var.hosted_zone == null ? "" : trimsuffix(var.hosted_zone, ".")
}

resource "aws_route53_record" "site" {
  count = local.zone_count

  zone_id = local.zone_id
  name    = "${coalesce(var.sub_domain_name, var.name)}.${local.zone_name}"
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "shared_home" {
  count = local.zone_count

  zone_id = local.zone_id
  name    = "${var.name}.efs.${local.zone_name}"
  type    = "CNAME"
  ttl     = 900
  records = [aws_efs_file_system.shared_home.dns_name]
}

resource "aws_route53_record" "database" {
  count = local.zone_count

  zone_id = local.zone_id
  name    = "${var.name}.db.${local.zone_name}"
  type    = "CNAME"
  ttl     = 900
  records = [module.database.address]
}
