# What the module confluence-data-center passes on. It checks the values, so that messages
# name its variables.

variable "name" {
  description = "Name of the group, its launch template, policies and alarms."
  type        = string
}

variable "description" {
  description = "What the nodes do."
  type        = string
}

variable "node_name" {
  description = "Name tag of the nodes and their volumes."
  type        = string
}

variable "node_tags" {
  description = "Tags of the nodes; peers find each other by them."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "image_id" {
  description = "Amazon Linux 2023 image of the nodes."
  type        = string
}

variable "instance_type" {
  description = "Type of the nodes."
  type        = string
}

variable "min_size" {
  description = "Fewest nodes."
  type        = number
}

variable "max_size" {
  description = "Most nodes; equal to the fewest, the number is fixed."
  type        = number
}

variable "schedules" {
  description = "Sizes at certain times, by a name for each: a cron expression, its time zone, the sizes."
  type = map(object({
    recurrence = string
    time_zone  = optional(string, "Etc/UTC")
    min_size   = number
    max_size   = number
  }))
  default  = {}
  nullable = false
}

variable "volume_size" {
  description = "Root volume in GiB."
  type        = number
}

variable "key_pair_name" {
  description = "EC2 key pair for SSH; null for none."
  type        = string
  default     = null
}

variable "instance_profile_name" {
  description = "Instance profile of the nodes."
  type        = string
}

variable "security_group_ids" {
  description = "Security groups of the nodes."
  type        = list(string)
}

variable "subnet_ids" {
  description = "Subnets the nodes are spread over."
  type        = list(string)
}

variable "target_group_arn" {
  description = "Target group that the nodes join."
  type        = string
}

variable "user_data" {
  description = "cloud-init configuration of the nodes, as text."
  type        = string
}
