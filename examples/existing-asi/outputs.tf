output "service_url" {
  description = "Address of the site."
  value       = module.confluence.service_url
}

output "load_balancer_url" {
  description = "Address of the load balancer itself."
  value       = module.confluence.load_balancer_url
}

output "sg_name" {
  description = "Security group of the Confluence nodes."
  value       = module.confluence.node_security_group_id
}

output "db_endpoint_address" {
  description = "Host name of the database."
  value       = module.confluence.db_endpoint_address
}

output "db_encryption_key" {
  description = "Alias of the key of shared home and database; null when they use the account's own."
  value       = module.confluence.db_encryption_key
}

output "efs_cname" {
  description = "Name of the shared home: its record, or the file system."
  value       = module.confluence.efs_cname
}

output "confluence_target_group_arn" {
  description = "Target group of the Confluence nodes."
  value       = module.confluence.confluence_target_group_arn
}

output "cluster_node_group" {
  description = "Auto Scaling group of the Confluence nodes."
  value       = module.confluence.cluster_node_group
}

output "synchrony_cluster_node_group" {
  description = "Auto Scaling group of the Synchrony nodes; \"local\" when Confluence runs Synchrony itself."
  value       = module.confluence.synchrony_cluster_node_group
}

output "cloudwatch_dashboard_url" {
  description = "Console page of the dashboard; null without one."
  value       = module.confluence.cloudwatch_dashboard_url
}

output "file_system_id" {
  description = "File system of the shared home."
  value       = module.confluence.file_system_id
}

output "file_system_arn" {
  description = "ARN of that file system."
  value       = module.confluence.file_system_arn
}

output "db_identifier" {
  description = "Identifier of the database."
  value       = module.confluence.db_identifier
}

output "db_arn" {
  description = "ARN of the database."
  value       = module.confluence.db_arn
}

output "backup_vault_name" {
  description = "Vault of the backups; null without a plan."
  value       = module.confluence.backup_vault_name
}

output "backup_role_arn" {
  description = "Role that backs up and restores; null without a plan."
  value       = module.confluence.backup_role_arn
}
