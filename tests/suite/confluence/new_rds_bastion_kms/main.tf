# New infrastructure with a bastion, RDS with given passwords, a key of its own for everything.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  access_cidr   = "203.0.113.0/24"
  key_pair_name = "operations"
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block              = "203.0.113.0/24"
  db_password             = "Emulator-Confluence-1"
  db_master_user_password = "Emulator-Master-1"
  key_pair_name           = "operations"
  kms_key_enabled         = true

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
