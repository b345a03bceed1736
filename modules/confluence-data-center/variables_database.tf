# The database, its passwords, the encryption and backups of all data.

variable "db_engine" {
  description = "\"postgres\" for RDS (PostgreSQL in the Quick Start), or \"aurora-postgresql\" (Amazon Aurora PostgreSQL)."
  type        = string
  default     = "postgres"
  nullable    = false

  validation {
    condition     = contains(["postgres", "aurora-postgresql"], var.db_engine)
    error_message = "The engine is \"postgres\" or \"aurora-postgresql\"."
  }
}

# 10 in the Quick Start, which AWS no longer creates.
variable "db_engine_version" {
  description = "Version of PostgreSQL, as this Confluence supports it: a major one, such as \"16\", or an exact one, such as \"16.4\"."
  type        = string
  default     = "16"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+(\\.[0-9]+)*$", var.db_engine_version)) && try(tonumber(split(".", var.db_engine_version)[0]), 0) >= 13
    error_message = "Give a version of PostgreSQL from 13 on: AWS offers older ones only under paid Extended Support, if at all."
  }
}

variable "db_extended_support" {
  description = "Whether the database stays, for a fee, on a version whose support has ended: \"refuse\", \"accept\", or \"default\" for what RDS does by itself."
  type        = string
  default     = "refuse"
  nullable    = false

  validation {
    condition     = contains(["refuse", "accept", "default"], var.db_extended_support)
    error_message = "Extended Support is \"refuse\", \"accept\" or \"default\"."
  }
}

# db.m4.large in the Quick Start, which AWS has retired.
variable "db_instance_class" {
  description = "Class of the database; memory-optimised (db.r6g.large) with Aurora."
  type        = string
  default     = "db.m6i.large"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.db_instance_class)) && !can(regex("^db\\.(m4|r4|t2)\\.", var.db_instance_class))
    error_message = "Give a class such as db.m6i.large; AWS has retired m4, r4 and t2."
  }

  validation {
    condition     = var.db_engine != "aurora-postgresql" || can(regex("^db\\.(r|x)", var.db_instance_class))
    error_message = "Aurora wants a memory-optimised class: set db_instance_class to db.r6g.large or larger."
  }
}

variable "db_multi_az" {
  description = "Whether the database survives the loss of a zone: a standby, or two readers with Aurora."
  type        = bool
  default     = true
  nullable    = false
}

variable "db_storage" {
  description = "Storage of the database in GiB; Aurora grows by itself."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.db_storage >= 20 && var.db_storage <= 65536 && floor(var.db_storage) == var.db_storage
    error_message = "RDS takes 20 to 65536 GiB."
  }

  validation {
    condition     = var.db_storage_type == "gp3" || var.db_storage >= 100
    error_message = "Storage of the types io1 and io2 begins with 100 GiB: raise db_storage, or take gp3."
  }
}

# The Quick Start means gp2 or io1, and makes gp2 whatever one asks for.
variable "db_storage_type" {
  description = "\"gp3\" (General Purpose), or \"io1\" or \"io2\" (Provisioned IOPS) with `db_iops`."
  type        = string
  default     = "gp3"
  nullable    = false

  validation {
    condition     = contains(["gp3", "io1", "io2"], var.db_storage_type)
    error_message = "The storage type is \"gp3\", \"io1\" or \"io2\"."
  }
}

# 1000 in the Quick Start, never used.
variable "db_iops" {
  description = "Provisioned I/O operations per second; null for what the storage type includes."
  type        = number
  default     = null

  validation {
    condition     = var.db_iops == null ? true : var.db_iops >= 1000 && var.db_iops <= 256000
    error_message = "Provision 1000 to 256000 I/O operations per second, or none (db_iops = null)."
  }

  validation {
    condition     = var.db_storage_type == "gp3" || var.db_iops != null
    error_message = "Storage of the types io1 and io2 needs provisioned I/O operations: set db_iops."
  }

  validation {
    condition     = var.db_iops == null || var.db_storage_type != "io1" ? true : var.db_iops / var.db_storage >= 0.5 && var.db_iops / var.db_storage <= 50
    error_message = "RDS takes 0.5 to 50 I/O operations per GiB of io1: change db_iops or db_storage."
  }

  validation {
    condition     = var.db_storage_type != "gp3" || var.db_iops == null || var.db_storage >= 400
    error_message = "RDS provisions I/O operations of gp3 only from 400 GiB on: leave db_iops empty, or raise db_storage."
  }
}

# false in the Quick Start.
variable "db_storage_encrypted" {
  description = "Whether the database is encrypted; it can be chosen only when it is made."
  type        = bool
  default     = true
  nullable    = false
}

# 1 in the Quick Start.
variable "db_backup_retention_period" {
  description = "Days that automatic backups of the database are kept."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.db_backup_retention_period >= 1 && var.db_backup_retention_period <= 35
    error_message = "RDS keeps automatic backups for 1 to 35 days."
  }
}

# Passwords. The Quick Start takes both as parameters and writes them to user data.

variable "db_master_user_password" {
  description = "Password of the master user `postgres`: 8 to 128 characters (64 with Aurora) with a lower-case letter, an upper-case letter, a digit and a symbol, none of @ / \" '. null lets RDS make it and keep it in Secrets Manager, out of the state."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition = var.db_master_user_password == null ? true : (
      length(var.db_master_user_password) >= 8 && length(var.db_master_user_password) <= 128 &&
      can(regex("[a-z]", var.db_master_user_password)) && can(regex("[A-Z]", var.db_master_user_password)) &&
      can(regex("[0-9]", var.db_master_user_password)) && can(regex("[^A-Za-z0-9]", var.db_master_user_password)) &&
      !can(regex("[@/\"' ]", var.db_master_user_password))
    )
    error_message = "The master password must have 8 to 128 characters with a lower-case letter, an upper-case letter, a digit and a symbol, and none of: @ / \" ' space."
  }

  validation {
    condition     = var.db_master_user_password == null || var.db_engine != "aurora-postgresql" ? true : length(var.db_master_user_password) <= 64
    error_message = "Aurora takes master passwords of at most 64 characters: shorten it, or leave it to RDS (null)."
  }
}

variable "db_password" {
  description = "Password of Confluence's database user `atlconfluence`: 8 to 128 characters with a lower-case letter, an upper-case letter, a digit and a symbol, none of ' \" < or white space. It is kept in Secrets Manager. null with `db_password_secret_arn`."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = (var.db_password == null) != (var.db_password_secret_arn == null)
    error_message = "Give either db_password, or db_password_secret_arn with a secret that holds it."
  }

  validation {
    condition = var.db_password == null ? true : (
      length(var.db_password) >= 8 && length(var.db_password) <= 128 &&
      can(regex("[a-z]", var.db_password)) && can(regex("[A-Z]", var.db_password)) &&
      can(regex("[0-9]", var.db_password)) && can(regex("[^A-Za-z0-9]", var.db_password)) &&
      !can(regex("['\"<\\s]", var.db_password))
    )
    error_message = "The database password must have 8 to 128 characters with a lower-case letter, an upper-case letter, a digit and a symbol, and none of: ' \" < white space."
  }
}

variable "db_password_secret_arn" {
  description = "Secret of Secrets Manager whose text is that password, so that the password is in no state; null with `db_password`."
  type        = string
  default     = null

  validation {
    condition     = var.db_password_secret_arn == null || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.db_password_secret_arn))
    error_message = "Give the ARN of a secret of Secrets Manager."
  }
}

# Keys and backups

variable "kms_key_enabled" {
  description = "Whether shared home, database, secrets and backups get a key of their own; otherwise the account's keys of these services encrypt them."
  type        = bool
  default     = false
  nullable    = false
}

# "automatic" in the Quick Start, for the shared home only.
variable "backups" {
  description = "Who backs up: \"plan\" (AWS Backup, daily, shared home and database together), \"automatic\" (the daily backups of EFS) or \"off\". RDS makes its own backups in any case."
  type        = string
  default     = "plan"
  nullable    = false

  validation {
    condition     = contains(["plan", "automatic", "off"], var.backups)
    error_message = "Backups are made by a \"plan\", \"automatic\" or \"off\"."
  }
}

variable "backup_schedule" {
  description = "When the plan backs up, as an expression of AWS Backup."
  type        = string
  default     = "cron(0 3 * * ? *)"
  nullable    = false

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.backup_schedule))
    error_message = "Give an expression such as cron(0 3 * * ? *)."
  }
}

variable "backup_retention_days" {
  description = "Days that the plan's backups are kept."
  type        = number
  default     = 35
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1
    error_message = "Keep backups for a day at least."
  }
}
