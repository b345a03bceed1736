output "address" {
  description = "Host name of the server; of the writer with Aurora."
  value       = local.aurora ? one(aws_rds_cluster.aurora[*].endpoint) : one(aws_db_instance.postgres[*].address)

  # An Aurora cluster answers only when it has an instance.
  depends_on = [aws_rds_cluster_instance.aurora]
}

output "port" {
  description = "Port of the server."
  value       = local.aurora ? one(aws_rds_cluster.aurora[*].port) : one(aws_db_instance.postgres[*].port)
}

output "read_address" {
  description = "Host name of the readers of an Aurora cluster; null otherwise."
  value       = one(aws_rds_cluster.aurora[*].reader_endpoint)
}

output "security_group_id" {
  description = "Security group of the server."
  value       = aws_security_group.this.id
}
