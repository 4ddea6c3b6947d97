"""Parts of flows: which task follows which."""
