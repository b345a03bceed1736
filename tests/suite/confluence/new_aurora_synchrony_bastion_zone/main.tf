# New infrastructure with a bastion, Aurora with a given password, Synchrony on nodes of its own, HTTPS, records in a zone.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  access_cidr   = "203.0.113.0/24"
  key_pair_name = "operations"
}

resource "aws_route53_zone" "internal" {
  name = "example.internal"

  vpc {
    vpc_id = module.infrastructure.vpc_id
  }
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block                 = "203.0.113.0/24"
  db_password                = "Emulator-Confluence-1"
  db_engine                  = "aurora-postgresql"
  db_instance_class          = "db.r6g.large"
  collaborative_editing_mode = "synchrony-separate-nodes"
  hosted_zone                = aws_route53_zone.internal.name
  hosted_zone_lookup         = false
  hosted_zone_id             = aws_route53_zone.internal.zone_id
  db_master_user_password    = "Emulator-Master-1"
  key_pair_name              = "operations"
  ssl_certificate_domain     = "*.example.com"
  custom_dns_name            = "confluence.example.com"

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
