"""More rows made from the mix's own; they are trained on, and stand in no hold-out."""
