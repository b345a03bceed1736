# The site and its nodes. Parameters of the Quick Start have their own names in
# snake_case; the others of it are in variables_database.tf, variables_network.tf and
# variables_tuning.tf.

variable "name" {
  description = "Name of the deployment (the stack name of the Quick Start): part of every name, tag of the cluster, path of the parameters."
  type        = string
  default     = "confluence"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", var.name)) && !can(regex("--", var.name))
    error_message = "The name has 1 to 20 lower-case letters, digits and single hyphens, begins with a letter and does not end in a hyphen: names of load balancers and databases and labels of DNS are made from it."
  }
}

variable "protect_data" {
  description = "Whether database and load balancer refuse to be deleted, the database leaves a last snapshot when it is, and secrets can be restored for 30 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "account_checks_enabled" {
  description = "Whether a plan asks EC2 if it knows the key pair and offers the nodes' types in the zones."
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

  validation {
    condition     = contains(["none", "synchrony-local", "synchrony-separate-nodes"], var.collaborative_editing_mode)
    error_message = "The mode is \"none\", \"synchrony-local\" or \"synchrony-separate-nodes\"."
  }
}

# The Quick Start installs 7.13.7, which is out of support.
variable "confluence_version" {
  description = "Version of Confluence, as in 9.2.6. A later one upgrades the running cluster in the steps that the plan lists (`upgrade_strategy`). It cannot be lowered: nodes keep the version that the shared home remembers."
  type        = string
  default     = "9.2.6"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+", var.confluence_version))
    error_message = "The version has three numbers, as in 9.2.6."
  }

  validation {
    condition     = try(tonumber(split(".", var.confluence_version)[0]) * 1000 + tonumber(split(".", var.confluence_version)[1]) >= 6001, true)
    error_message = "Confluence runs on AWS from 6.1 on: choose a supported version, such as 9.2.6."
  }

  validation {
    condition     = try(tonumber(split(".", var.confluence_version)[0]) * 1000 + tonumber(split(".", var.confluence_version)[1]) >= 6012, true) || var.collaborative_editing_mode != "synchrony-local"
    error_message = "Before 6.12 Confluence cannot run Synchrony itself: set collaborative_editing_mode = \"synchrony-separate-nodes\", or choose a later version."
  }
}

# The nodes. c5.xlarge in the Quick Start; this is the same size of the next generation.

variable "cluster_node_instance_type" {
  description = "Type of the Confluence nodes."
  type        = string
  default     = "c6i.xlarge"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.cluster_node_instance_type))
    error_message = "Give an instance type such as c6i.xlarge."
  }

  validation {
    condition     = !can(regex("\\.(nano|micro|small)$", var.cluster_node_instance_type))
    error_message = "Types below medium have too little memory for Confluence: take c6i.xlarge or m6i.large at least."
  }

  validation {
    condition     = var.collaborative_editing_mode != "synchrony-local" || !can(regex("^(c[0-9a-z]*\\.(medium|large)|[mt][0-9a-z]*\\.medium)$", var.cluster_node_instance_type))
    error_message = "With collaborative_editing_mode = \"synchrony-local\" a node needs more than 5 GB of memory: take a larger type, such as c6i.xlarge or m6i.large."
  }
}

variable "cluster_node_min" {
  description = "Fewest Confluence nodes. Begin with 1 and finish the setup in the browser before adding more."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.cluster_node_min >= 0 && floor(var.cluster_node_min) == var.cluster_node_min
    error_message = "The fewest nodes are a whole number, 0 or more."
  }
}

variable "cluster_node_max" {
  description = "Most Confluence nodes; equal to the fewest, the number is fixed."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.cluster_node_max >= var.cluster_node_min
    error_message = "cluster_node_max must not be lower than cluster_node_min."
  }
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

  validation {
    condition     = alltrue([for it in var.cluster_node_schedules : it.min_size >= 0 && it.min_size <= it.max_size])
    error_message = "A schedule's min_size is 0 or more and not above its max_size."
  }

  validation {
    condition     = alltrue([for it in var.cluster_node_schedules : length(split(" ", it.recurrence)) == 5])
    error_message = "A recurrence is a cron expression of five fields, such as \"0 7 * * MON-FRI\"."
  }
}

variable "cluster_node_volume_size" {
  description = "Root volume of a Confluence node in GiB: about four times the search index."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.cluster_node_volume_size >= 20
    error_message = "Nodes need a root volume of at least 20 GiB."
  }
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

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.synchrony_node_instance_type)) && !can(regex("\\.(nano|micro|small)$", var.synchrony_node_instance_type))
    error_message = "Give an instance type of medium size or more, such as t3.medium."
  }
}

variable "synchrony_cluster_node_min" {
  description = "Fewest Synchrony nodes."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.synchrony_cluster_node_min >= 0 && floor(var.synchrony_cluster_node_min) == var.synchrony_cluster_node_min
    error_message = "The fewest nodes are a whole number, 0 or more."
  }

  # All nodes are stopped together for an upgrade; otherwise nobody could edit.
  validation {
    condition     = var.collaborative_editing_mode != "synchrony-separate-nodes" || var.synchrony_cluster_node_min >= 1 || var.cluster_node_max == 0
    error_message = "Without Synchrony nodes nobody can edit: set synchrony_cluster_node_min to 1 or more, or stop Confluence too (cluster_node_min = cluster_node_max = 0)."
  }
}

variable "synchrony_cluster_node_max" {
  description = "Most Synchrony nodes."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.synchrony_cluster_node_max >= var.synchrony_cluster_node_min
    error_message = "synchrony_cluster_node_max must not be lower than synchrony_cluster_node_min."
  }
}

variable "cloudwatch_integration" {
  description = "\"Off\", \"Metrics Only\" (agent and dashboard) or \"Metrics and Logs\"."
  type        = string
  default     = "Metrics and Logs"
  nullable    = false

  validation {
    condition     = contains(["Off", "Metrics Only", "Metrics and Logs"], var.cloudwatch_integration)
    error_message = "The integration is \"Off\", \"Metrics Only\" or \"Metrics and Logs\"."
  }
}

# The Quick Start keeps logs for ever.
variable "log_retention_days" {
  description = "Days that logs are kept in CloudWatch."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

# A stranger's address in the Quick Start.
variable "notification_email" {
  description = "Address that alarms go to; null for none. AWS asks it to confirm."
  type        = string
  default     = null

  validation {
    condition     = var.notification_email == null || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.notification_email))
    error_message = "Give an e-mail address that you read, such as operations@example.com."
  }
}

# How a node becomes one

variable "node_bootstrap" {
  description = "What the first boot of a node runs: \"ansible\" (playbooks from a git repository, as the Quick Start does) or \"container\" (Atlassian's image of Confluence)."
  type        = string
  default     = "ansible"
  nullable    = false

  validation {
    condition     = contains(["ansible", "container"], var.node_bootstrap)
    error_message = "The bootstrap is \"ansible\" or \"container\"."
  }

  validation {
    condition     = var.node_bootstrap != "container" || var.collaborative_editing_mode != "synchrony-separate-nodes"
    error_message = "Synchrony nodes are configured by the playbooks: with node_bootstrap = \"container\", let Confluence run Synchrony (collaborative_editing_mode = \"synchrony-local\")."
  }
}

variable "node_settings" {
  description = "Settings of /etc/atl that are added, or replace those of the module: names such as ATL_TOMCAT_MAXTHREADS."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.node_settings : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !can(regex("[\n\r]", value))])
    error_message = "Names of settings are capital letters, digits and underscores; values are single lines."
  }
}

variable "container_image" {
  description = "Image that a node runs with node_bootstrap = \"container\"; the tag is `confluence_version`."
  type        = string
  default     = "atlassian/confluence"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9./:_-]+$", var.container_image))
    error_message = "Give the name of an image without tag, such as atlassian/confluence or registry.example.com:5000/confluence."
  }
}

variable "deployment_automation_repository" {
  description = "Git repository of the playbooks that configure a node."
  type        = string
  default     = "https://bitbucket.org/atlassian/dc-deployments-automation.git"
  nullable    = false

  validation {
    condition     = can(regex("^[^\n\r ]+$", var.deployment_automation_repository))
    error_message = "Give the address of a git repository."
  }
}

variable "deployment_automation_branch" {
  description = "Branch or tag of the playbooks. The first node pins the commit for all later ones."
  type        = string
  default     = "master"
  nullable    = false

  validation {
    condition     = can(regex("^[^\n\r ]+$", var.deployment_automation_branch))
    error_message = "Give the name of a branch or tag."
  }
}

variable "deployment_automation_playbook" {
  description = "Playbook of the Confluence nodes; Synchrony nodes run aws_confluence_synchrony_node.yml."
  type        = string
  default     = "aws_confluence_dc_node.yml"
  nullable    = false

  validation {
    condition     = can(regex("^[^\n\r ]+\\.ya?ml$", var.deployment_automation_playbook))
    error_message = "Give the file name of a playbook, such as aws_confluence_dc_node.yml."
  }
}

variable "deployment_automation_custom_params" {
  description = "Further options of ansible-playbook, such as \"-e variable=value\": every variable of the playbooks can be set with it."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = !can(regex("[\n\r]", var.deployment_automation_custom_params))
    error_message = "The options are a single line."
  }
}

variable "deployment_automation_key_name" {
  description = "SSM parameter that holds an SSH key for the repository; null for none."
  type        = string
  default     = null
}
