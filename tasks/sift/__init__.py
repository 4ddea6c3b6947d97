"""Sifting: training rows judged by models that learn from the other rows."""
