# How the running cluster comes to a new version. The Quick Start leaves this to a person.

variable "cluster_managed" {
  description = "Whether plumb manages the running cluster (`confluence_cluster`): then a new version or template reaches the nodes in ordered steps. A new site is not asked anything before it answers, so this can be on from the first apply. When false, groups start nodes of a new version whenever they start one: for sites that something else upgrades."
  type        = bool
  default     = true
  nullable    = false
}

variable "cluster_base_url" {
  description = "Address at which plumb reaches the site, with its path, where that is not its public one: through a tunnel or an office network. Null takes the public address."
  type        = string
  default     = null

  validation {
    condition     = var.cluster_base_url == null || can(regex("^https?://[^/ ]+", var.cluster_base_url))
    error_message = "Give an address such as https://confluence.example.internal/wiki."
  }
}

variable "cluster_credentials_secret" {
  description = "Name or ARN of a secret in Secrets Manager with the login of a system administrator, as JSON: {\"token\": \"…\"}. Rolling upgrades need it. Null until the setup in the browser is done."
  type        = string
  default     = null
}

variable "upgrade_strategy" {
  description = "How a new version comes: \"stop_all\" stops all nodes first and works between any two versions, \"rolling\" goes node by node without downtime between near ones."
  type        = string
  default     = "stop_all"
  nullable    = false

  validation {
    condition     = contains(["stop_all", "rolling"], var.upgrade_strategy)
    error_message = "The strategy is \"stop_all\" or \"rolling\"."
  }

  validation {
    condition     = var.upgrade_strategy != "rolling" || !var.cluster_managed || var.cluster_credentials_secret != null
    error_message = "An upgrade node by node needs the login of a system administrator: create a secret with it, and set cluster_credentials_secret."
  }
}

variable "allow_feature_upgrade" {
  description = "Whether a rolling upgrade may go to another feature version (9.2 to 9.3): only where the release notes allow it."
  type        = bool
  default     = false
  nullable    = false
}

variable "replace_nodes" {
  description = "What other settings of the same version do to running nodes: \"never\" leaves them as they are until something else replaces them, \"rolling\" replaces them one by one."
  type        = string
  default     = "never"
  nullable    = false

  validation {
    condition     = contains(["never", "rolling"], var.replace_nodes)
    error_message = "The value is \"never\" or \"rolling\"."
  }
}

variable "upgrade_limits" {
  description = "Longest times of the steps of an upgrade, and the pause between two looks."
  type = object({
    backup = optional(string, "2h")
    drain  = optional(string, "10m")
    stop   = optional(string, "20m")
    start  = optional(string, "45m")
    tasks  = optional(string, "2h")
    poll   = optional(string, "10s")
  })
  default  = {}
  nullable = false
}
