"""Kinds of surrogate: what guesses the score of a mix from runs on other mixes. One file per kind."""
