"""Search: learn from runs on different mixes which mix is best."""
