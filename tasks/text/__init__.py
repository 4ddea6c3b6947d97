"""Words, languages and hashes of texts."""
