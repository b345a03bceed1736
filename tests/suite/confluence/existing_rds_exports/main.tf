# Infrastructure of a CloudFormation stack, RDS, plain HTTP, metrics only.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure//existing"
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block             = "203.0.113.0/24"
  db_password            = "Emulator-Confluence-1"
  cloudwatch_integration = "Metrics Only"

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
