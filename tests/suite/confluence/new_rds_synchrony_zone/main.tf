# New infrastructure, RDS, Synchrony on nodes of its own, records in a zone of the same configuration.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  bastion_host_required = false
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
  collaborative_editing_mode = "synchrony-separate-nodes"
  hosted_zone                = aws_route53_zone.internal.name
  hosted_zone_lookup         = false
  hosted_zone_id             = aws_route53_zone.internal.zone_id
  cloudwatch_integration     = "Metrics Only"

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
