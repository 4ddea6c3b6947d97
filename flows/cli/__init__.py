"""The ways in: the command line and what it shows."""
