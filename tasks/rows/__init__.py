"""Rows on their way from stage to stage."""
