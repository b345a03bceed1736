# What the module confluence-data-center passes on. It checks the values, so that messages
# name its variables.

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
}

variable "engine_version" {
  description = "Version: a major one, such as \"16\", or an exact one, such as \"16.4\"."
  type        = string
  default     = "16"
  nullable    = false
}

variable "extended_support" {
  description = "Whether the database stays, for a fee, on a version whose support has ended: \"refuse\", \"accept\", or \"default\" for what RDS does by itself."
  type        = string
  default     = "refuse"
  nullable    = false
}

variable "instance_class" {
  description = "Class of the server."
  type        = string
  default     = "db.m6i.large"
  nullable    = false
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
}

variable "storage_type" {
  description = "\"gp3\", or \"io1\" or \"io2\" with `iops`."
  type        = string
  default     = "gp3"
  nullable    = false
}

variable "iops" {
  description = "Provisioned I/O operations per second; null for what the storage type includes."
  type        = number
  default     = null
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
  description = "Password of the master user `postgres`; null lets RDS make it and keep it in Secrets Manager."
  type        = string
  default     = null
  sensitive   = true
}

variable "backup_retention_period" {
  description = "Days that automatic backups are kept."
  type        = number
  default     = 7
  nullable    = false
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

variable "alarm_topic_arn" {
  description = "Topic of the alarms."
  type        = string
}

variable "protect_data" {
  description = "Whether the server refuses to be deleted, and leaves a last snapshot when it is."
  type        = bool
  default     = true
  nullable    = false
}
