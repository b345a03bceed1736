terraform {
  required_providers {
    confluence = {
      source = "plumb/confluence"
    }
  }
}

resource "confluence_cluster" "wiki" {
  base_url         = "wiki.example.com"
  version          = "9.2"
  upgrade_strategy = "quickly"
  password_wo      = "secret"

  node_group {
    name                    = "nodes"
    min_size                = 3
    max_size                = 2
    launch_template_version = "4"
  }

  limits {
    start = "soon"
  }
}
