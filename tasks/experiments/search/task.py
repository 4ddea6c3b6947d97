"""The face of the search stage. The work is in fit_tables.py for runs made elsewhere, and in the modules beside for a
search of our own.
"""
