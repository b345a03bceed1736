# New infrastructure in three zones, Aurora with two readers, HTTPS, metrics and logs.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  bastion_host_required   = false
  availability_zone_count = 3
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block             = "203.0.113.0/24"
  db_password            = "Emulator-Confluence-1"
  db_engine              = "aurora-postgresql"
  db_instance_class      = "db.r6g.large"
  ssl_certificate_domain = "*.example.com"
  custom_dns_name        = "confluence.example.com"

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
