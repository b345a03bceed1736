# The database server: one PostgreSQL instance with a standby (postgres.tf), or an
# Aurora cluster (aurora.tf), with alarms (alarms.tf). Neither makes the database `confluence` nor its user
# `atlconfluence`: the first node does, as the master user.

locals {
  postgres = var.engine == "postgres"
  aurora   = var.engine == "aurora-postgresql"

  # Aurora has one writer, and two readers when it is to survive the loss of a zone.
  aurora_instances = local.aurora ? toset(slice(["1", "2", "3"], 0, var.multi_az ? 3 : 1)) : toset([])

  lifecycle_support = lookup({
    refuse = "open-source-rds-extended-support-disabled"
    accept = "open-source-rds-extended-support"
  }, var.extended_support, null)

  # true, or null: RDS refuses a choice beside a password.
  managed_password = nonsensitive(var.master_password == null) ? true : null

  major = split(".", var.engine_version)[0]

  # Statements that change structure, and those that take longer than 15 s.
  logged_statements = {
    log_statement              = "ddl"
    log_min_duration_statement = "15000"
  }
}

resource "aws_db_subnet_group" "this" {
  name        = "${var.name}-db"
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids

  tags = { Name = "${var.name} database" }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-db"
  description = "PostgreSQL of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name} database" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  tags                         = { Name = "PostgreSQL from ${each.key}" }
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

# RDS would make this group itself, and keep logs for ever.
resource "aws_cloudwatch_log_group" "postgresql" {
  count = var.export_logs ? 1 : 0

  name              = "/aws/rds/${local.aurora ? "cluster" : "instance"}/${var.name}-db/postgresql"
  retention_in_days = var.log_retention_days
}
