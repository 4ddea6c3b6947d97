"""One file for each way to judge: `Params`, and `judged(train, params, seed)`, which gives the rows to drop and what to
say of them.
"""
