"""Text classification: a text bears one of the recipe's labels."""
