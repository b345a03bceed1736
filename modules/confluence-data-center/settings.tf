# What a node is told: /etc/atl, a file of settings that the playbooks read, and the
# container by the same names. Both groups read the same file; Synchrony nodes differ in
# the address of their service. `node_settings` has the last word.

locals {
  # The largest heap that leaves the system and Synchrony their share.
  heaps = {
    "c.medium" = "1024m"
    "m.medium" = "2048m"
    "t.medium" = "2048m"
    "r.medium" = "5120m"
    "c.large"  = "2048m"
    "t.large"  = "5120m"
    "m.large"  = "5120m"
    "c.xlarge" = "5120m"
  }
  heap_key = "${substr(var.cluster_node_instance_type, 0, 1)}.${try(split(".", var.cluster_node_instance_type)[1], "")}"
  heap     = coalesce(var.jvm_heap_override, lookup(local.heaps, local.heap_key, "12288m"))

  scheme      = local.https ? "https" : "http"
  proxy_name  = coalesce(var.custom_dns_name, one(aws_route53_record.site[*].fqdn), aws_lb.this.dns_name)
  service_url = "${local.scheme}://${local.proxy_name}"

  mail_options = var.mail_enabled ? [] : [
    "-Datlassian.mail.senddisabled=true",
    "-Datlassian.mail.fetchdisabled=true",
    "-Datlassian.mail.popdisabled=true",
    "-Dconfluence.disable.mailpolling=true",
  ]

  settings = {
    ATL_AUTOLOGIN_COOKIE_AGE                = var.autologin_cookie_age == null ? "" : tostring(var.autologin_cookie_age)
    ATL_AWS_ENABLE_CLOUDWATCH               = tostring(local.metrics)
    ATL_AWS_ENABLE_CLOUDWATCH_LOGS          = tostring(local.logs)
    ATL_AWS_REGION                          = local.region
    ATL_AWS_STACK_NAME                      = var.name
    ATL_CATALINA_OPTS                       = join(" ", compact(concat([var.catalina_opts], local.mail_options)))
    ATL_DB_ACQUIREINCREMENT                 = tostring(var.db_acquire_increment)
    ATL_DB_DRIVER                           = "org.postgresql.Driver"
    ATL_DB_ENGINE                           = var.db_engine == "postgres" ? "rds_postgres" : "aurora_postgres"
    ATL_DB_HOST                             = module.database.address
    ATL_DB_IDLETESTPERIOD                   = tostring(var.db_idle_test_period)
    ATL_DB_MAXSTATEMENTS                    = tostring(var.db_max_statements)
    ATL_DB_POOLMAXSIZE                      = tostring(var.db_pool_max_size)
    ATL_DB_POOLMINSIZE                      = tostring(var.db_pool_min_size)
    ATL_DB_PORT                             = tostring(module.database.port)
    ATL_DB_PREFERREDTESTQUERY               = var.db_preferred_test_query
    ATL_DB_ROOT_DB_NAME                     = "postgres"
    ATL_DB_ROOT_USER                        = "postgres"
    ATL_DB_TIMEOUT                          = tostring(var.db_timeout)
    ATL_DB_VALIDATE                         = tostring(var.db_validate)
    ATL_DEPLOYMENT_REPOSITORY               = var.deployment_automation_repository
    ATL_DEPLOYMENT_REPOSITORY_BRANCH        = var.deployment_automation_branch
    ATL_DEPLOYMENT_REPOSITORY_CUSTOM_PARAMS = var.deployment_automation_custom_params
    ATL_DEPLOYMENT_REPOSITORY_KEYNAME       = var.deployment_automation_key_name == null ? "" : var.deployment_automation_key_name
    ATL_EFS_ID                              = aws_efs_file_system.shared_home.id
    ATL_HAZELCAST_NETWORK_AWS_IAM_REGION    = local.region
    ATL_HAZELCAST_NETWORK_AWS_IAM_ROLE      = aws_iam_role.node.name
    ATL_HAZELCAST_NETWORK_AWS_TAG_KEY       = "Cluster"
    ATL_HAZELCAST_NETWORK_AWS_TAG_VALUE     = var.name
    ATL_HOSTEDZONE                          = var.hosted_zone == null ? "" : var.hosted_zone
    ATL_JDBC_DB_NAME                        = "confluence"
    ATL_JDBC_USER                           = "atlconfluence"
    ATL_JVM_HEAP                            = local.heap
    ATL_PRODUCT_EDITION                     = "confluence"
    ATL_PRODUCT_FAMILY                      = "confluence"
    ATL_PRODUCT_VERSION                     = var.confluence_version
    ATL_PROXY_NAME                          = local.proxy_name
    ATL_SYNCHRONY_MEMORY                    = "-Xmx${var.jvm_heap_override_synchrony}"
    ATL_TOMCAT_ACCEPTCOUNT                  = tostring(var.tomcat_accept_count)
    ATL_TOMCAT_CONNECTIONTIMEOUT            = tostring(var.tomcat_connection_timeout)
    ATL_TOMCAT_CONTEXTPATH                  = var.tomcat_context_path
    ATL_TOMCAT_DEFAULTCONNECTORPORT         = tostring(var.tomcat_default_connector_port)
    ATL_TOMCAT_ENABLELOOKUPS                = tostring(var.tomcat_enable_lookups)
    ATL_TOMCAT_MAXTHREADS                   = tostring(var.tomcat_max_threads)
    ATL_TOMCAT_MINSPARETHREADS              = tostring(var.tomcat_min_spare_threads)
    ATL_TOMCAT_PROTOCOL                     = var.tomcat_protocol
    ATL_TOMCAT_PROXYPORT                    = local.https ? "443" : "80"
    ATL_TOMCAT_REDIRECTPORT                 = tostring(var.tomcat_redirect_port)
    ATL_TOMCAT_SCHEME                       = local.scheme
    ATL_TOMCAT_SECURE                       = tostring(local.https)
  }

  # The settings that are a password, the secret that holds it, and the key inside of a
  # secret that is JSON.
  secrets = {
    ATL_DB_ROOT_PASSWORD = { arn = local.master_secret_arn, key = local.master_secret_key }
    ATL_JDBC_PASSWORD    = { arn = local.password_secret_arn, key = "" }
  }

  boot = {
    region  = local.region
    secrets = local.secrets
    pin     = aws_ssm_parameter.playbook_pin.name
    image   = "${var.container_image}:${var.confluence_version}"
  }
}
