variables {
  name = "first"
}

run "setup" {
  module {
    source = "./setup"
  }
}

run "planned" {
  command = plan

  assert {
    condition     = terraform_data.server.input == var.name
    error_message = "The name does not arrive."
  }
}

run "applied" {
  variables {
    name = run.setup.name
  }

  assert {
    condition     = output.name == "from-setup"
    error_message = "The output is ${output.name}."
  }

  assert {
    condition     = output.name == "another"
    error_message = "The output is ${output.name}."
  }
}

run "refused" {
  command = plan

  variables {
    name = "x"
  }

  expect_failures = [var.name]
}

run "warned" {
  command = plan

  variables {
    name = "forbidden"
  }

  expect_failures = [check.naming]
}

run "not_expected" {
  command = plan

  expect_failures = [check.naming]
}

run "never" {}
