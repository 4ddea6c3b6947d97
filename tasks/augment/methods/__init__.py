"""Ways to make a new text of a text, one file each."""
