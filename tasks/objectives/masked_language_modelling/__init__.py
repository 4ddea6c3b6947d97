"""Masked language modelling: which tokens were there before some of them were covered."""
