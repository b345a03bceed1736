# update: tags = { Name = "lifecycle", step = "2" }
resource "aws_key_pair" "test" {
  key_name        = "lifecycle"
  public_key      = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAz6cZbdcLqM+LGiImC6gcwy+Xf88epEZQbUpQjVzhvM fixture"
  tags            = { Name = "lifecycle" }
}
