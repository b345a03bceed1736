# Nothing is read of it.
