# The stack's exports. One that is missing ends the plan with its name.

data "aws_cloudformation_export" "this" {
  for_each = toset(local.by_tags ? [] : concat(
    ["VPCID", "PriNets", "PubNets", "NAT1EIP", "NAT2EIP"],
    var.bastion_host_required ? ["BastionPrivIp"] : [],
  ))

  name = "${var.export_prefix}${each.key}"
}
