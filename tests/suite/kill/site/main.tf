# A whole site, for tests that interrupt, disturb and repeat its life. The variables are what
# updates change.

variable "cidr_block" {
  default = "203.0.113.0/24"
}

variable "cluster_node_max" {
  default = 1
}

variable "cluster_node_volume_size" {
  default = 50
}

variable "log_retention_days" {
  default = 90
}

variable "db_engine_version" {
  default = "16"
}

variable "db_backup_retention_period" {
  default = 7
}

variable "db_multi_az" {
  default = true
}

variable "autologin_cookie_age" {
  default = null
  type    = number
}

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  bastion_host_required = false
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block                 = var.cidr_block
  cluster_node_max           = var.cluster_node_max
  cluster_node_volume_size   = var.cluster_node_volume_size
  log_retention_days         = var.log_retention_days
  autologin_cookie_age       = var.autologin_cookie_age
  db_engine_version          = var.db_engine_version
  db_backup_retention_period = var.db_backup_retention_period
  db_multi_az                = var.db_multi_az
  db_master_user_password    = "Emulator-Master-1"
  db_password                = "Emulator-Confluence-1"

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}
