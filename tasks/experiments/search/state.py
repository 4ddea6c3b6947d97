"""One search under way: what is searched, what has been tried, what comes next."""
