"""Source kinds; a file here is a value of `kind:` in a source."""
