"""Learners that several stages use."""
