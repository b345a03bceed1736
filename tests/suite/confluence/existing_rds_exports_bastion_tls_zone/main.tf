# Infrastructure of a CloudFormation stack with its bastion, RDS, HTTPS, records in a zone of its network.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure//existing"

  bastion_host_required = true
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block             = "203.0.113.0/24"
  db_password            = "Emulator-Confluence-1"
  ssl_certificate_domain = "*.example.com"
  custom_dns_name        = "confluence.example.com"
  hosted_zone            = "example.internal"
  key_pair_name          = "operations"

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
