# A site whose cluster is upgraded. Its address is that of the stand-in, which plays the
# nodes on the machines that the emulator keeps.

variable "base_url" {
  type = string
}

variable "confluence_version" {
  default = "9.2.1"
}

variable "upgrade_strategy" {
  default = "stop_all"
}

variable "collaborative_editing_mode" {
  default = "synchrony-local"
}

variable "db_engine" {
  default = "postgres"
}

variable "cluster_node_min" {
  default = 2
}

variable "cluster_node_max" {
  default = 3
}

variable "cluster_node_volume_size" {
  default = 50
}

variable "replace_nodes" {
  default = "never"
}

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  access_cidr   = "203.0.113.0/24"
  key_pair_name = "operations"
}

resource "aws_secretsmanager_secret" "administrator" {
  name                    = "confluence/administrator"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "administrator" {
  secret_id     = aws_secretsmanager_secret.administrator.id
  secret_string = jsonencode({ token = "token" })
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block                 = "203.0.113.0/24"
  confluence_version         = var.confluence_version
  collaborative_editing_mode = var.collaborative_editing_mode
  cluster_node_min           = var.cluster_node_min
  cluster_node_max           = var.cluster_node_max
  cluster_node_volume_size   = var.cluster_node_volume_size
  db_engine                  = var.db_engine
  db_instance_class          = var.db_engine == "postgres" ? "db.m6i.large" : "db.r6g.large"
  db_master_user_password    = "Emulator-Master-1"
  db_password                = "Emulator-Confluence-1"
  key_pair_name              = "operations"

  cluster_base_url           = var.base_url
  cluster_credentials_secret = aws_secretsmanager_secret_version.administrator.secret_id
  upgrade_strategy           = var.upgrade_strategy
  replace_nodes              = var.replace_nodes

  upgrade_limits = {
    backup = "60s"
    drain  = "60s"
    stop   = "60s"
    start  = "60s"
    tasks  = "60s"
    poll   = "100ms"
  }

  # The emulator knows neither selections and jobs of AWS Backup nor the choice about
  # Extended Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}
