# What AWS is asked when the plan is made: a mistake here would otherwise show when half
# of the site is there. Zone and certificate are looked up where they are used.

data "aws_key_pair" "given" {
  count = var.account_checks_enabled && var.key_pair_name != null ? 1 : 0

  key_name = var.key_pair_name
}

data "aws_ec2_instance_type_offerings" "nodes" {
  for_each = toset(!var.account_checks_enabled || length(var.infrastructure.availability_zones) == 0 ? [] : concat(
    [var.cluster_node_instance_type],
    local.synchrony ? [var.synchrony_node_instance_type] : [],
  ))

  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [each.key]
  }

  lifecycle {
    postcondition {
      condition     = length(setsubtract(var.infrastructure.availability_zones, self.locations)) == 0
      error_message = "EC2 does not offer ${each.key} in ${join(", ", setsubtract(var.infrastructure.availability_zones, self.locations))}: choose a type that all zones of the infrastructure have."
    }
  }
}
