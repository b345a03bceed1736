# Confluence Data Center in a network that is already there, such as one that other
# Atlassian products share: what the Quick Start's template without VPC deploys. The
# network is found by its tags.

data "aws_vpc" "shared" {
  tags = { Name = var.infrastructure }
}

data "aws_subnets" "public" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.shared.id]
  }

  tags = { Network = "Public" }
}

data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.shared.id]
  }

  tags = { Network = "Private" }
}

module "confluence" {
  source = "../modules/confluence"

  name = var.name

  vpc_id                 = data.aws_vpc.shared.id
  public_subnet_ids      = sort(data.aws_subnets.public.ids)
  private_subnet_ids     = sort(data.aws_subnets.private.ids)
  nat_public_ips         = var.nat_public_ips
  ssh_security_group_ids = var.bastion_security_group_id == null ? {} : { bastion = var.bastion_security_group_id }
  key_pair_name          = var.key_pair_name

  confluence_version         = var.confluence_version
  collaborative_editing_mode = var.collaborative_editing_mode
  cluster_node_instance_type = var.cluster_node_instance_type
  cluster_node_min           = var.cluster_node_min
  cluster_node_max           = var.cluster_node_max

  db_engine               = var.db_engine
  db_extended_support     = var.db_extended_support
  db_instance_class       = var.db_instance_class
  db_master_user_password = var.db_master_user_password
  db_password             = var.db_password
  efs_backup_enabled      = var.efs_backup_enabled
  protect_data            = var.protect_data

  cidr_block                    = var.cidr_block
  internet_facing_load_balancer = var.internet_facing_load_balancer
  ssl_certificate_arn           = var.ssl_certificate_arn
  hosted_zone                   = var.hosted_zone
  sub_domain_name               = var.sub_domain_name
}
