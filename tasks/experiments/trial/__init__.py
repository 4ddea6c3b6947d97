"""Trial: learn from a mix cheaply, so that many mixes can be compared."""
