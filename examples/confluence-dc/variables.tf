variable "region" {
  description = "Region of everything; null takes the one of the AWS profile or environment. It must offer EFS."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every object that takes tags, such as an owner or a cost centre."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "name" {
  description = "Name of the deployment: part of every name."
  type        = string
  default     = "confluence"
  nullable    = false
}

variable "cidr_block" {
  description = "Addresses of the clients, as a CIDR: who may open the site, and the bastion."
  type        = string
}

variable "ssl_certificate_arn" {
  description = "Certificate of the site; null serves plain HTTP."
  type        = string
  default     = null
}

variable "custom_dns_name" {
  description = "Public name of the site, whose record you make yourself; null takes the load balancer's."
  type        = string
  default     = null
}

variable "key_pair_name" {
  description = "Existing EC2 key pair for SSH through a bastion; null for Session Manager and no bastion."
  type        = string
  default     = null
}

variable "notification_email" {
  description = "Address that alarms go to; null for none."
  type        = string
  default     = null
}

variable "confluence_version" {
  description = "Version of Confluence, as in 9.2.6; a later one upgrades the site in the steps that the plan lists."
  type        = string
  default     = "9.2.6"
  nullable    = false
}

variable "upgrade_strategy" {
  description = "How a new version comes: \"stop_all\" stops all nodes first, \"rolling\" goes node by node without downtime."
  type        = string
  default     = "stop_all"
  nullable    = false
}

variable "cluster_credentials_secret" {
  description = "Secret in Secrets Manager with a system administrator's token, as {\"token\": \"…\"}: for rolling upgrades, once the setup in the browser is done."
  type        = string
  default     = null
}

variable "cluster_node_count" {
  description = "Number of Confluence nodes. Begin with 1 and finish the setup in the browser before adding more."
  type        = number
  default     = 1
  nullable    = false
}

variable "db_password" {
  description = "Password of Confluence's database user."
  type        = string
  sensitive   = true
}

variable "db_extended_support" {
  description = "Whether the database stays, for a fee, on a version whose support has ended: \"refuse\", \"accept\" or \"default\"."
  type        = string
  default     = "refuse"
  nullable    = false
}

variable "backups" {
  description = "\"plan\" backs up shared home and database daily; \"off\" does not."
  type        = string
  default     = "plan"
  nullable    = false
}

variable "protect_data" {
  description = "Whether database and load balancer refuse to be deleted, and the database leaves a last snapshot when it is."
  type        = bool
  default     = true
  nullable    = false
}
