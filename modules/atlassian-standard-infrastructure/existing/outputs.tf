output "infrastructure" {
  description = "All that a product needs to be placed here: the value of `infrastructure` of the product's module."
  value = {
    vpc_id             = local.vpc_id
    availability_zones = data.aws_subnet.private[*].availability_zone
    public_subnet_ids  = local.public_subnet_ids
    private_subnet_ids = local.private_subnet_ids

    nat_public_ips = local.by_tags ? var.nat_public_ips : {
      for at in ["NAT1EIP", "NAT2EIP"] : at => data.aws_cloudformation_export.this[at].value
    }

    ssh_security_group_ids = var.bastion_security_group_id == null ? {} : { bastion = var.bastion_security_group_id }
    ssh_cidrs              = var.bastion_host_required ? { bastion = "${data.aws_cloudformation_export.this["BastionPrivIp"].value}/32" } : {}
  }

  precondition {
    condition     = length(local.public_subnet_ids) >= 2
    error_message = "A load balancer needs public subnets in two zones; the infrastructure has ${length(local.public_subnet_ids)}."
  }

  # The shared home can have one address per zone.
  precondition {
    condition     = length(local.private_subnet_ids) >= 2 && length(distinct(data.aws_subnet.private[*].availability_zone)) == length(local.private_subnet_ids)
    error_message = "Products need two or more private subnets, each in another availability zone; the infrastructure has ${length(local.private_subnet_ids)} in ${length(distinct(data.aws_subnet.private[*].availability_zone))} zones."
  }

  depends_on = [data.aws_vpc.this]
}
