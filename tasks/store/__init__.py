"""The object store, content keys, and the records of runs."""
