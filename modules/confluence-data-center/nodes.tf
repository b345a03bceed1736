# The nodes: Confluence, and Synchrony when it has nodes of its own.

# A new image gives a new version of the launch template; nodes in service stay as
# they are. `node_image_id` holds on to one image.
data "aws_ssm_parameter" "image" {
  count = var.node_image_id == null ? 1 : 0

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

locals {
  image_id = var.node_image_id == null ? nonsensitive(data.aws_ssm_parameter.image[0].value) : var.node_image_id
}

module "confluence_nodes" {
  source = "./modules/node-group"

  name        = "${var.name}-confluence"
  description = "Confluence ${var.confluence_version}"
  node_name   = "${var.name} Confluence Node"
  node_tags   = { Cluster = var.name, Deployment = var.name }

  image_id      = local.image_id
  instance_type = var.cluster_node_instance_type
  volume_size   = var.cluster_node_volume_size
  min_size      = var.cluster_node_min
  max_size      = var.cluster_node_max
  schedules     = var.cluster_node_schedules

  key_pair_name         = var.key_pair_name
  instance_profile_name = aws_iam_instance_profile.node.name
  security_group_ids    = [aws_security_group.node.id]
  subnet_ids            = var.infrastructure.private_subnet_ids
  target_group_arn      = aws_lb_target_group.confluence.arn

  user_data = templatefile("${path.module}/templates/${var.node_bootstrap}.yaml.tftpl", merge(local.boot, {
    settings = merge(local.settings, {
      ATL_SYNCHRONY_SERVICE_URL = local.synchrony ? "${local.service_url}/synchrony/v1" : ""
    }, var.node_settings)
    playbook = var.deployment_automation_playbook
  }))

  # A first boot mounts the shared home, and uses what the role allows.
  depends_on = [
    aws_efs_mount_target.shared_home,
    aws_iam_role_policy.cluster,
    aws_iam_role_policy.parameters,
    aws_iam_role_policy.secrets,
    aws_secretsmanager_secret_version.this,
    aws_iam_role_policy_attachment.managed,
    aws_cloudwatch_log_group.this,
  ]
}

# A Synchrony node waits until the setup of Confluence is finished; until then its
# target is unhealthy, which no apply waits for.
module "synchrony_nodes" {
  source = "./modules/node-group"
  count  = local.synchrony ? 1 : 0

  name        = "${var.name}-synchrony"
  description = "Synchrony of Confluence ${var.confluence_version}"
  node_name   = "${var.name} Synchrony Node"
  node_tags   = { synchrony_service = var.name, Deployment = var.name }

  image_id      = local.image_id
  instance_type = var.synchrony_node_instance_type
  volume_size   = 30
  min_size      = var.synchrony_cluster_node_min
  max_size      = var.synchrony_cluster_node_max

  key_pair_name         = var.key_pair_name
  instance_profile_name = aws_iam_instance_profile.node.name
  security_group_ids    = [aws_security_group.synchrony[0].id]
  subnet_ids            = var.infrastructure.private_subnet_ids
  target_group_arn      = aws_lb_target_group.synchrony[0].arn

  user_data = templatefile("${path.module}/templates/ansible.yaml.tftpl", merge(local.boot, {
    settings = merge(local.settings, {
      ATL_HAZELCAST_NETWORK_AWS_TAG_KEY = "synchrony_service"
      ATL_SYNCHRONY_SERVICE_URL         = "${local.service_url}/synchrony"
    }, var.node_settings)
    playbook = "aws_confluence_synchrony_node.yml"
  }))

  depends_on = [
    aws_efs_mount_target.shared_home,
    aws_iam_role_policy.cluster,
    aws_iam_role_policy.parameters,
    aws_iam_role_policy.secrets,
    aws_secretsmanager_secret_version.this,
    aws_iam_role_policy_attachment.managed,
    aws_cloudwatch_log_group.this,
  ]
}
