module "infrastructure" {
  source = "plumb://atlassian-standard-infrastructure"
}

module "existing" {
  source = "plumb://atlassian-standard-infrastructure//existing"

  vpc_name = "atlassian"
}
