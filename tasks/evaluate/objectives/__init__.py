"""How a model is measured: one file per task, which defines `score`, from a model and the mix's files to predictions
and metrics.
"""
