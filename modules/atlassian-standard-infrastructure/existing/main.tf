# An Atlassian Standard Infrastructure that is already there, in the form that products
# take: found by the exports of the CloudFormation stack that made it (exports.tf), or
# by the tags of the network (tags.tf). Nothing is made or changed.

locals {
  by_tags = var.vpc_name != null

  vpc_id             = local.by_tags ? one(data.aws_vpc.tagged[*].id) : data.aws_cloudformation_export.this["VPCID"].value
  public_subnet_ids  = local.by_tags ? sort(one(data.aws_subnets.public[*].ids)) : split(",", data.aws_cloudformation_export.this["PubNets"].value)
  private_subnet_ids = local.by_tags ? sort(one(data.aws_subnets.private[*].ids)) : split(",", data.aws_cloudformation_export.this["PriNets"].value)
}

data "aws_vpc" "this" {
  id = local.vpc_id

  lifecycle {
    postcondition {
      condition     = self.enable_dns_support && self.enable_dns_hostnames
      error_message = "The network ${self.id} resolves no private names, which the shared home and private zones need: switch on enableDnsSupport and enableDnsHostnames."
    }
  }
}

data "aws_subnet" "private" {
  count = length(local.private_subnet_ids)

  id = local.private_subnet_ids[count.index]

  lifecycle {
    postcondition {
      condition     = self.vpc_id == local.vpc_id
      error_message = "The subnet ${self.id} belongs to ${self.vpc_id}, not to ${local.vpc_id}: the infrastructure's values contradict each other."
    }
  }
}
