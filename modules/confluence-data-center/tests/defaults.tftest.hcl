# What the module makes from the parameters that everyone must give, without AWS.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  infrastructure = {
    vpc_id                 = "vpc-1"
    availability_zones     = ["eu-central-1a", "eu-central-1b"]
    public_subnet_ids      = ["subnet-1", "subnet-2"]
    private_subnet_ids     = ["subnet-3", "subnet-4"]
    nat_public_ips         = { a = "198.51.100.1", b = "198.51.100.2" }
    ssh_security_group_ids = {}
  }

  cidr_block             = "203.0.113.0/24"
  ssl_certificate_domain = "confluence.example.com"
  custom_dns_name        = "confluence.example.com"
  db_password            = "Confluence-1"
  notification_email     = "operations@example.com"
}

run "plan" {
  command = plan
}

run "apply" {}
