# What can be known of the account before anything is made, and what is worth a warning.

data "aws_key_pair" "given" {
  count = var.account_checks_enabled && var.key_pair_name != null ? 1 : 0

  key_name = var.key_pair_name
}

data "aws_ec2_instance_type_offerings" "bastion" {
  count = var.account_checks_enabled ? local.bastion_count : 0

  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [var.bastion_instance_type]
  }

  lifecycle {
    postcondition {
      condition     = contains(self.locations, local.zones[0])
      error_message = "EC2 does not offer ${var.bastion_instance_type} in ${local.zones[0]}, the zone of the bastion: choose another bastion_instance_type."
    }
  }
}

check "bastion_needs_a_key" {
  assert {
    condition     = !var.bastion_host_required || var.key_pair_name != null
    error_message = "A bastion is wanted, but there is no key pair, so none is made: set key_pair_name, or bastion_host_required = false to use Session Manager."
  }
}

check "bastion_is_not_open_to_all" {
  assert {
    condition     = local.bastion_count == 0 || var.access_cidr != "0.0.0.0/0"
    error_message = "The whole internet may try to log in to the bastion: narrow access_cidr."
  }
}
