"""Predict: a published model, used on files of any kind."""
