"""How the calls of a flow are carried out and noted."""
