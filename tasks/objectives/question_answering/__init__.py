"""Extractive question answering: the answer to a question is a piece of a text that stands beside it."""
