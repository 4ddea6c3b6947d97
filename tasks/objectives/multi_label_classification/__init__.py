"""Multi-label classification: a text bears any number of the recipe's labels, such as the topics of a news story."""
