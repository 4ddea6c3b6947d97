"""The recipe: read, explained, described."""
