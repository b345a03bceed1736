a = "tfvars"
b = "tfvars"
c = "tfvars"
d = "tfvars"
e = "tfvars"
lost = 1
stray = 2
gone = 3
