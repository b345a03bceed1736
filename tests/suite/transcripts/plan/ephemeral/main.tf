variable "token" {
  type      = string
  ephemeral = true
}

ephemeral "random_password" "now" {
  count  = 2
  length = 12

  lifecycle {
    postcondition {
      condition     = length(self.result) == 12
      error_message = "A password has another length than asked for."
    }
  }
}

resource "terraform_data" "length" {
  input = 16
}

ephemeral "random_password" "later" {
  length = terraform_data.length.output
}

module "m" {
  source = "./m"
  value  = "${var.token}-${ephemeral.random_password.now[0].result}"
}

resource "terraform_data" "x" {
  provisioner "local-exec" {
    command = "test $(printf %s \"$FIRST\" | wc -c) = 17 && test $(printf %s \"$SECOND\" | wc -c) = 16"
    environment = {
      FIRST  = module.m.value
      SECOND = ephemeral.random_password.later.result
    }
  }
}

check "length" {
  assert {
    condition     = length(ephemeral.random_password.now[1].result) == 12
    error_message = "A password has another length than asked for."
  }
}
