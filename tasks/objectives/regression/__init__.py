"""Regression: a text has a number, such as how good the mood of a review is."""
