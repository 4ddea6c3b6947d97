"""A search on costs by a known law: the best mix is found, noise is told from an effect, limits hold, what failed is
left out and told."""
