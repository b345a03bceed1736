output "service_url" {
  description = "Address of the site."
  value       = "${local.service_url}${var.tomcat_context_path}"
}

output "load_balancer_url" {
  description = "Address of the load balancer itself."
  value       = "${local.scheme}://${aws_lb.this.dns_name}"
}

output "node_security_group_id" {
  description = "Security group of the Confluence nodes."
  value       = aws_security_group.node.id
}

output "db_endpoint_address" {
  description = "Host name of the database."
  value       = module.database.address
}

output "db_encryption_key" {
  description = "Alias of the key of shared home and database; null when they use the account's own."
  value       = one(aws_kms_alias.data[*].name)
}

output "efs_cname" {
  description = "Name of the shared home: its record, or the file system."
  value       = coalesce(one(aws_route53_record.shared_home[*].fqdn), aws_efs_file_system.shared_home.id)
}

output "confluence_target_group_arn" {
  description = "Target group of the Confluence nodes."
  value       = aws_lb_target_group.confluence.arn
}

output "cluster_node_group" {
  description = "Auto Scaling group of the Confluence nodes."
  value       = module.confluence_nodes.name
}

output "synchrony_cluster_node_group" {
  description = "Auto Scaling group of the Synchrony nodes; \"local\" when Confluence runs Synchrony itself."
  value       = local.synchrony ? one(module.synchrony_nodes[*].name) : "local"
}

output "cloudwatch_dashboard_url" {
  description = "Console page of the dashboard; null without one."
  value       = local.metrics ? "https://console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards:name=${one(aws_cloudwatch_dashboard.this[*].dashboard_name)}" : null
}

# For those who act on the running cluster: upgrades, backups, audits.

output "base_url" {
  description = "Address of the site without its path."
  value       = local.service_url
}

output "load_balancer_dns_name" {
  description = "Name of the load balancer, for the record of custom_dns_name."
  value       = aws_lb.this.dns_name
}

output "load_balancer_zone_id" {
  description = "Zone of that name, for an alias record."
  value       = aws_lb.this.zone_id
}

output "synchrony_target_group_arn" {
  description = "Target group of the Synchrony nodes; null without any."
  value       = one(aws_lb_target_group.synchrony[*].arn)
}

output "file_system_id" {
  description = "File system of the shared home."
  value       = aws_efs_file_system.shared_home.id
}

output "file_system_arn" {
  description = "ARN of that file system."
  value       = aws_efs_file_system.shared_home.arn
}

output "db_identifier" {
  description = "Identifier of the database instance, or of the Aurora cluster."
  value       = module.database.identifier
}

output "db_arn" {
  description = "ARN of the database instance, or of the Aurora cluster."
  value       = module.database.arn
}

output "db_read_address" {
  description = "Host name of the readers of an Aurora cluster; null otherwise."
  value       = module.database.read_address
}

output "db_master_secret_arn" {
  description = "Secret with the password of `postgres`: its text, or the key `password` of its JSON when RDS made it."
  value       = local.master_secret_arn
}

output "db_password_secret_arn" {
  description = "Secret with the password of `atlconfluence`."
  value       = local.password_secret_arn
}

output "backup_vault_name" {
  description = "Vault of the backups; null without a plan."
  value       = one(aws_backup_vault.this[*].name)
}

output "backup_role_arn" {
  description = "Role that backs up and restores; null without a plan."
  value       = one(aws_iam_role.backup[*].arn)
}

output "alarm_topic_arn" {
  description = "Topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "cluster" {
  description = "The running cluster in the form that the resource `confluence_cluster` takes: arguments of the same names. For those who declare it themselves (`cluster_managed = false`)."
  value       = local.cluster
}
