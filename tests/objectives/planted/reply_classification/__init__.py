"""Pair classification: two texts bear one of the recipe's labels."""
