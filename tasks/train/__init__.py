"""Train: fine-tune a model on the mix, in a process of its own."""
