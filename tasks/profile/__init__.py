"""How good and how varied the mix and its sources are, on samples of a stated size."""
