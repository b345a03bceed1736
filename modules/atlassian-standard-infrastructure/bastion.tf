# The way in by SSH. Session Manager needs no such host: leave `key_pair_name`
# empty and there is none.

locals {
  bastion_count = var.bastion_host_required && var.key_pair_name != null ? 1 : 0
}

data "aws_ssm_parameter" "bastion_ami" {
  count = local.bastion_count

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

resource "aws_security_group" "bastion" {
  count = local.bastion_count

  name        = "${var.name}-bastion"
  description = "SSH to the bastion"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name} bastion" }
}

resource "aws_vpc_security_group_ingress_rule" "bastion_ssh" {
  count = local.bastion_count

  security_group_id = aws_security_group.bastion[0].id
  description       = "SSH from the clients"
  cidr_ipv4         = var.access_cidr
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_egress_rule" "bastion_all" {
  count = local.bastion_count

  security_group_id = aws_security_group.bastion[0].id
  description       = "Anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_instance" "bastion" {
  count = local.bastion_count

  ami                         = nonsensitive(data.aws_ssm_parameter.bastion_ami[0].value)
  instance_type               = var.bastion_instance_type
  key_name                    = var.key_pair_name
  subnet_id                   = aws_subnet.public[local.zones[0]].id
  vpc_security_group_ids      = [aws_security_group.bastion[0].id]
  associate_public_ip_address = true

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 8
    encrypted   = true
  }

  tags = { Name = "${var.name} bastion" }

  lifecycle {
    # A newer image appears every few weeks; a host with people logged in is not
    # replaced for it.
    ignore_changes = [ami]
  }

  depends_on = [aws_route.public, aws_route_table_association.public]
}
