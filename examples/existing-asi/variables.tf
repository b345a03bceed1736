# The parameters that most sites set; the module has more. It checks the values.

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
  description = "Name of the deployment (the stack name of the Quick Start): part of every name, tag of the cluster, path of the parameters."
  type        = string
  default     = "confluence"
  nullable    = false
}

variable "infrastructure" {
  description = "Name tag of the network. Its subnets are told apart by the tag Network, \"Public\" or \"Private\"."
  type        = string
}

variable "nat_public_ips" {
  description = "Addresses of the network's NAT gateways, by a name for each: nodes call the site by its public name."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "bastion_security_group_id" {
  description = "Security group of the network's bastion; null without one."
  type        = string
  default     = null
}

variable "key_pair_name" {
  description = "Existing EC2 key pair for SSH to the nodes; null for Session Manager only."
  type        = string
  default     = null
}

# The Quick Start installs 7.13.7, which is out of support.
variable "confluence_version" {
  description = "Version of Confluence, as in 9.2.6. Lowering it does nothing: nodes keep the version that the shared home remembers."
  type        = string
  default     = "9.2.6"
  nullable    = false
}

variable "collaborative_editing_mode" {
  description = "Where Synchrony runs: \"synchrony-local\" beside Confluence, \"synchrony-separate-nodes\" on nodes of its own, \"none\" nowhere (switch editing off in Confluence too)."
  type        = string
  default     = "synchrony-local"
  nullable    = false
}

# c5.xlarge in the Quick Start; this is the same size of the next generation.
variable "cluster_node_instance_type" {
  description = "Type of the Confluence nodes."
  type        = string
  default     = "c6i.xlarge"
  nullable    = false
}

variable "cluster_node_min" {
  description = "Fewest Confluence nodes. Begin with 1 and finish the setup in the browser before adding more."
  type        = number
  default     = 1
  nullable    = false
}

variable "cluster_node_max" {
  description = "Most Confluence nodes; equal to the fewest, the number is fixed."
  type        = number
  default     = 1
  nullable    = false
}

variable "db_engine" {
  description = "\"postgres\" for RDS, or \"aurora-postgresql\"."
  type        = string
  default     = "postgres"
  nullable    = false
}

variable "db_extended_support" {
  description = "Whether the database stays, for a fee, on a version whose support has ended: \"refuse\", \"accept\", or \"default\" for what RDS does by itself."
  type        = string
  default     = "refuse"
  nullable    = false
}

# db.m4.large in the Quick Start, which AWS has retired.
variable "db_instance_class" {
  description = "Class of the database; memory-optimised (db.r6g.large) with Aurora."
  type        = string
  default     = "db.m6i.large"
  nullable    = false
}

variable "db_master_user_password" {
  description = "Password of the master user `postgres`: 8 to 128 characters (64 with Aurora) with a lower-case letter, an upper-case letter, a digit and a symbol, none of @ / \" '."
  type        = string
  sensitive   = true
}

variable "db_password" {
  description = "Password of Confluence's database user `atlconfluence`: 8 to 128 characters with a lower-case letter, an upper-case letter, a digit and a symbol, none of ' \" <."
  type        = string
  sensitive   = true
}

variable "efs_backup_enabled" {
  description = "Whether AWS Backup makes daily backups of the shared home."
  type        = bool
  default     = true
  nullable    = false
}

variable "protect_data" {
  description = "Whether database and load balancer refuse to be deleted, and the database leaves a last snapshot when it is."
  type        = bool
  default     = true
  nullable    = false
}

variable "cidr_block" {
  description = "Addresses of the clients, as a CIDR: who may open the site."
  type        = string
}

variable "internet_facing_load_balancer" {
  description = "Whether the site can be reached from the internet."
  type        = bool
  default     = true
  nullable    = false
}

variable "ssl_certificate_arn" {
  description = "Certificate of the site in ACM or IAM; null serves plain HTTP."
  type        = string
  default     = null
}

variable "hosted_zone" {
  description = "Existing Route 53 zone that gets records for the site, the shared home and the database; null for none."
  type        = string
  default     = null
}

variable "sub_domain_name" {
  description = "Label of the site in the hosted zone; null takes the name of the deployment."
  type        = string
  default     = null
}
