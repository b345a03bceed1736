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

output "identifier" {
  description = "Identifier of the instance, or of the Aurora cluster."
  value       = local.aurora ? one(aws_rds_cluster.aurora[*].cluster_identifier) : one(aws_db_instance.postgres[*].identifier)
}

output "arn" {
  description = "ARN of the instance, or of the Aurora cluster."
  value       = local.aurora ? one(aws_rds_cluster.aurora[*].arn) : one(aws_db_instance.postgres[*].arn)
}

output "master_secret_arn" {
  description = "Secret of the master password, when RDS made it; null otherwise."
  value = local.managed_password != true ? null : (
    local.aurora ? one(one(aws_rds_cluster.aurora[*].master_user_secret)[*].secret_arn) : one(one(aws_db_instance.postgres[*].master_user_secret)[*].secret_arn)
  )
}
