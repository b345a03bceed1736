variable region { type="string" }
resource "terraform_data" "a" {
input={
name="${var.region}" # where
size=1 # how many
}
count = 2
}
