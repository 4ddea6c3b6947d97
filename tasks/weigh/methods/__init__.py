"""Weighing methods; a file here is a value of `kind:` in `mix.weights`."""
