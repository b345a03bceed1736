# Confluence Data Center in a network of its own: what the Quick Start's template "with
# VPC" deploys. Both modules come with plumb and have many more parameters: add those that
# your site needs. `plumb module copy` gives you their text.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  name                  = var.name
  access_cidr           = var.cidr_block
  bastion_host_required = var.key_pair_name != null
  key_pair_name         = var.key_pair_name
}

module "confluence" {
  source = "plumb://confluence-data-center"

  name           = var.name
  infrastructure = module.infrastructure.infrastructure

  cidr_block          = var.cidr_block
  ssl_certificate_arn = var.ssl_certificate_arn
  custom_dns_name     = var.custom_dns_name
  key_pair_name       = var.key_pair_name
  notification_email  = var.notification_email

  confluence_version = var.confluence_version
  cluster_node_min   = var.cluster_node_count
  cluster_node_max   = var.cluster_node_count

  upgrade_strategy           = var.upgrade_strategy
  cluster_credentials_secret = var.cluster_credentials_secret

  db_password         = var.db_password
  db_extended_support = var.db_extended_support
  backups             = var.backups
  protect_data        = var.protect_data
}
