"""Programs that models write: what of an answer is one, and whether it does what its tests ask, run in a sandbox."""
