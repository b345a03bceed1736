# Confluence Data Center in a network of its own: what the Quick Start's template "with
# VPC" deploys.

module "network" {
  source = "../modules/network"

  name                 = var.name
  availability_zones   = var.availability_zones
  vpc_cidr             = var.vpc_cidr
  public_subnet_cidrs  = var.public_subnet_cidrs
  private_subnet_cidrs = var.private_subnet_cidrs

  access_cidr           = var.cidr_block
  bastion_host_required = var.bastion_host_required
  key_pair_name         = var.key_pair_name
}

module "confluence" {
  source = "../modules/confluence"

  name = var.name

  vpc_id                 = module.network.vpc_id
  public_subnet_ids      = module.network.public_subnet_ids
  private_subnet_ids     = module.network.private_subnet_ids
  nat_public_ips         = module.network.nat_public_ips
  ssh_security_group_ids = module.network.ssh_security_group_ids
  key_pair_name          = var.key_pair_name

  confluence_version           = var.confluence_version
  collaborative_editing_mode   = var.collaborative_editing_mode
  cluster_node_instance_type   = var.cluster_node_instance_type
  cluster_node_min             = var.cluster_node_min
  cluster_node_max             = var.cluster_node_max
  cluster_node_schedules       = var.cluster_node_schedules
  cluster_node_volume_size     = var.cluster_node_volume_size
  node_image_id                = var.node_image_id
  synchrony_node_instance_type = var.synchrony_node_instance_type
  synchrony_cluster_node_min   = var.synchrony_cluster_node_min
  synchrony_cluster_node_max   = var.synchrony_cluster_node_max
  deployment_automation        = var.deployment_automation
  cloudwatch_integration       = var.cloudwatch_integration
  log_retention_days           = var.log_retention_days

  db_engine                  = var.db_engine
  db_engine_version          = var.db_engine_version
  db_extended_support        = var.db_extended_support
  db_instance_class          = var.db_instance_class
  db_multi_az                = var.db_multi_az
  db_storage                 = var.db_storage
  db_storage_type            = var.db_storage_type
  db_iops                    = var.db_iops
  db_storage_encrypted       = var.db_storage_encrypted
  db_backup_retention_period = var.db_backup_retention_period
  db_master_user_password    = var.db_master_user_password
  db_password                = var.db_password
  notification_email         = var.notification_email
  efs_backup_enabled         = var.efs_backup_enabled
  kms_key_enabled            = var.kms_key_enabled
  protect_data               = var.protect_data

  cidr_block                    = var.cidr_block
  internet_facing_load_balancer = var.internet_facing_load_balancer
  ssl_certificate_arn           = var.ssl_certificate_arn
  custom_dns_name               = var.custom_dns_name
  hosted_zone                   = var.hosted_zone
  hosted_zone_private           = var.hosted_zone_private
  sub_domain_name               = var.sub_domain_name

  autologin_cookie_age        = var.autologin_cookie_age
  tomcat_context_path         = var.tomcat_context_path
  catalina_opts               = var.catalina_opts
  jvm_heap_override           = var.jvm_heap_override
  jvm_heap_override_synchrony = var.jvm_heap_override_synchrony
  mail_enabled                = var.mail_enabled
  tomcat                      = var.tomcat
  db_pool                     = var.db_pool
}
