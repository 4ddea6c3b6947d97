"""What a model is to learn, and how it is measured."""
