output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "availability_zones" {
  description = "Zones of the subnets, in the order of the lists of subnets."
  value       = local.zones
}

output "public_subnet_ids" {
  description = "Public subnets, one per zone."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]

  # What is placed here expects to reach the internet.
  depends_on = [aws_route.public, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Private subnets, one per zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]

  # Nodes download their software at first boot: the way out must be there first.
  depends_on = [aws_route.private, aws_route_table_association.private]
}

output "nat_public_ips" {
  description = "Addresses from which the private subnets reach the internet, by zone."
  value       = { for zone, it in aws_eip.nat : zone => it.public_ip }
}

output "ssh_security_group_ids" {
  description = "Security groups from which nodes take SSH: the bastion's, under the key \"bastion\", or none."
  value       = { for it in aws_security_group.bastion : "bastion" => it.id }
}

output "bastion_public_ip" {
  description = "Address of the bastion; null without one."
  value       = one(aws_instance.bastion[*].public_ip)
}

output "bastion_private_ip" {
  description = "Address of the bastion inside the network; null without one."
  value       = one(aws_instance.bastion[*].private_ip)
}
