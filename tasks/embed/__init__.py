"""Vectors of texts by a sentence encoder, so that texts of like meaning lie near each other."""
