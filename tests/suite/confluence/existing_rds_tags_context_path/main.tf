# Infrastructure found by tags, RDS, internal load balancer, a context path, tuned nodes without mail.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure//existing"

  vpc_name = "ATL"
}

module "confluence" {
  source         = "plumb://confluence-data-center"
  infrastructure = module.infrastructure.infrastructure

  cidr_block                    = "203.0.113.0/24"
  db_password                   = "Emulator-Confluence-1"
  internet_facing_load_balancer = false
  tomcat_context_path           = "/wiki"
  tomcat_max_threads            = 100
  catalina_opts                 = "-Dwiki=1"
  mail_enabled                  = false
  node_settings                 = { ATL_SITE = "wiki" }

  # The emulator knows neither selections of AWS Backup nor the choice about Extended
  # Support, and the site is destroyed.
  db_extended_support = "default"
  backups             = "off"
  protect_data        = false
}

output "service_url" {
  value = module.confluence.service_url
}
