# Confluence Data Center in an Atlassian Standard Infrastructure that is there already, such
# as one that other products share: what the Quick Start's template without VPC deploys.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure//existing"

  export_prefix         = var.export_prefix
  vpc_name              = var.vpc_name
  nat_public_ips        = var.nat_public_ips
  bastion_host_required = var.bastion_host_required
}

module "confluence" {
  source = "plumb://confluence-data-center"

  name           = var.name
  infrastructure = module.infrastructure.infrastructure

  cidr_block          = var.cidr_block
  ssl_certificate_arn = var.ssl_certificate_arn
  hosted_zone         = var.hosted_zone
  sub_domain_name     = var.sub_domain_name
  key_pair_name       = var.key_pair_name
  notification_email  = var.notification_email

  confluence_version         = var.confluence_version
  collaborative_editing_mode = var.collaborative_editing_mode
  upgrade_strategy           = var.upgrade_strategy
  cluster_credentials_secret = var.cluster_credentials_secret

  db_password         = var.db_password
  db_extended_support = var.db_extended_support
  backups             = var.backups
  protect_data        = var.protect_data
}
