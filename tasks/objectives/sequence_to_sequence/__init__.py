"""Sequence to sequence: from a text another one is written, such as its translation or its summary."""
