# Infrastructure of a CloudFormation stack, Aurora, Synchrony on nodes of its own, records in a zone under a sub-domain, metrics and logs.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure//existing"
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block                 = "203.0.113.0/24"
  db_password                = "Emulator-Confluence-1"
  db_engine                  = "aurora-postgresql"
  db_instance_class          = "db.r6g.large"
  collaborative_editing_mode = "synchrony-separate-nodes"
  hosted_zone                = "example.internal."
  sub_domain_name            = "wiki"

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
