"""Which texts nearly repeat each other: shingles, MinHash, verified pairs, survivors."""
