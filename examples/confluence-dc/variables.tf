# Parameters of the Quick Start under their own names in snake_case, in its order. The
# modules check the values.

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

variable "protect_data" {
  description = "Whether database and load balancer refuse to be deleted, and the database leaves a last snapshot when it is."
  type        = bool
  default     = true
  nullable    = false
}

# Confluence

variable "collaborative_editing_mode" {
  description = "Where Synchrony runs: \"synchrony-local\" beside Confluence, \"synchrony-separate-nodes\" on nodes of its own, \"none\" nowhere (switch editing off in Confluence too)."
  type        = string
  default     = "synchrony-local"
  nullable    = false
}

# The Quick Start installs 7.13.7, which is out of support.
variable "confluence_version" {
  description = "Version of Confluence, as in 9.2.6. Lowering it does nothing: nodes keep the version that the shared home remembers."
  type        = string
  default     = "9.2.6"
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

variable "cluster_node_schedules" {
  description = "Sizes of the Confluence group at certain times, by a name for each."
  type = map(object({
    recurrence = string
    time_zone  = optional(string, "Etc/UTC")
    min_size   = number
    max_size   = number
  }))
  default  = {}
  nullable = false
}

variable "cluster_node_volume_size" {
  description = "Root volume of a Confluence node in GiB: about four times the search index."
  type        = number
  default     = 50
  nullable    = false
}

variable "node_image_id" {
  description = "Amazon Linux 2023 image of all nodes; null takes the newest."
  type        = string
  default     = null
}

variable "synchrony_node_instance_type" {
  description = "Type of the Synchrony nodes, if there are any."
  type        = string
  default     = "t3.medium"
  nullable    = false
}

variable "synchrony_cluster_node_min" {
  description = "Fewest Synchrony nodes."
  type        = number
  default     = 1
  nullable    = false
}

variable "synchrony_cluster_node_max" {
  description = "Most Synchrony nodes."
  type        = number
  default     = 1
  nullable    = false
}

variable "cloudwatch_integration" {
  description = "\"Off\", \"Metrics Only\" (agent and dashboard) or \"Metrics and Logs\"."
  type        = string
  default     = "Metrics and Logs"
  nullable    = false
}

# The Quick Start keeps logs for ever.
variable "log_retention_days" {
  description = "Days that logs are kept in CloudWatch."
  type        = number
  default     = 90
  nullable    = false
}

variable "deployment_automation" {
  description = "Playbooks that configure a node: git repository, branch, playbook of the Confluence nodes, further options of ansible-playbook, and the SSM parameter that holds an SSH key for the repository."
  type = object({
    repository    = optional(string, "https://bitbucket.org/atlassian/dc-deployments-automation.git")
    branch        = optional(string, "master")
    playbook      = optional(string, "aws_confluence_dc_node.yml")
    custom_params = optional(string, "")
    key_name      = optional(string, "")
  })
  default  = {}
  nullable = false
}

# Database

variable "db_engine" {
  description = "\"postgres\" for RDS, or \"aurora-postgresql\"."
  type        = string
  default     = "postgres"
  nullable    = false
}

# 10 in the Quick Start, which AWS no longer creates.
variable "db_engine_version" {
  description = "Version of PostgreSQL, as this Confluence supports it."
  type        = string
  default     = "16"
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

variable "db_iops" {
  description = "Provisioned I/O operations per second; null for what the storage type includes."
  type        = number
  default     = null
}

variable "db_master_user_password" {
  description = "Password of the master user `postgres`: 8 to 128 characters (64 with Aurora) with a lower-case letter, an upper-case letter, a digit and a symbol, none of @ / \" '."
  type        = string
  sensitive   = true
}

variable "db_multi_az" {
  description = "Whether the database survives the loss of a zone."
  type        = bool
  default     = true
  nullable    = false
}

variable "db_password" {
  description = "Password of Confluence's database user `atlconfluence`: 8 to 128 characters with a lower-case letter, an upper-case letter, a digit and a symbol, none of ' \" <."
  type        = string
  sensitive   = true
}

variable "db_storage" {
  description = "Storage of the database in GiB; Aurora grows by itself."
  type        = number
  default     = 200
  nullable    = false
}

# The Quick Start leaves the database unencrypted.
variable "db_storage_encrypted" {
  description = "Whether the database is encrypted; it can be chosen only when it is made."
  type        = bool
  default     = true
  nullable    = false
}

variable "db_storage_type" {
  description = "\"gp3\", or \"io1\" or \"io2\" with `db_iops`."
  type        = string
  default     = "gp3"
  nullable    = false
}

# 1 in the Quick Start.
variable "db_backup_retention_period" {
  description = "Days that automatic backups of the database are kept."
  type        = number
  default     = 7
  nullable    = false
}

variable "notification_email" {
  description = "Address that alarms of an Aurora cluster go to; null for none."
  type        = string
  default     = null
}

# Data

variable "efs_backup_enabled" {
  description = "Whether AWS Backup makes daily backups of the shared home."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_enabled" {
  description = "Whether shared home and database get a key of their own; otherwise the account's keys of EFS and RDS encrypt them."
  type        = bool
  default     = false
  nullable    = false
}

# Access and network

variable "availability_zones" {
  description = "The two zones of the subnets; empty takes the first two that the region offers."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "vpc_cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false
}

variable "public_subnet_cidrs" {
  description = "Addresses of the two public subnets (load balancer, NAT gateways, bastion)."
  type        = list(string)
  default     = ["10.0.128.0/20", "10.0.144.0/20"]
  nullable    = false
}

variable "private_subnet_cidrs" {
  description = "Addresses of the two private subnets (nodes, shared home, database)."
  type        = list(string)
  default     = ["10.0.0.0/19", "10.0.32.0/19"]
  nullable    = false
}

variable "bastion_host_required" {
  description = "Whether to make a bastion for SSH; it also needs a key pair."
  type        = bool
  default     = true
  nullable    = false
}

variable "key_pair_name" {
  description = "Existing EC2 key pair for SSH to the nodes; null for Session Manager only, and no bastion."
  type        = string
  default     = null
}

variable "cidr_block" {
  description = "Addresses of the clients, as a CIDR: who may open the site, and the bastion."
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

# Names

variable "custom_dns_name" {
  description = "Public name of the site, whose record you make yourself; wins over the hosted zone."
  type        = string
  default     = null
}

variable "hosted_zone" {
  description = "Existing Route 53 zone that gets records for the site, the shared home and the database; null for none."
  type        = string
  default     = null
}

variable "hosted_zone_private" {
  description = "Whether that zone is private."
  type        = bool
  default     = true
  nullable    = false
}

variable "sub_domain_name" {
  description = "Label of the site in the hosted zone; null takes the name of the deployment."
  type        = string
  default     = null
}

# Tuning

variable "autologin_cookie_age" {
  description = "Seconds that \"remember me\" lasts; null for a year."
  type        = number
  default     = null
}

variable "tomcat_context_path" {
  description = "Path of the application: empty, or one segment such as /confluence."
  type        = string
  default     = ""
  nullable    = false
}

variable "catalina_opts" {
  description = "Further options of the JVM."
  type        = string
  default     = ""
  nullable    = false
}

variable "jvm_heap_override" {
  description = "Heap of Confluence, such as 1024m or 8g; null takes what the instance type allows."
  type        = string
  default     = null
}

variable "jvm_heap_override_synchrony" {
  description = "Heap of Synchrony."
  type        = string
  default     = "2g"
  nullable    = false
}

variable "mail_enabled" {
  description = "Whether Confluence sends and fetches mail."
  type        = bool
  default     = true
  nullable    = false
}

variable "tomcat" {
  description = "Connector of Tomcat: times in milliseconds."
  type = object({
    accept_count           = optional(number, 10)
    connection_timeout     = optional(number, 20000)
    default_connector_port = optional(number, 8080)
    enable_lookups         = optional(bool, false)
    max_threads            = optional(number, 48)
    min_spare_threads      = optional(number, 10)
    protocol               = optional(string, "HTTP/1.1")
    redirect_port          = optional(number, 8443)
  })
  default  = {}
  nullable = false
}

variable "db_pool" {
  description = "Connections of a node to the database: times in seconds."
  type = object({
    acquire_increment    = optional(number, 1)
    idle_test_period     = optional(number, 100)
    max_size             = optional(number, 60)
    max_statements       = optional(number, 0)
    min_size             = optional(number, 20)
    preferred_test_query = optional(string, "select version();")
    timeout              = optional(number, 30)
    validate             = optional(bool, false)
  })
  default  = {}
  nullable = false
}
