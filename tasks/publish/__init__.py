"""Publish: put mix, model and scores where people look for them; the pointer last."""
