"""The flows: which task follows which. Order of calls, nothing else."""
