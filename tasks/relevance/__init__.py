"""Relevance: what is known of the sources beyond their sizes, and which rows are like a target."""
