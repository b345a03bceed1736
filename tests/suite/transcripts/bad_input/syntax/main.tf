resource "terraform_data" "a" {
  input = [1, 2
}

resource "terraform_data" "b" {
  input = "open
}
