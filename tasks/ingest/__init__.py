"""Ingest: read a source as it is and bring it to the one schema of the task."""
