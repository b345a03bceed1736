output "infrastructure" {
  description = "All that a product needs to be placed here: the value of `infrastructure` of the product's module."
  value = {
    vpc_id                 = aws_vpc.this.id
    availability_zones     = local.zones
    public_subnet_ids      = [for zone in local.zones : aws_subnet.public[zone].id]
    private_subnet_ids     = [for zone in local.zones : aws_subnet.private[zone].id]
    nat_public_ips         = { for zone, it in aws_eip.nat : zone => it.public_ip }
    ssh_security_group_ids = { for it in aws_security_group.bastion : "bastion" => it.id }
    ssh_cidrs              = {}
  }

  # Nodes download their software at first boot: the way out must be there first.
  depends_on = [
    aws_route.public,
    aws_route_table_association.public,
    aws_route.private,
    aws_route_table_association.private,
    aws_vpc_dhcp_options_association.this,
  ]
}

# What other tools read under these names. CloudFormation's `Fn::ImportValue` sees only
# exports of stacks, which these are not.
output "exports" {
  description = "The exports of an Atlassian Standard Infrastructure made by CloudFormation, by their names."
  value = merge(
    {
      "${var.export_prefix}VPCID"   = aws_vpc.this.id
      "${var.export_prefix}PriNets" = join(",", [for zone in local.zones : aws_subnet.private[zone].id])
      "${var.export_prefix}PubNets" = join(",", [for zone in local.zones : aws_subnet.public[zone].id])
    },
    { for at, zone in local.zones : "${var.export_prefix}NAT${at + 1}EIP" => aws_eip.nat[zone].public_ip },
    { for it in aws_instance.bastion : "${var.export_prefix}BastionPrivIp" => it.private_ip },
    var.key_pair_name == null ? {} : { "${var.export_prefix}DefaultKey" = var.key_pair_name },
  )
}

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

output "default_key" {
  description = "Key pair of the infrastructure; null without one."
  value       = var.key_pair_name
}

output "bastion_public_ip" {
  description = "Address of the bastion; null without one."
  value       = one(aws_instance.bastion[*].public_ip)
}

output "bastion_private_ip" {
  description = "Address of the bastion inside the network; null without one."
  value       = one(aws_instance.bastion[*].private_ip)
}
