# The two servers of a failover cluster: interfaces, instances, a mirrored disk each, and the role
# through which their agents act. What the role may do is attached by whoever knows the groups.

locals {
  image     = var.image_id != null ? var.image_id : nonsensitive(data.aws_ssm_parameter.image[0].value)
  own       = var.public ? {} : var.servers
  launched  = var.public ? var.servers : {}
  instances = merge(aws_instance.private, aws_instance.public)
}

data "aws_ssm_parameter" "image" {
  count = var.image_id == null ? 1 : 0

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

# Private servers have interfaces of their own, which let packets to a virtual address pass.
resource "aws_network_interface" "this" {
  for_each = local.own

  description       = "${var.name} ${each.key}"
  subnet_id         = each.value.subnet_id
  private_ips       = [each.value.private_ip]
  security_groups   = [aws_security_group.this.id]
  source_dest_check = var.source_dest_check

  tags = { Name = "${var.name} ${each.key}" }
}

resource "aws_instance" "private" {
  for_each = local.own

  ami                  = local.image
  instance_type        = var.instance_type
  iam_instance_profile = aws_iam_instance_profile.this.name
  key_name             = var.key_name
  user_data            = var.user_data

  primary_network_interface {
    network_interface_id = aws_network_interface.this[each.key].id
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  tags = { Name = "${var.name} ${each.key}" }
}

# Public servers get their public address when they are launched, which needs an interface that is
# made with them. It changes whenever the Elastic IP address comes or goes, and nobody relies on it.
resource "aws_instance" "public" {
  for_each = local.launched

  ami                         = local.image
  instance_type               = var.instance_type
  iam_instance_profile        = aws_iam_instance_profile.this.name
  key_name                    = var.key_name
  user_data                   = var.user_data
  subnet_id                   = each.value.subnet_id
  private_ip                  = each.value.private_ip
  vpc_security_group_ids      = [aws_security_group.this.id]
  associate_public_ip_address = true

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  tags = { Name = "${var.name} ${each.key}" }
}

# Volumes never leave their zone: only data is mirrored. The agent splits each into a cluster and a
# data partition.
resource "aws_ebs_volume" "mirror" {
  for_each = var.servers

  availability_zone = each.value.zone
  size              = var.mirror_size
  type              = "gp3"
  encrypted         = true

  tags = { Name = "${var.name} ${each.key} mirror" }
}

resource "aws_volume_attachment" "mirror" {
  for_each = var.servers

  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.mirror[each.key].id
  instance_id = local.instances[each.key].id
}

resource "aws_iam_role" "this" {
  name_prefix = "${var.name}-"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })

  tags = { Name = var.name }
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = "${var.name}-"
  role        = aws_iam_role.this.name
}
