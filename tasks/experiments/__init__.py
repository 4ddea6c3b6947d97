"""Trying mixes out: trials, search, comparison."""
