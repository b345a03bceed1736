mock_provider "terraform" {
  source = "./mocks"
}

variables {
  name = "mocked"
}

run "overridden" {
  command = plan

  override_resource {
    target          = terraform_data.server
    override_during = plan
    values          = { output = "known" }
  }

  override_module {
    target  = module.child
    outputs = { id = "nothing" }
  }

  assert {
    condition     = output.name == "known" && output.child == "nothing"
    error_message = "The overrides are not used: ${output.name}, ${output.child}."
  }
}

run "mocked" {
  assert {
    condition     = terraform_data.server.id == "made-up" && output.child == "made-up"
    error_message = "The mock is not used: ${terraform_data.server.id}."
  }

  assert {
    condition     = length(terraform_data.none) == 0 && one(terraform_data.none[*].id) == null
    error_message = "What count = 0 makes is not nothing."
  }
}
