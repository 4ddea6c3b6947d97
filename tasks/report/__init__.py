"""Report: one HTML page and the artifacts of a run."""
