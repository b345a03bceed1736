# The network by its tag Name, its subnets by the tag Network, as the original, the
# module beside this one, and most people set them.

data "aws_vpc" "tagged" {
  count = local.by_tags ? 1 : 0

  tags = { Name = var.vpc_name }
}

data "aws_subnets" "public" {
  count = local.by_tags ? 1 : 0

  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.tagged[0].id]
  }

  tags = { Network = "Public" }
}

data "aws_subnets" "private" {
  count = local.by_tags ? 1 : 0

  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.tagged[0].id]
  }

  tags = { Network = "Private" }
}
