"""Weigh: decide each source's share of the mix."""
