"""Check: expectations about every source and the mix, and what follows when they fail."""
