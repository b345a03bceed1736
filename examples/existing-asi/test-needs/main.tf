# The network that the tests deploy this example into.

module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"

  bastion_host_required = false
}
