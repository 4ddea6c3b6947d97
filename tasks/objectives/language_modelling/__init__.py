"""Language modelling: the texts themselves are learned, token after token."""
