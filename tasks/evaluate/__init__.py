"""Evaluate: score a model on the hold-out, with intervals."""
