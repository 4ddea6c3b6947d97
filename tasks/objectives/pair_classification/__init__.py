"""Pair classification: two texts bear one of the recipe's labels together, such as a question and an answer."""
