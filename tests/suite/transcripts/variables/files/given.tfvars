e = "given"
