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
  description = "Name of the deployment: part of every name; one per site in the network."
  type        = string
  default     = "confluence"
  nullable    = false
}

variable "export_prefix" {
  description = "What the names of the exports of the infrastructure's stack begin with (ExportPrefix)."
  type        = string
  default     = "ATL-"
  nullable    = false
}

variable "vpc_name" {
  description = "Name tag of a network that no stack exports; its subnets have the tag Network, \"Public\" or \"Private\". null reads the exports."
  type        = string
  default     = null
}

variable "nat_public_ips" {
  description = "Addresses of that network's NAT gateways, by a name for each: nodes call the site by its public name."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "bastion_host_required" {
  description = "Whether nodes take SSH from the infrastructure's bastion."
  type        = bool
  default     = false
  nullable    = false
}

variable "cidr_block" {
  description = "Addresses of the clients, as a CIDR: who may open the site."
  type        = string
}

variable "ssl_certificate_arn" {
  description = "Certificate of the site; null serves plain HTTP."
  type        = string
  default     = null
}

variable "hosted_zone" {
  description = "Private Route 53 zone of the network that gets records for the site, the shared home and the database; null for none."
  type        = string
  default     = null
}

variable "sub_domain_name" {
  description = "Label of the site in the hosted zone; null takes the name of the deployment."
  type        = string
  default     = null
}

variable "key_pair_name" {
  description = "Existing EC2 key pair for SSH to the nodes; null for Session Manager only."
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

variable "collaborative_editing_mode" {
  description = "Where Synchrony runs: \"synchrony-local\", \"synchrony-separate-nodes\" or \"none\"."
  type        = string
  default     = "synchrony-local"
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
