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
