# Confluence, its JVMs, Tomcat and the connections to the database, with the defaults of
# the Quick Start.

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

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+)?$", var.tomcat_context_path))
    error_message = "The path is empty or one segment such as /confluence."
  }
}

variable "catalina_opts" {
  description = "Further options of the JVM."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = !can(regex("[\n\r]", var.catalina_opts))
    error_message = "Options of the JVM are one line."
  }
}

variable "jvm_heap_override" {
  description = "Heap of Confluence, such as 1024m or 8g; null takes what the instance type allows."
  type        = string
  default     = null

  validation {
    condition     = var.jvm_heap_override == null || can(regex("^[1-9][0-9]*[mg]$", var.jvm_heap_override))
    error_message = "A heap is a number with m or g, such as 1024m or 8g."
  }

  validation {
    condition     = var.jvm_heap_override == null ? true : try(tonumber(trim(var.jvm_heap_override, "mg")) / (endswith(var.jvm_heap_override, "m") ? 1024 : 1) < local.node_memory, true)
    error_message = "The heap is larger than the memory of a node: lower jvm_heap_override, or take a larger cluster_node_instance_type."
  }
}

variable "jvm_heap_override_synchrony" {
  description = "Heap of Synchrony."
  type        = string
  default     = "2g"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*[mg]$", var.jvm_heap_override_synchrony))
    error_message = "A heap is a number with m or g, such as 1024m or 2g."
  }

  validation {
    condition     = var.collaborative_editing_mode != "synchrony-separate-nodes" || try(tonumber(trim(var.jvm_heap_override_synchrony, "mg")) / (endswith(var.jvm_heap_override_synchrony, "m") ? 1024 : 1) < local.synchrony_node_memory, true)
    error_message = "The heap is larger than the memory of a Synchrony node: lower jvm_heap_override_synchrony, or take a larger synchrony_node_instance_type."
  }
}

variable "mail_enabled" {
  description = "Whether Confluence sends and fetches mail."
  type        = bool
  default     = true
  nullable    = false
}

# Tomcat

variable "tomcat_accept_count" {
  description = "Requests that wait when all threads are busy."
  type        = number
  default     = 10
  nullable    = false
}

variable "tomcat_connection_timeout" {
  description = "Milliseconds that a connection may take to send its request."
  type        = number
  default     = 20000
  nullable    = false
}

variable "tomcat_default_connector_port" {
  description = "Port of Tomcat, of the target group and its health check."
  type        = number
  default     = 8080
  nullable    = false

  validation {
    condition     = var.tomcat_default_connector_port >= 1024 && var.tomcat_default_connector_port <= 65535
    error_message = "Tomcat listens on a port from 1024 to 65535."
  }
}

variable "tomcat_enable_lookups" {
  description = "Whether Tomcat looks up the names of clients."
  type        = bool
  default     = false
  nullable    = false
}

variable "tomcat_max_threads" {
  description = "Most threads that answer requests."
  type        = number
  default     = 48
  nullable    = false
}

variable "tomcat_min_spare_threads" {
  description = "Threads that are kept ready."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.tomcat_min_spare_threads <= var.tomcat_max_threads
    error_message = "tomcat_min_spare_threads must not be above tomcat_max_threads."
  }
}

variable "tomcat_protocol" {
  description = "Protocol of the connector."
  type        = string
  default     = "HTTP/1.1"
  nullable    = false
}

variable "tomcat_redirect_port" {
  description = "Port that Tomcat names where a request must be secure."
  type        = number
  default     = 8443
  nullable    = false
}

# Connections of a node to the database

variable "db_pool_max_size" {
  description = "Most connections of a node."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = try(var.db_pool_max_size * var.cluster_node_max < local.db_max_connections, true)
    error_message = "All nodes together would open more connections than a database of this class takes: lower db_pool_max_size or cluster_node_max, or take a larger db_instance_class."
  }
}

variable "db_pool_min_size" {
  description = "Connections of a node that are kept open."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.db_pool_min_size <= var.db_pool_max_size
    error_message = "db_pool_min_size must not be above db_pool_max_size."
  }
}

variable "db_timeout" {
  description = "Seconds after which an idle connection is closed."
  type        = number
  default     = 30
  nullable    = false
}

variable "db_idle_test_period" {
  description = "Seconds after which idle connections are tested."
  type        = number
  default     = 100
  nullable    = false
}

variable "db_max_statements" {
  description = "Prepared statements that a pool keeps."
  type        = number
  default     = 0
  nullable    = false
}

variable "db_acquire_increment" {
  description = "Connections that are opened at a time."
  type        = number
  default     = 1
  nullable    = false
}

variable "db_validate" {
  description = "Whether a connection is tested each time it is taken."
  type        = bool
  default     = false
  nullable    = false
}

variable "db_preferred_test_query" {
  description = "Query of these tests."
  type        = string
  default     = "select version();"
  nullable    = false

  validation {
    condition     = !can(regex("[\n\r]", var.db_preferred_test_query))
    error_message = "The query is one line."
  }
}
