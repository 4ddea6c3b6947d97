"""One file for each filter: `Params`, and `reason(params)`, an expression over a row's text and counts that gives a
reason code or null.
"""
