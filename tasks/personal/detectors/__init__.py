"""What counts as personal data: a file per kind."""
