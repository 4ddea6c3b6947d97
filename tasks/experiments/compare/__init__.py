"""Compare: say of several mixes which is better, and what each source is worth."""
