"""Predict: a published model, used on and measured by files of any kind."""
