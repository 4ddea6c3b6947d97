"""Near duplicates: rows whose word shingles agree by a Jaccard of a threshold or more, found by MinHash-LSH and verified exactly."""
