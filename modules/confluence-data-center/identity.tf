# The role of the nodes, and the parameter through which they agree on one version of
# the playbooks.

locals {
  parameter_arn = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter"
  group_arn     = "arn:${local.partition}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${var.name}-*"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "node" {
  name               = "${var.name}-node"
  description        = "Confluence and Synchrony nodes of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# Peers are found by tag (Hazelcast), and nodes tag themselves and their group with the
# commit that configured them.
data "aws_iam_policy_document" "cluster" {
  statement {
    sid       = "FindPeers"
    actions   = ["ec2:DescribeInstances", "ec2:DescribeTags", "autoscaling:DescribeTags"]
    resources = ["*"]
  }

  statement {
    sid       = "TagNodes"
    actions   = ["ec2:CreateTags"]
    resources = ["arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Deployment"
      values   = [var.name]
    }
  }

  statement {
    sid       = "TagGroups"
    actions   = ["autoscaling:CreateOrUpdateTags"]
    resources = [local.group_arn]
  }
}

resource "aws_iam_role_policy" "cluster" {
  name   = "cluster"
  role   = aws_iam_role.node.id
  policy = data.aws_iam_policy_document.cluster.json
}

data "aws_iam_policy_document" "parameters" {
  statement {
    sid       = "PinPlaybooks"
    actions   = ["ssm:PutParameter"]
    resources = ["${local.parameter_arn}/${var.name}/pinned-ansible-sha"]
  }

  statement {
    sid     = "ReadParameters"
    actions = ["ssm:GetParameter", "ssm:GetParameters"]
    resources = concat(
      ["${local.parameter_arn}/${var.name}/*"],
      var.deployment_automation_key_name == null ? [] : ["${local.parameter_arn}/${trimprefix(var.deployment_automation_key_name, "/")}"],
    )
  }
}

resource "aws_iam_role_policy" "parameters" {
  name   = "parameters"
  role   = aws_iam_role.node.id
  policy = data.aws_iam_policy_document.parameters.json
}

data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "ReadPasswords"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [for it in local.secrets : it.arn]
  }

  dynamic "statement" {
    for_each = aws_kms_key.data[*].arn

    content {
      sid       = "DecryptPasswords"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "secrets" {
  name   = "secrets"
  role   = aws_iam_role.node.id
  policy = data.aws_iam_policy_document.secrets.json
}

# Session Manager, and the CloudWatch agent.
resource "aws_iam_role_policy_attachment" "managed" {
  for_each = toset(["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"])

  role       = aws_iam_role.node.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.key}"
}

resource "aws_iam_instance_profile" "node" {
  name = "${var.name}-node"
  role = aws_iam_role.node.name
}

resource "aws_ssm_parameter" "playbook_pin" {
  name            = "/${var.name}/pinned-ansible-sha"
  description     = "Commit of the playbooks that every node of ${var.name} runs; the first node sets it"
  type            = "String"
  value           = "latest"
  allowed_pattern = "^(latest|[0-9a-f]{5,40})$"

  lifecycle {
    ignore_changes = [value]
  }
}
