"""Mix: plan which row stands where, then write it."""
