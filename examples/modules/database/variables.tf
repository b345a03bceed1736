variable "name" {
  description = "Name of the deployment; the server is called NAME-db."
  type        = string
}

variable "vpc_id" {
  description = "Network of the server."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in at least two availability zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A database needs subnets in at least two availability zones."
  }
}

variable "client_security_group_ids" {
  description = "Security groups that may connect, by a name for each."
  type        = map(string)
}

variable "engine" {
  description = "\"postgres\" or \"aurora-postgresql\"."
  type        = string
  default     = "postgres"
  nullable    = false

  validation {
    condition     = contains(["postgres", "aurora-postgresql"], var.engine)
    error_message = "The engine is \"postgres\" or \"aurora-postgresql\"."
  }
}

variable "engine_version" {
  description = "Version: a major one, such as \"16\", or an exact one, such as \"16.4\"."
  type        = string
  default     = "16"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+(\\.[0-9]+)*$", var.engine_version)) && try(tonumber(split(".", var.engine_version)[0]), 0) >= 13
    error_message = "Give a version of PostgreSQL from 13 on: AWS offers older ones only under paid Extended Support, if at all."
  }
}

variable "extended_support" {
  description = "Whether the database stays, for a fee, on a version whose support has ended: \"refuse\", \"accept\", or \"default\" for what RDS does by itself."
  type        = string
  default     = "refuse"
  nullable    = false

  validation {
    condition     = contains(["refuse", "accept", "default"], var.extended_support)
    error_message = "Extended Support is \"refuse\", \"accept\" or \"default\"."
  }
}

variable "instance_class" {
  description = "Class of the server."
  type        = string
  default     = "db.m6i.large"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.instance_class)) && !can(regex("^db\\.(m4|r4|t2)\\.", var.instance_class))
    error_message = "Give a class such as db.m6i.large; AWS has retired m4, r4 and t2."
  }
}

variable "multi_az" {
  description = "Whether the database survives the loss of a zone: a standby, or two readers with Aurora."
  type        = bool
  default     = true
  nullable    = false
}

variable "storage" {
  description = "Storage in GiB; Aurora grows by itself."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.storage >= 20 && var.storage <= 65536
    error_message = "RDS takes 20 to 65536 GiB."
  }
}

variable "storage_type" {
  description = "\"gp3\", or \"io1\" or \"io2\" with `iops`."
  type        = string
  default     = "gp3"
  nullable    = false

  validation {
    condition     = contains(["gp3", "io1", "io2"], var.storage_type)
    error_message = "The storage type is \"gp3\", \"io1\" or \"io2\"."
  }
}

variable "iops" {
  description = "Provisioned I/O operations per second; null for what the storage type includes."
  type        = number
  default     = null

  validation {
    condition     = var.iops == null ? true : var.iops >= 1000
    error_message = "Provision at least 1000 I/O operations per second, or none."
  }
}

variable "storage_encrypted" {
  description = "Whether the storage is encrypted; it can be chosen only when the server is made."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "Key of the encryption; null for the account's own key of RDS."
  type        = string
  default     = null
}

variable "master_password" {
  description = "Password of the master user `postgres`."
  type        = string
  sensitive   = true

  validation {
    condition = (
      length(var.master_password) >= 8 && length(var.master_password) <= 128 &&
      can(regex("[a-z]", var.master_password)) && can(regex("[A-Z]", var.master_password)) &&
      can(regex("[0-9]", var.master_password)) && can(regex("[^A-Za-z0-9]", var.master_password)) &&
      !can(regex("[@/\"' ]", var.master_password))
    )
    error_message = "The master password must have 8 to 128 characters with a lower-case letter, an upper-case letter, a digit and a symbol, and none of: @ / \" ' space."
  }
}

variable "backup_retention_period" {
  description = "Days that automatic backups are kept."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.backup_retention_period >= 1 && var.backup_retention_period <= 35
    error_message = "RDS keeps automatic backups for 1 to 35 days."
  }
}

variable "export_logs" {
  description = "Whether the log of PostgreSQL goes to CloudWatch."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 90
  nullable    = false
}

variable "notification_email" {
  description = "Address that alarms of an Aurora cluster go to; null for none."
  type        = string
  default     = null
}

variable "protect_data" {
  description = "Whether the server refuses to be deleted, and leaves a last snapshot when it is."
  type        = bool
  default     = true
  nullable    = false
}
