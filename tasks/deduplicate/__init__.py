"""Across sources: the hold-out carved, and one copy of each text, near text and meaning."""
