# New infrastructure in three zones, an internal load balancer, two to four nodes by load and by hours.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  bastion_host_required   = false
  availability_zone_count = 3
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block                    = "203.0.113.0/24"
  db_password                   = "Emulator-Confluence-1"
  collaborative_editing_mode    = "synchrony-separate-nodes"
  internet_facing_load_balancer = false
  cluster_node_min              = 2
  cluster_node_max              = 4
  cluster_node_schedules        = { day = { recurrence = "0 7 * * MON-FRI", min_size = 4, max_size = 4 } }

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
