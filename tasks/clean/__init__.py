"""Clean: normalise, filter, deduplicate and carve the hold-out."""
