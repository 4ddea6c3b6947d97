"""Figures with an interval: bootstraps, paired tests, corrections, ranks. Arrays in, numbers out."""
