output "servers" {
  description = "The servers by name: instance, interface, zone and private address."
  value = {
    for name, it in var.servers : name => {
      instance_id = local.instances[name].id
      eni_id      = var.public ? local.instances[name].primary_network_interface_id : aws_network_interface.this[name].id
      zone        = it.zone
      private_ip  = it.private_ip
    }
  }
}

output "role_name" {
  description = "Role through which the agents act."
  value       = aws_iam_role.this.name
}

output "security_group_id" {
  description = "Security group of the servers."
  value       = aws_security_group.this.id
}
