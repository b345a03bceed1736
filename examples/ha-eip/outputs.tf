output "address" {
  description = "Address of the service."
  value       = aws_eip.service.public_ip
}

output "definition" {
  description = "What the agents of the servers read: the cluster and its group."
  value = {
    cluster = jsondecode(ha_cluster.this.definition)
    groups  = [jsondecode(ha_group.failover1.definition)]
  }
}
